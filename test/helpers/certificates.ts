import { generateKeyPairSync } from 'node:crypto';
import forge from 'node-forge';

export interface TestCertificate {
  /** PEM. */
  readonly certificate: string;
  /** PKCS #8, PEM, not encrypted. */
  readonly privateKey: string;
  /** A PKCS #12 store with both. */
  pfx(password: string, algorithm?: 'aes256' | '3des'): Buffer;
  /** The key as PKCS #8, PEM, encrypted. */
  encryptedKey(password: string): string;
}

const day = 86_400_000;

/** A self-signed certificate with a new RSA key. Dates: Unix milliseconds. */
export function makeCertificate({
  name = 'test',
  notBefore = Date.now() - day,
  notAfter = Date.now() + day,
}: { name?: string; notBefore?: number; notAfter?: number } = {}): TestCertificate {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const privateKey = pair.privateKey.export({ type: 'pkcs8', format: 'pem' });
  const key = forge.pki.privateKeyFromPem(privateKey);
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(pair.publicKey.export({ type: 'spki', format: 'pem' }));
  certificate.serialNumber = '01';
  certificate.validity.notBefore = new Date(notBefore);
  certificate.validity.notAfter = new Date(notAfter);
  const subject = [{ name: 'commonName', value: name }];
  certificate.setSubject(subject);
  certificate.setIssuer(subject);
  certificate.sign(key, forge.md.sha256.create());
  return {
    certificate: forge.pki.certificateToPem(certificate),
    privateKey,
    pfx(password, algorithm = 'aes256') {
      const store = forge.pkcs12.toPkcs12Asn1(key, certificate, password, { algorithm });
      return Buffer.from(forge.asn1.toDer(store).getBytes(), 'binary');
    },
    encryptedKey(password) {
      return pair.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: password });
    },
  };
}
