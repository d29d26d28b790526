/** Entra's names for "any tenant of this kind". */
const tenantGroups: ReadonlySet<string> = new Set(['organizations', 'common', 'consumers']);

/** Whether the name stands for any tenant, so that only a person's sign-in can tell which one. */
export function isTenantGroup(tenant: string): boolean {
  return tenantGroups.has(tenant);
}
