import { describe, expect, it } from 'vitest';
import { endpointsOf } from '../../../src/msal/endpoints.ts';
import { call, contoso } from '../../emulator/client.ts';
import { emulatorOfFile } from '../../helpers/emulator.ts';

const emulator = await emulatorOfFile();

describe("Entra's endpoints", () => {
  it('are where the discovery document says that they are', async () => {
    const authority = `${emulator.authority}/${contoso}`;
    const { body } = await call(emulator, `${authority}/v2.0/.well-known/openid-configuration`);
    const { end_session_endpoint: logout, ...endpoints } = JSON.parse(endpointsOf(authority)) as Record<string, string>;
    expect(body).toMatchObject(endpoints);
    // Nobody signs out by MSAL here, which reads the member all the same.
    expect(logout).toBe(`${authority}/oauth2/v2.0/logout`);
  });
});
