import type { X509Certificate } from 'node:crypto';

/** What is wrong with a certificate, whoever has its key: each the end of a sentence, then what to do. */

/** Of a certificate, or of the file that has it. */
export const noRsaKey = 'has no RSA key; Entra takes RSA keys only. Use a certificate with an RSA key.';

/** @returns undefined for a certificate that is valid now */
export function problemOfDates({ validFromDate, validToDate }: X509Certificate): string | undefined {
  const now = Date.now();
  if (validToDate.getTime() < now) {
    return `expired on ${validToDate.toISOString()}. Make a new one, and register it with the application.`;
  }
  if (validFromDate.getTime() > now) {
    return `is valid only from ${validFromDate.toISOString()}. Check this machine's clock, or wait.`;
  }
  return undefined;
}
