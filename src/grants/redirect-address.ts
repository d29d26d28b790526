import { TokenError } from '../protocol/token-error.ts';

/** Where a browser comes back to on this machine. */
export interface RedirectAddress {
  /** As it is registered: Entra lets `localhost` have any port, `127.0.0.1` is compared as it is. */
  readonly host: 'localhost' | '127.0.0.1';
  /** 0: any. */
  readonly port: number;
  /** What follows the port: empty, or from a slash on. */
  readonly path: string;
}

/** To the letter, for Entra compares it so: a parsed address would have lost whether it ends with a slash. */
const loopbackAddress = /^http:\/\/(localhost|127\.0\.0\.1)(?::(\d{1,5}))?((?:\/[^\s?#]*)?)$/;

/**
 * What an application's redirect address asks of the listener.
 * @param address e.g. `http://localhost:8400/signin`; without a port: any
 * @throws TokenError InvalidParameter for one that leads elsewhere, where nobody here would hear of the answer
 */
export function redirectAddress(address: string): RedirectAddress {
  const [, host, port = '0', path = ''] = loopbackAddress.exec(address) ?? [];
  if (!host || Number(port) > 65_535) {
    throw new TokenError(
      'InvalidParameter',
      `The browser can't come back from the sign-in to '${address}': it has to be an http address of this machine. ` +
        'Use http://localhost, or one such as http://localhost:8400/signin or http://127.0.0.1:8400, ' +
        "as it stands in the application's registration.",
      { parameter: 'redirectUri' },
    );
  }
  return { host: host as RedirectAddress['host'], port: Number(port), path };
}
