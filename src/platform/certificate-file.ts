import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { isAbsolute, resolve } from 'node:path';
import { TokenError } from '../protocol/token-error.ts';
import { blockingRead } from './blocking-read.ts';
import { noRsaKey, problemOfDates } from './certificate-fitness.ts';
import { currentRequest } from './request-context.ts';

/** A certificate with its private key, as a client credential needs it. */
export interface CertificateWithKey {
  /** PKCS #8, PEM, not encrypted. */
  readonly privateKey: string;
  /** SHA-256 of the certificate's DER, 64 hexadecimal digits. */
  readonly thumbprint: string;
  /** The certificate, then the rest of the chain that the file has, PEM. */
  readonly chain: string;
}

const certificateBlock = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
const keyBlock = /-----BEGIN (?:RSA |ENCRYPTED )?PRIVATE KEY-----[\s\S]+?-----END (?:RSA |ENCRYPTED )?PRIVATE KEY-----/;

const exportIt = 'Export the certificate with its RSA key.';

/**
 * Reads a certificate and its private key from a PEM or PFX (PKCS #12) file.
 * @param password of a PFX, or of a PEM's encrypted key
 * @throws TokenError CertificateNotFound, CertificatePasswordInvalid or CertificateInvalid
 */
export async function readCertificateFile(path: string, password: string | undefined): Promise<CertificateWithKey> {
  // Loaded here, for nearly all credentials are secrets.
  const { readFile } = await import('node:fs/promises');
  const read = readFile(path).catch((cause: NodeJS.ErrnoException) => {
    const why =
      cause.code === 'ENOENT'
        ? `does not exist. ${isAbsolute(path) ? 'Correct the path, or put the file there.' : 'Give its whole path.'}`
        : `can't be read (${cause.code ?? cause.message}). Name a file that you may read.`;
    throw new TokenError('CertificateNotFound', `The certificate file ${named(path)} ${why}`, { cause });
  });
  const bytes = await blockingRead(read);
  const text = bytes.toString('latin1');
  const pem = text.includes('-----BEGIN ') ? text : await pemOfPfx(bytes, path, password);
  const certificates = pem.match(certificateBlock) ?? [];
  const key = keyBlock.exec(pem)?.[0];
  if (certificates.length === 0) throw invalid(path, `has no certificate. ${exportIt}`);
  if (!key) {
    throw invalid(path, `has no private key (an EC key, or a certificate alone, can not sign in). ${exportIt}`);
  }
  const privateKey = readKey(key, path, password);
  const leaf = certificates.map((one) => readCertificate(one, path)).find((one) => one.checkPrivateKey(privateKey));
  if (!leaf) {
    throw invalid(
      path,
      'has a private key that belongs to none of its certificates. Put a certificate and its own key there.',
    );
  }
  if (privateKey.asymmetricKeyType !== 'rsa') {
    throw invalid(path, noRsaKey);
  }
  const problem = problemOfDates(leaf);
  if (problem !== undefined) throw invalid(path, `has a certificate that ${problem}`);
  const own = leaf.toString().trim();
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    thumbprint: leaf.fingerprint256.replaceAll(':', ''),
    chain: [own, ...certificates.filter((one) => one.trim() !== own)].join('\n'),
  };
}

function readCertificate(pem: string, path: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw invalid(path, `has a certificate that can't be read. ${exportIt}`, cause);
  }
}

function readKey(pem: string, path: string, password: string | undefined): KeyObject {
  try {
    return createPrivateKey(password === undefined ? pem : { key: pem, passphrase: password });
  } catch (cause) {
    if (pem.includes('ENCRYPTED')) throw wrongPassword(path, password, cause);
    throw invalid(path, `has a private key that can't be read. ${exportIt}`, cause);
  }
}

async function pemOfPfx(bytes: Buffer, path: string, password: string | undefined): Promise<string> {
  const { default: forge } = await import('node-forge');
  let store: import('node-forge').pkcs12.Pkcs12Pfx;
  try {
    const asn1 = forge.asn1.fromDer(bytes.toString('binary'));
    store = forge.pkcs12.pkcs12FromAsn1(asn1, password ?? '');
  } catch (cause) {
    if (cause instanceof Error && /mac|password/i.test(cause.message)) throw wrongPassword(path, password, cause);
    throw invalid(path, `is neither PEM nor PFX. ${exportIt}`, cause);
  }
  const bags = store.safeContents.flatMap((contents) => contents.safeBags);
  return bags
    .map((bag) => {
      if (bag.cert) return forge.pki.certificateToPem(bag.cert);
      return bag.key ? forge.pki.privateKeyToPem(bag.key) : '';
    })
    .join('\n');
}

function wrongPassword(path: string, password: string | undefined, cause: unknown): TokenError {
  const what = password ? 'is not the one' : 'is missing: one is needed';
  const source = currentRequest()?.wording?.certificatePassword ?? 'AZURE_CLIENT_CERTIFICATE_PASSWORD carries it.';
  return new TokenError(
    'CertificatePasswordInvalid',
    `The password ${what} for the certificate file ${named(path)}. ${source}`,
    { cause },
  );
}

/** With where it leads: a script's location is not the folder of this process, from which it is looked for. */
function named(path: string): string {
  return isAbsolute(path) ? `'${path}'` : `'${path}' (${resolve(path)})`;
}

/** @param why ends with what to do */
function invalid(path: string, why: string, cause?: unknown): TokenError {
  return new TokenError('CertificateInvalid', `The certificate file ${named(path)} ${why}`, { cause });
}
