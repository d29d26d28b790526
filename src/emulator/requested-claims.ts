import { AadstsError } from './aadsts-errors.ts';

/** What the `claims` parameter of a request has effect on. */
export interface RequestedClaims {
  /** Client capabilities, `cp1`. */
  readonly capabilities: readonly string[];
  /** Authentication contexts that a claims challenge asked for. */
  readonly authenticationContexts: readonly string[];
}

/** @throws AadstsError 90023 for what is no JSON object */
export function parseClaims(claims: string | null): RequestedClaims {
  if (!claims) return { capabilities: [], authenticationContexts: [] };
  let requested: unknown;
  try {
    requested = JSON.parse(claims);
  } catch {
    requested = undefined;
  }
  if (typeof requested !== 'object' || requested === null || Array.isArray(requested)) {
    throw new AadstsError(90023, ["The 'claims' parameter is not a valid JSON object."]);
  }
  const { access_token: accessToken } = requested as {
    access_token?: Record<string, { value?: unknown; values?: unknown } | null>;
  };
  const valuesOf = (name: string): string[] => {
    const claim = accessToken?.[name];
    const values = Array.isArray(claim?.values) ? claim.values : [claim?.value];
    return values.filter((each): each is string => typeof each === 'string');
  };
  return { capabilities: valuesOf('xms_cc'), authenticationContexts: valuesOf('acrs') };
}
