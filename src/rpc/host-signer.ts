import { CancellationTokenSource, type MessageConnection } from 'vscode-jsonrpc/node';
import { sign } from '../protocol/host.ts';
import { TokenError } from '../protocol/token-error.ts';
import type { RequestContext } from '../token/acquire-token.ts';
import type { RequestUnderWay } from './requests.ts';

/**
 * Asks the host for signatures with the private key of the certificate that came with a request.
 * @param certificate the request's parameter of that name, of any shape
 * @returns undefined when the request brings no certificate
 */
export function hostSigner(
  connection: MessageConnection,
  request: RequestUnderWay,
  certificate: unknown,
): RequestContext['sign'] | undefined {
  if (typeof certificate !== 'object' || certificate === null || !('handle' in certificate)) return undefined;
  const { handle } = certificate;
  if (typeof handle !== 'string') return undefined;
  return async (algorithm, data, given) => {
    const signal = AbortSignal.any([request.signal, given]);
    signal.throwIfAborted();
    const cancellation = new CancellationTokenSource();
    const cancelled = Promise.withResolvers<never>();
    const cancel = (): void => {
      cancellation.cancel();
      cancelled.reject(signal.reason);
    };
    signal.addEventListener('abort', cancel, { once: true });
    try {
      const params = { requestId: request.id, handle, algorithm, data: Buffer.from(data).toString('base64') };
      const answer: unknown = await Promise.race([
        connection.sendRequest(sign, params, cancellation.token),
        cancelled.promise,
      ]);
      return signatureIn(answer);
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof TokenError ? error : refused(error);
    } finally {
      signal.removeEventListener('abort', cancel);
      cancellation.dispose();
    }
  };
}

/** @throws TokenError SigningFailed */
function signatureIn(answer: unknown): Uint8Array {
  const signature: unknown =
    typeof answer === 'object' && answer !== null && 'signature' in answer ? answer.signature : undefined;
  if (typeof signature === 'string' && signature !== '') return Buffer.from(signature, 'base64');
  throw new TokenError('SigningFailed', "The certificate's private key gave no signature.");
}

function refused(cause: unknown): TokenError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new TokenError(
    'SigningFailed',
    `The certificate's private key did not sign: ${why.trim().replace(/\.?$/, '.')} ` +
      'Check that this user may use the key, or import the certificate again together with its key.',
    { cause },
  );
}
