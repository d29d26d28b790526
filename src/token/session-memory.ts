import type { SignedInAccount } from '../grants/signed-in-account.ts';

interface Remembered extends SignedInAccount {
  /** The tenant that was asked for, undefined for none: a later request must ask for the same, or give its id. */
  readonly requestedTenant: string | undefined;
}

/** Who signed in last in this session's browser. Upstream keeps the same, as long as the same tenant is asked for. */
let remembered: Remembered | undefined;

export function rememberAccount(signedIn: SignedInAccount, requestedTenant: string | undefined): void {
  remembered = { ...signedIn, requestedTenant };
}

/**
 * @param tenant id, domain or undefined for none
 * @returns the account, when it signed in at the same authority for the same tenant
 */
export function rememberedAccount(authorityHost: string, tenant: string | undefined): SignedInAccount | undefined {
  if (remembered?.identity.cloud.authorityHost !== authorityHost) return undefined;
  const asked = tenant?.toLowerCase();
  const same =
    asked === remembered.requestedTenant?.toLowerCase() || asked === remembered.account.tenantId.toLowerCase();
  return same ? remembered : undefined;
}

export function forgetAccount(): void {
  remembered = undefined;
}

/** For `session/status`. */
export function accountInMemory(): { readonly username: string; readonly tenantId: string } | null {
  return remembered ? { username: remembered.account.username, tenantId: remembered.account.tenantId } : null;
}
