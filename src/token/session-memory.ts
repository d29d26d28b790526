import type { SignedInAccount } from '../grants/signed-in-account.ts';

interface Remembered extends SignedInAccount {
  /** The tenant that was asked for, undefined for none: a later request must ask for the same. */
  readonly requestedTenant: string | undefined;
}

/** Who signed in last in this session's browser. Upstream keeps the same, as long as the tenant is the same. */
let remembered: Remembered | undefined;

export function rememberAccount(signedIn: SignedInAccount, requestedTenant: string | undefined): void {
  remembered = { ...signedIn, requestedTenant };
}

/** @returns the account, when it signed in at the same authority for the same tenant */
export function rememberedAccount(authorityHost: string, tenant: string | undefined): SignedInAccount | undefined {
  if (remembered?.identity.cloud.authorityHost !== authorityHost) return undefined;
  return remembered.requestedTenant?.toLowerCase() === tenant?.toLowerCase() ? remembered : undefined;
}

export function forgetAccount(): void {
  remembered = undefined;
}

/** For `session/status`. */
export function accountInMemory(): { readonly username: string; readonly tenantId: string } | null {
  return remembered ? { username: remembered.account.username, tenantId: remembered.account.tenantId } : null;
}
