/** What a person types and sees, in a terminal of the test's own. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { signInAs } from '../../src/emulator/scripted-person.ts';
import { claimsIn } from '../helpers/agent-flows.ts';
import { makeCertificate } from '../helpers/certificates.ts';
import { givenPerson } from '../helpers/cli-people.ts';
import { givenProfile, homeOfTest, personProfile } from '../helpers/cli.ts';
import { alice, contoso, towards } from '../helpers/flows.ts';
import { certificateClient } from '../helpers/partner-flows.ts';
import { directoryWith, emulatorOfFile } from '../helpers/emulator.ts';
import { cliCommand, keys, noTerminal, openShell, type Terminal } from '../helpers/terminal.ts';

const registered = makeCertificate();

const emulator = await emulatorOfFile({
  directory: directoryWith(certificateClient, { certificates: [registered.certificate] }),
});
const home = homeOfTest(givenPerson);

/** Runs the program as a shell does, its standard output in the file `printed`; then shows how the terminal is set. */
function start(...args: readonly string[]): Terminal {
  const before = 'before=$(stty -g); trap : INT';
  const command = `${cliCommand(args)} > '${printed()}'`;
  const after = `code=$?; [ "$before" = "$(stty -g)" ] && echo sane || echo insane; exit $code`;
  return openShell(`${before}; ${command}; ${after}`, { home: home.path, environment: towards(emulator) });
}

const printed = (): string => join(home.path, 'printed');

/** Signs in at the address that is shown. @returns where the browser ends */
async function signInElsewhere(terminal: Terminal): Promise<string> {
  const shown = await terminal.shows('press Enter');
  const [address = ''] = /^https:\S+$/m.exec(shown) ?? [];
  const { location } = await signInAs(address, alice, emulator.ca, { follow: false });
  return location ?? '';
}

describe.skipIf(noTerminal !== '')(`In a terminal${noTerminal}, get-token without a browser here`, () => {
  it('ends with the address that a browser elsewhere ended on, which the person pastes', async () => {
    await using terminal = start('get-token', '-p', 'person');
    const address = await signInElsewhere(terminal);
    terminal.type(`${address}${keys.enter}`);
    expect(await terminal.exitCode).toBe(0);
    expect(claimsIn(readFileSync(printed(), 'utf8'))).toMatchObject({ upn: alice.username });
    expect(terminal.shown()).toMatch(/\nsane\n$/);
  });

  it('says what is wrong with another address, and waits on', async () => {
    await using terminal = start('get-token', '-p', 'person');
    const address = await signInElsewhere(terminal);
    terminal.type(`hello${keys.enter}`);
    await terminal.shows('That is no address at http://localhost:');
    terminal.type(`${address.replace(/&state=.*/, '&state=another')}${keys.enter}`);
    await terminal.shows('That is the address of another sign-in.');
    terminal.type(`${address}${keys.enter}`);
    expect(await terminal.exitCode).toBe(0);
    expect(readFileSync(printed(), 'utf8')).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    expect(terminal.shown()).toMatch(/\nsane\n$/);
  });

  it('ends with 130 when Ctrl+C is typed, and leaves the terminal as it was', async () => {
    await using terminal = start('get-token', '-p', 'person');
    await signInElsewhere(terminal);
    terminal.type(keys.ctrlC);
    expect(await terminal.exitCode).toBe(130);
    expect(readFileSync(printed(), 'utf8')).toBe('');
    expect(terminal.shown()).toMatch(/press Enter:\n+(?:\^C)?\n*sane\n$/);
  });

  it('leaves the terminal as it was when the time is up', async () => {
    await using terminal = start('get-token', '-p', 'person', '--timeout', '1s');
    expect(await terminal.exitCode).toBe(5);
    expect(terminal.shown()).toMatch(/Nobody finished the sign-in within 1 second\. .*\nsane\n$/s);
  });

  it('leaves the terminal as it was when the browser comes back by itself', async () => {
    await using terminal = start('get-token', '-p', 'person');
    const location = await signInElsewhere(terminal);
    expect(await (await fetch(location)).text()).toContain('You are signed in');
    expect(await terminal.exitCode).toBe(0);
    expect(terminal.shown()).toMatch(/\nsane\n$/);
  });
});

describe.skipIf(noTerminal !== '')(`In a terminal${noTerminal}, get-token`, () => {
  const password = 'Certificate-Passw0rd!';
  const certificateFile = (): string => join(home.path, 'app.pfx');

  async function givenCertificate(): Promise<void> {
    writeFileSync(certificateFile(), registered.pfx(password));
    await givenProfile(home.path, {
      ...personProfile,
      name: 'service',
      clientId: certificateClient,
      tenantId: contoso,
      scopes: ['https://graph.microsoft.com/.default'],
      authMethod: 'Certificate',
      certificatePath: certificateFile(),
    });
  }

  it('asks for the password of a certificate where none is stored, without showing or storing it', async () => {
    await givenCertificate();
    await using terminal = start('get-token', '-p', 'service');
    await terminal.answer(`Password of ${certificateFile()}`, password);
    expect(await terminal.exitCode).toBe(0);
    expect(claimsIn(readFileSync(printed(), 'utf8'))).toMatchObject({ appid: certificateClient });
    expect(terminal.sent()).not.toContain(password);
    expect(terminal.shown()).toMatch(/sane\n$/);
  });

  it('ends with 130 when Ctrl+C is typed there, and leaves the terminal as it was', async () => {
    await givenCertificate();
    await using terminal = start('get-token', '-p', 'service');
    await terminal.shows(`Password of ${certificateFile()}`);
    terminal.type(keys.ctrlC);
    expect(await terminal.exitCode).toBe(130);
    expect(terminal.shown()).toMatch(/toggle visibility\nsane\n$/);
  });

  it('writes no control sequence with a token from the cache', async () => {
    await givenCertificate();
    await using first = start('get-token', '-p', 'service');
    await first.answer('Password of', password);
    await first.exitCode;
    await using second = start('get-token', '-p', 'service', '--silent');
    expect(await second.exitCode).toBe(0);
    expect(second.sent()).toBe('sane\r\n');
  });
});
