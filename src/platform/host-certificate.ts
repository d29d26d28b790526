import { X509Certificate } from 'node:crypto';
import { signingAlgorithms, type SigningAlgorithm } from '../protocol/host.ts';
import type { HostCertificate } from '../protocol/partner-token.ts';
import { TokenError } from '../protocol/token-error.ts';
import { noRsaKey, problemOfDates } from './certificate-fitness.ts';

/** A certificate whose private key the host keeps, checked as far as that can be done without the key. */
export interface CheckedCertificate {
  /** As the person gave it. */
  readonly thumbprint: string;
  /** The certificate and its chain: DER, base64. */
  readonly x5c: readonly string[];
  /** PS256 where the key can do it: RS256 is for old keys only. */
  readonly algorithm: SigningAlgorithm;
}

/**
 * Checks what a host says of a certificate.
 * @param parameter the one that the person gave the thumbprint with
 * @throws TokenError CertificateInvalid for a certificate that has
 * expired, is not valid yet, or has no RSA key
 */
export function checkHostCertificate(
  description: HostCertificate,
  parameter = 'CertificateThumbprint',
): CheckedCertificate {
  const { thumbprint, x5c, algorithms } = description;
  const named = { thumbprint, parameter };
  const leaf = readCertificate(x5c[0] ?? '', named);
  for (const one of x5c.slice(1)) readCertificate(one, named);
  if (leaf.publicKey.asymmetricKeyType !== 'rsa') {
    throw invalid(named, noRsaKey);
  }
  const problem = problemOfDates(leaf);
  if (problem !== undefined) throw invalid(named, problem);
  const algorithm = signingAlgorithms.find((one) => algorithms.includes(one));
  if (!algorithm) {
    throw invalid(
      named,
      `has a private key that can do neither ${signingAlgorithms.join(' nor ')}. Use another certificate.`,
    );
  }
  return { thumbprint, x5c, algorithm };
}

/** @param der base64 */
function readCertificate(der: string, named: Named): X509Certificate {
  try {
    return new X509Certificate(Buffer.from(der, 'base64'));
  } catch (cause) {
    throw invalid(named, "can't be read. Import it again.", cause);
  }
}

interface Named {
  readonly thumbprint: string;
  readonly parameter: string;
}

function invalid({ thumbprint, parameter }: Named, why: string, cause?: unknown): TokenError {
  return new TokenError('CertificateInvalid', `The certificate ${thumbprint} ${why}`, { parameter, cause });
}
