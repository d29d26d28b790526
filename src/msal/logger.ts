import type { NodeSystemOptions } from '@azure/msal-node';
import { currentRequest } from '../platform/request-context.ts';

/** MSAL's LogLevel (an enum there, which a type import can't bring): error 0, warning 1, info 2, verbose 3. */
const warning = 1;
const info = 2;

/**
 * MSAL's own words go to the request they belong to: as debug lines, for they are written for MSAL's developers.
 * MSAL leaves out what it counts as personal (piiLoggingEnabled), and {@link redact} what still looks like a token.
 */
export const loggerOptions: NonNullable<NodeSystemOptions['loggerOptions']> = {
  logLevel: info,
  piiLoggingEnabled: false,
  loggerCallback(level, message, containsPii) {
    if (containsPii) return;
    currentRequest()?.log('debug', () => `MSAL${level <= warning ? ' warning' : ''}: ${redact(message)}`);
  },
};

/**
 * A JWT: its header is a JSON object, whose first two characters are `eyJ` in base64url. It begins where a run of that
 * alphabet does, or a service's megabyte of `eyJ-` would be gone through from each of them on.
 */
const jwt = /(?<![\w-])eyJ[\w-]*\.[\w-]+\.[\w-]*/g;

/** Replaces what looks like a JWT, and the values of parameters that carry secrets, by `***`. */
export function redact(text: string): string {
  return text
    .replace(jwt, '***')
    .replace(
      /\b(client_secret|client_assertion|assertion|refresh_token|access_token|id_token|code|code_verifier|password)=[^&\s]+/gi,
      '$1=***',
    );
}
