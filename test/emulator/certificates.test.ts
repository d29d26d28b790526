import { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import type { PeerCertificate } from 'node:tls';
import { expect, test } from 'vitest';
import { createSelfSignedCertificate, createServerCertificate } from '../../src/emulator/certificates.ts';
import { emulatorOfFile } from '../helpers/emulator.ts';

const emulator = await emulatorOfFile();

/** The certificate that a client which trusts `ca` accepts; rejects when it doesn't accept it. */
function handshake(servername: string, host: string, ca: string | undefined): Promise<PeerCertificate> {
  const { promise, resolve, reject } = Promise.withResolvers<PeerCertificate>();
  const port = Number(new URL(emulator.authority).port);
  const socket = connect({ host, port, ca: ca ?? [], ...(servername && { servername }) }, () => {
    resolve(socket.getPeerCertificate());
    socket.end();
  });
  socket.once('error', reject);
  return promise;
}

test('a client that trusts the CA accepts the server as localhost', async () => {
  const { subjectaltname } = await handshake('localhost', '127.0.0.1', emulator.ca);

  expect(subjectaltname).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1');
});

test('a client that trusts the CA accepts the server as 127.0.0.1', async () => {
  await expect(handshake('', '127.0.0.1', emulator.ca)).resolves.toMatchObject({ subject: { CN: 'localhost' } });
});

test('a client that does not trust the CA refuses the server', async () => {
  await expect(handshake('localhost', '127.0.0.1', undefined)).rejects.toThrow(/self-signed certificate|unable to/);
});

test('each emulator has a CA of its own, which another one does not accept', async () => {
  const { ca } = createServerCertificate();

  expect(new X509Certificate(ca).subject).not.toBe(new X509Certificate(emulator.ca).subject);
  await expect(handshake('localhost', '127.0.0.1', ca)).rejects.toThrow(/certificate/);
});

test('the CA is a CA, valid for a week at most, and signs the server certificate', () => {
  const { ca, server } = createServerCertificate();
  const [caCertificate, certificate] = [new X509Certificate(ca), new X509Certificate(server.certificate)];

  expect(caCertificate.ca).toBe(true);
  expect(certificate.ca).toBe(false);
  expect(certificate.checkIssued(caCertificate)).toBe(true);
  expect(certificate.verify(caCertificate.publicKey)).toBe(true);
  expect(caCertificate.validToDate.getTime() - Date.now()).toBeLessThanOrEqual(7 * 86_400_000);
});

test('the CA is limited to the names of this machine', () => {
  const content = new X509Certificate(createServerCertificate().ca).raw.toString('latin1');

  // id-ce-nameConstraints, critical, with localhost among the permitted names
  expect(content).toMatch(/\x06\x03\x55\x1d\x1e\x01\x01\xff[^]*\x82\x09localhost/);
});

test('a self-signed certificate belongs to its key', () => {
  const { certificate, privateKey } = createSelfSignedCertificate('app');
  const parsed = new X509Certificate(certificate);

  expect(parsed.subject).toBe('CN=app');
  expect(parsed.verify(parsed.publicKey)).toBe(true);
  expect(privateKey).toContain('BEGIN PRIVATE KEY');
});
