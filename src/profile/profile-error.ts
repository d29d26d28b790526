/** Why a profile, or what is stored for it, could not be used. */
export type ProfileErrorCode =
  | 'ProfileNotFound'
  | 'ProfileExists'
  | 'ProfileInvalid'
  | 'StoreUnavailable'
  | 'StoreCorrupt'
  | 'SecretMissing'
  | 'ExportInvalid'
  | 'PassphraseInvalid';

/**
 * A failure of the store of profiles, with its stable code.
 *
 * The message is for a person: what happened, then what to do. It never holds a secret or a token.
 */
export class ProfileError extends Error {
  override readonly name = 'ProfileError';
  readonly code: ProfileErrorCode;

  constructor(code: ProfileErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
