/** What a person types and sees, in a terminal of the test's own. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { defaultDirectory } from '../../src/emulator/default-directory.ts';
import { signInAs } from '../../src/emulator/scripted-person.ts';
import { startEmulator } from '../../src/emulator/server.ts';
import { claimsIn } from '../helpers/agent-flows.ts';
import { makeCertificate } from '../helpers/certificates.ts';
import { givenPerson } from '../helpers/cli-people.ts';
import { cliEnvironment, cliFile, givenProfile, personProfile, temporaryHome } from '../helpers/cli.ts';
import { alice, contoso, towards, type Emulator } from '../helpers/flows.ts';
import { certificateClient } from '../helpers/partner-flows.ts';
import { hasPseudoTerminal, openTerminal, type Terminal } from '../helpers/pseudo-terminal.ts';

const registered = makeCertificate();
const reason = hasPseudoTerminal ? '' : ' (SKIPPED: python3, which has pseudo-terminals, is not here)';

let emulator: Emulator;
let home: ReturnType<typeof temporaryHome>;

beforeAll(async () => {
  const applications = (defaultDirectory.applications ?? []).map((application) =>
    application.id === certificateClient ? { ...application, certificates: [registered.certificate] } : application,
  );
  emulator = await startEmulator({ directory: { ...defaultDirectory, applications } });
});
afterAll(() => emulator.close());
beforeEach(async () => {
  home = temporaryHome();
  await givenPerson(home.path);
});
afterEach(() => home[Symbol.dispose]());

/** Runs the program as a shell does, its standard output in the file `printed`; then shows how the terminal is set. */
function start(...args: readonly string[]): Terminal {
  const before = 'before=$(stty -g); trap : INT';
  const command = `'${process.execPath}' '${cliFile}' ${args.join(' ')} > '${printed()}'`;
  const after = `code=$?; [ "$before" = "$(stty -g)" ] && echo sane || echo insane; exit $code`;
  return openTerminal(
    `${before}; ${command}; ${after}`,
    cliEnvironment({ home: home.path, environment: towards(emulator) }),
  );
}

const printed = (): string => join(home.path, 'printed');

/** What a person sees. */
const textOf = (terminal: Terminal): string => stripVTControlCharacters(terminal.screen()).replaceAll('\r', '');

/** The address to open, and where the browser ends. */
async function signInElsewhere(terminal: Terminal): Promise<string> {
  const [, address = ''] = await terminal.shown(/^(https:\S+)\r?$/m);
  await terminal.shown(/press Enter/);
  const { location } = await signInAs(address, alice, emulator.ca, { follow: false });
  return location ?? '';
}

describe.skipIf(!hasPseudoTerminal)(`In a terminal${reason}, get-token without a browser here`, () => {
  it('ends with the address that a browser elsewhere ended on, which the person pastes', async () => {
    const terminal = start('get-token -p person');
    const address = await signInElsewhere(terminal);
    terminal.type(`${address}\r`);
    expect(await terminal.exitCode).toBe(0);
    expect(claimsIn(readFileSync(printed(), 'utf8'))).toMatchObject({ upn: alice.username });
    expect(textOf(terminal)).toMatch(/\nsane\n$/);
  });

  it('says what is wrong with another address, and waits on', async () => {
    const terminal = start('get-token -p person');
    const address = await signInElsewhere(terminal);
    terminal.type('hello\r');
    await terminal.shown(/That is no address at http:\/\/localhost:\d+\./);
    terminal.type(`${address.replace(/&state=.*/, '&state=another')}\r`);
    await terminal.shown(/That is the address of another sign-in\./);
    terminal.type(`${address}\r`);
    expect(await terminal.exitCode).toBe(0);
    expect(readFileSync(printed(), 'utf8')).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    expect(textOf(terminal)).toMatch(/\nsane\n$/);
  });

  it('ends with 130 when Ctrl+C is typed, and leaves the terminal as it was', async () => {
    const terminal = start('get-token -p person');
    await signInElsewhere(terminal);
    terminal.type('\u0003');
    expect(await terminal.exitCode).toBe(130);
    expect(readFileSync(printed(), 'utf8')).toBe('');
    expect(textOf(terminal)).toMatch(/press Enter:\n+(?:\^C)?\n*sane\n$/);
  });

  it('leaves the terminal as it was when the time is up', async () => {
    const terminal = start('get-token -p person --timeout 1s');
    expect(await terminal.exitCode).toBe(5);
    expect(textOf(terminal)).toMatch(/Nobody finished the sign-in within 1 second\. .*\nsane\n$/s);
  });

  it('leaves the terminal as it was when the browser comes back by itself', async () => {
    const terminal = start('get-token -p person');
    const location = await signInElsewhere(terminal);
    expect(await (await fetch(location)).text()).toContain('You are signed in');
    expect(await terminal.exitCode).toBe(0);
    expect(textOf(terminal)).toMatch(/\nsane\n$/);
  });
});

describe.skipIf(!hasPseudoTerminal)(`In a terminal${reason}, get-token`, () => {
  const password = 'Certificate-Passw0rd!';

  async function givenCertificate(): Promise<void> {
    const file = join(home.path, 'app.pfx');
    writeFileSync(file, registered.pfx(password));
    await givenProfile(home.path, {
      ...personProfile,
      name: 'service',
      clientId: certificateClient,
      tenantId: contoso,
      scopes: ['https://graph.microsoft.com/.default'],
      authMethod: 'Certificate',
      certificatePath: file,
    });
  }

  it('asks for the password of a certificate where none is stored, without showing or storing it', async () => {
    await givenCertificate();
    const terminal = start('get-token -p service');
    await terminal.shown(/Password of .*app\.pfx/);
    terminal.type(`${password}\r`);
    expect(await terminal.exitCode).toBe(0);
    expect(claimsIn(readFileSync(printed(), 'utf8'))).toMatchObject({ appid: certificateClient });
    expect(terminal.screen()).not.toContain(password);
    expect(textOf(terminal)).toMatch(/sane\n$/);
  });

  it('ends with 130 when Ctrl+C is typed there, and leaves the terminal as it was', async () => {
    await givenCertificate();
    const terminal = start('get-token -p service');
    await terminal.shown(/Password of .*app\.pfx/);
    terminal.type('\u0003');
    expect(await terminal.exitCode).toBe(130);
    expect(textOf(terminal)).toMatch(/toggle visibility\nsane\n$/);
  });

  it('writes no control sequence with a token from the cache', async () => {
    await givenCertificate();
    const first = start('get-token -p service');
    await first.shown(/Password of/);
    first.type(`${password}\r`);
    await first.exitCode;
    const second = start('get-token -p service --silent');
    expect(await second.exitCode).toBe(0);
    expect(second.screen()).toBe('sane\r\n');
  });
});
