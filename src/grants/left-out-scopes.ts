import { shortened } from '../protocol/quoted.ts';
import { currentRequest } from '../platform/request-context.ts';

/** The scope that stands for whatever the application has been granted of a resource. */
export const wholeOf = (resource: string): string => `${resource}/.default`;

/**
 * Warns of the scopes that a source of tokens can't be asked for, since its tokens are for whole resources.
 * @param why a sentence about such tokens
 * @param request the scopes as Entra would want them, each behind the resource
 */
export function warnOfScopes(
  why: string,
  { resource, scopes = [] }: { readonly resource: string; readonly scopes?: readonly string[] | undefined },
): void {
  const leftOut = scopes
    .filter((scope) => scope !== wholeOf(resource))
    .map((scope) => scope.slice(resource.length + 1));
  if (leftOut.length === 0) return;
  currentRequest()?.log(
    'warning',
    `${why} Scope ${shortened(leftOut.join(', '))} was left out; the token is for ${shortened(resource)}.`,
  );
}
