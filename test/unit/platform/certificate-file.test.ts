import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSelfSignedCertificate } from '../../../src/emulator/certificates.ts';
import { readCertificateFile } from '../../../src/platform/certificate-file.ts';
import { makeCertificate } from '../../helpers/certificates.ts';

let folder: string;
const own = makeCertificate();
const other = makeCertificate();
const thumbprint = new X509Certificate(own.certificate).fingerprint256.replaceAll(':', '');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'certificate-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

describe('A certificate file', () => {
  it('can be PEM, key and certificate in any order', async () => {
    const read = await readCertificateFile(await file('a.pem', own.privateKey + own.certificate), undefined);
    expect(read.thumbprint).toBe(thumbprint);
    expect(read.privateKey).toContain('BEGIN PRIVATE KEY');
  });

  it('can be PEM with a chain: the certificate that the key belongs to is found', async () => {
    const path = await file('chain.pem', other.certificate + own.certificate + own.privateKey);
    const read = await readCertificateFile(path, undefined);
    expect(read.thumbprint).toBe(thumbprint);
    expect(read.chain.indexOf(own.certificate.trim().replaceAll('\r', '').slice(0, 80))).toBe(0);
  });

  it('can be PEM with an encrypted key', async () => {
    const path = await file('encrypted.pem', own.certificate + own.encryptedKey('pass'));
    expect((await readCertificateFile(path, 'pass')).thumbprint).toBe(thumbprint);
  });

  it.each(['aes256', '3des'] as const)('can be PFX, its key encrypted with %s', async (algorithm) => {
    const path = await file(`${algorithm}.pfx`, own.pfx('pass', algorithm));
    expect((await readCertificateFile(path, 'pass')).thumbprint).toBe(thumbprint);
  });

  it('can be PFX with an empty password', async () => {
    expect((await readCertificateFile(await file('open.pfx', own.pfx('')), undefined)).thumbprint).toBe(thumbprint);
  });
});

/** A PEM block whose content is none. */
const mangled = (pem: string): string => pem.replace(/^[\w+/]{64}$/gm, 'A'.repeat(64));

describe('A certificate file is refused', () => {
  const expectRefusal = async (
    path: string,
    password: string | undefined,
    code: string,
    message: string,
  ): Promise<void> => {
    await expect(readCertificateFile(path, password)).rejects.toMatchObject({ code, message });
  };

  it('when it does not exist', async () => {
    const path = join(folder, 'absent.pem');
    await expectRefusal(
      path,
      undefined,
      'CertificateNotFound',
      `The certificate file '${path}' does not exist. Correct the path, or put the file there.`,
    );
  });

  it.each(['nope.pem', './nope.pem', '~/nope.pem'])('when it is not where a path leads from here: %s', async (path) => {
    const message = `The certificate file '${path}' (${resolve(path)}) does not exist. Give its whole path.`;
    await expectRefusal(path, undefined, 'CertificateNotFound', message);
  });

  it('when its password is wrong, and says which it is where its path leads from here', async () => {
    const path = relative(process.cwd(), await file('elsewhere.pfx', own.pfx('right')));
    const message =
      `The password is not the one for the certificate file '${path}' (${resolve(path)}). ` +
      'AZURE_CLIENT_CERTIFICATE_PASSWORD carries it.';
    await expectRefusal(path, 'wrong', 'CertificatePasswordInvalid', message);
  });

  it('when it can not be read', async () => {
    const message = `The certificate file '${folder}' can't be read (EISDIR). Name a file that you may read.`;
    await expectRefusal(folder, undefined, 'CertificateNotFound', message);
  });

  it.each([
    ['certificate', () => own.privateKey + mangled(own.certificate)],
    ['private key', () => own.certificate + mangled(own.privateKey)],
  ])('when its %s is damaged', async (what, content) => {
    const path = await file('damaged.pem', content());
    const message = `The certificate file '${path}' has a ${what} that can't be read. Export the certificate with its RSA key.`;
    await expectRefusal(path, undefined, 'CertificateInvalid', message);
  });

  it('when its key is no RSA key', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const elliptic = createSelfSignedCertificate('elliptic', { privateKey });
    const path = await file('elliptic.pem', elliptic.certificate + elliptic.privateKey);
    const message = `The certificate file '${path}' has no RSA key; Entra takes RSA keys only. Use a certificate with an RSA key.`;
    await expectRefusal(path, undefined, 'CertificateInvalid', message);
  });

  it('when the password of a PFX is wrong', async () => {
    const path = await file('wrong.pfx', own.pfx('right'));
    await expectRefusal(
      path,
      'wrong',
      'CertificatePasswordInvalid',
      `The password is not the one for the certificate file '${path}'. AZURE_CLIENT_CERTIFICATE_PASSWORD carries it.`,
    );
  });

  it('when the password of an encrypted key is missing', async () => {
    const path = await file('locked.pem', own.certificate + own.encryptedKey('pass'));
    await expectRefusal(
      path,
      undefined,
      'CertificatePasswordInvalid',
      `The password is missing: one is needed for the certificate file '${path}'. AZURE_CLIENT_CERTIFICATE_PASSWORD carries it.`,
    );
  });

  it('when it has no private key', async () => {
    const path = await file('public.pem', own.certificate);
    await expectRefusal(
      path,
      undefined,
      'CertificateInvalid',
      `The certificate file '${path}' has no private key (an EC key, or a certificate alone, can not sign in). Export the certificate with its RSA key.`,
    );
  });

  it('when it has no certificate', async () => {
    const path = await file('key.pem', own.privateKey);
    await expectRefusal(
      path,
      undefined,
      'CertificateInvalid',
      `The certificate file '${path}' has no certificate. Export the certificate with its RSA key.`,
    );
  });

  it('when its key belongs to another certificate', async () => {
    const path = await file('mixed.pem', other.certificate + own.privateKey);
    await expectRefusal(
      path,
      undefined,
      'CertificateInvalid',
      `The certificate file '${path}' has a private key that belongs to none of its certificates. Put a certificate and its own key there.`,
    );
  });

  it('when its certificate has expired', async () => {
    const old = makeCertificate({ notAfter: Date.UTC(2020, 0, 1), notBefore: Date.UTC(2019, 0, 1) });
    const path = await file('old.pem', old.certificate + old.privateKey);
    await expectRefusal(
      path,
      undefined,
      'CertificateInvalid',
      `The certificate file '${path}' has a certificate that expired on 2020-01-01T00:00:00.000Z. Make a new one, and register it with the application.`,
    );
  });

  it('when its certificate is not valid yet', async () => {
    const early = makeCertificate({ notBefore: Date.UTC(2100, 0, 1), notAfter: Date.UTC(2101, 0, 1) });
    const path = await file('early.pem', early.certificate + early.privateKey);
    await expectRefusal(
      path,
      undefined,
      'CertificateInvalid',
      `The certificate file '${path}' has a certificate that is valid only from 2100-01-01T00:00:00.000Z. Check this machine's clock, or wait.`,
    );
  });

  it('when it is neither PEM nor PFX', async () => {
    const path = await file('noise.pfx', 'noise');
    await expectRefusal(
      path,
      undefined,
      'CertificateInvalid',
      `The certificate file '${path}' is neither PEM nor PFX. Export the certificate with its RSA key.`,
    );
  });
});
