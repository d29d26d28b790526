import type { INetworkModule, NetworkResponse } from '@azure/msal-node';
import { network } from '../msal/network.ts';
import { isLifetime } from '../msal/token-answers.ts';

/**
 * The network for MSAL's managed identity, with times of expiry as MSAL reads them: Unix seconds. It takes nothing else but
 * an ISO date exactly as ECMAScript writes it, and every other for now. Identity endpoints write
 * `2024-10-18T19:51:37.0000000+00:00`, with the API of 2017 `1/16/2020 5:24:12 AM +00:00`, or a lifetime alone.
 */
export const identityNetwork: INetworkModule = {
  sendGetRequestAsync: async (...request) => withSeconds(await network.sendGetRequestAsync(...request)),
  sendPostRequestAsync: async (...request) => withSeconds(await network.sendPostRequestAsync(...request)),
};

/** The end of a date that says of which zone it is; without it, it is no time. */
const zone = /(?:Z|[+-]\d{2}:\d{2})$/;

function withSeconds<Body>(response: NetworkResponse<Body>): NetworkResponse<Body> {
  const body: { expires_on?: unknown; expires_in?: unknown } = { ...(response.body as object) };
  const { expires_on: time, expires_in: lifetime } = body;
  if (typeof time === 'string' && zone.test(time)) body.expires_on = Math.floor(Date.parse(time) / 1000);
  else if (time === undefined && isLifetime(lifetime)) {
    body.expires_on = Math.floor(Date.now() / 1000) + Number(lifetime);
  }
  return { ...response, body: body as Body };
}
