import { constants, createHash, createPrivateKey, sign as signBytes, X509Certificate } from 'node:crypto';
import { createSelfSignedCertificate } from '../../src/emulator/certificates.ts';
import { sign, type SignParams, type SigningAlgorithm } from '../../src/protocol/host.ts';
import type { HostCertificate } from '../../src/protocol/partner-token.ts';
import type { Engine } from './engine.ts';

/** A certificate in a host's store: the host alone has the key. */
export interface StoredCertificate {
  /** PEM. */
  readonly certificate: string;
  /** PKCS #8, PEM. */
  readonly privateKey: string;
}

export function storedCertificate(...options: Parameters<typeof createSelfSignedCertificate> | []): StoredCertificate {
  const [name = 'engine test', ...others] = options;
  return createSelfSignedCertificate(name, ...others);
}

/** What the host says of a certificate. */
export function descriptionOf(
  { certificate }: Pick<StoredCertificate, 'certificate'>,
  changes: Partial<HostCertificate> = {},
): HostCertificate {
  const { raw } = new X509Certificate(certificate);
  return {
    handle: 'key-1',
    thumbprint: createHash('sha1').update(raw).digest('hex').toUpperCase(),
    x5c: [raw.toString('base64')],
    algorithms: ['PS256', 'RS256'],
    ...changes,
  };
}

/** Plays the host that has a certificate's private key. @returns what it has been asked to sign, as it comes */
export function signWith(engine: Engine, { privateKey }: StoredCertificate): SignParams[] {
  const asked: SignParams[] = [];
  engine.connection.onRequest(sign, (params) => {
    asked.push(params);
    return { signature: signatureOf(Buffer.from(params.data, 'base64'), params.algorithm, privateKey) };
  });
  return asked;
}

/** @returns base64 */
export function signatureOf(data: Uint8Array, algorithm: SigningAlgorithm, privateKey: string): string {
  const key = {
    key: createPrivateKey(privateKey),
    ...(algorithm === 'PS256' ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } : {}),
  };
  return signBytes('sha256', data, key).toString('base64');
}
