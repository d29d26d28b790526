import { readCertificateFile } from '../platform/certificate-file.ts';
import { currentRequest } from '../platform/request-context.ts';
import type { ClientCredential } from '../msal/applications.ts';

/**
 * What a certificate file proves: see {@link readCertificateFile} for the files, and for the errors.
 *
 * AZURE_CLIENT_SEND_CERTIFICATE_CHAIN, the Azure SDKs' switch, sends the chain along, which lets Entra match the
 * certificate by subject name and issuer.
 */
export async function certificateCredential(path: string, password: string | undefined): Promise<ClientCredential> {
  const { privateKey, thumbprint, chain } = await readCertificateFile(path, password);
  const sendChain = /^(1|true)$/i.test(currentRequest()?.environment['AZURE_CLIENT_SEND_CERTIFICATE_CHAIN'] ?? '');
  return { kind: 'certificate', privateKey, thumbprint, ...(sendChain ? { chain } : {}) };
}
