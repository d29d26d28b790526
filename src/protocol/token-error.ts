import type { TokenErrorCode, TokenErrorData } from './errors.ts';

/** What an error carries beyond its code and message. */
export type TokenErrorDetails = Partial<Omit<TokenErrorData, 'code'>> & { readonly cause?: unknown };

/**
 * A token request that was refused or failed, with its stable code.
 *
 * The message is for a person: what happened, then what to do. It never holds a secret or a token.
 */
export class TokenError extends Error {
  override readonly name = 'TokenError';
  readonly data: TokenErrorData;

  constructor(code: TokenErrorCode, message: string, { cause, ...details }: TokenErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.data = { retryable: false, ...details, code };
  }

  get code(): TokenErrorCode {
    return this.data.code;
  }
}
