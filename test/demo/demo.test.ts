import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { powerShells } from '../../scripts/powershell.ts';
import { whilePortIsTaken } from '../helpers/taken-port.ts';

const demo = join(import.meta.dirname, '..', '..', 'scripts', 'demo.ts');
const run = (env: Record<string, string> = {}) => execa(process.execPath, [demo], { env, reject: false, all: true });
const [shell] = await powerShells();

const titles = [
  'An application with its secret, from environment variables',
  'An application with its certificate, from environment variables',
  'The managed identity of an App Service, a function or a runbook',
  'The managed identity of a virtual machine',
  'An application with a wrong secret: what an error looks like',
  'A person in the browser',
  'The same person again, without asking',
  "A partner's application with its secret",
  "A person's first consent to a partner's application, in the browser",
  'The same person again, with the refresh token: what a runbook does every night',
  'Security management, with the refresh token of the same application',
  'A person with a device code, for Exchange Online',
  'An agent identity, for which its blueprint vouches',
  'A person signs in to a program that calls the agent',
  'The agent identity on behalf of that person',
  "The agent identity's own user account",
];

/** The part of the output that one flow has, in one of the demo's parts. */
function partOf(half: string, title: string): string {
  return half.split(/\n\n/).find((part) => part.includes(title)) ?? '';
}

describe('the demo', () => {
  let output = '';
  let exitCode: number | undefined;
  let seconds = 0;
  let foldersMeanwhile: readonly string[] = [];
  let foldersAfter: readonly string[] = [];

  beforeAll(async () => {
    // As in a person's terminal: PowerShell would colour what it says.
    const { NO_COLOR: _, FORCE_COLOR: _forced, ...environment } = process.env;
    const ended = await whilePortIsTaken(8400, async () => {
      const running = execa(process.execPath, [demo], {
        env: environment,
        extendEnv: false,
        reject: false,
        all: true,
      });
      // Another run's demo has a folder of its own.
      const ownFolders = async (): Promise<string[]> =>
        (await readdir(tmpdir())).filter((name) => name.startsWith(`entra-token-bridge-demo-${running.pid}-`));
      await Promise.race([once(running.stdout, 'data'), running]);
      foldersMeanwhile = await ownFolders();
      const outcome = await running;
      foldersAfter = await ownFolders();
      return outcome;
    });
    ({ exitCode } = ended);
    output = ended.all;
    seconds = ended.durationMs / 1000;
  }, 180_000);

  const engineHalf = (): string => output.slice(output.indexOf('In any other program'));
  const commandLineHalf = (): string =>
    output.slice(output.indexOf('In any shell'), output.indexOf('In any other program'));
  const powerShellHalf = (): string => output.slice(0, output.indexOf('In any shell'));

  test('ends well, in less than a minute', () => {
    expect(output).toContain('What to do next, in README.md:');
    expect(exitCode).toBe(0);
    // A third of that alone; more is for what else the machine does.
    expect(seconds).toBeLessThan(60);
  });

  test.each(titles)('shows through the engine: %s', (title) => {
    expect(partOf(engineHalf(), title)).toMatch(
      title.includes('wrong secret') ? /error {2}.*AADSTS7000215/ : /for .*\n.*until .*\n.*token /,
    );
  });

  test.skipIf(shell === undefined).each(titles)('shows through PowerShell: %s', (title) => {
    expect(partOf(powerShellHalf(), title)).toMatch(
      /PS> (?:Get-AzToken|New-(?:Partner|SecMgmt)AccessToken|Get-EntraBetaAgentIdentityToken) ?/,
    );
    expect(partOf(powerShellHalf(), title)).toMatch(
      title.includes('wrong secret') ? /error {2}.*AADSTS7000215/ : /for .*\n.*until .*\n.*token /,
    );
  });

  test.each([
    ['A profile, its secret from standard input', /config create .*\n {5}Profile 'default' is stored\./],
    ['A token for it', /get-token .*\n {5}for {4}Contoso Confidential\n.*until .*\n.*token /],
    ['The same again, from the encrypted cache', /token {2}eyJ.*\n.*note {3}\d+ ms, and Entra was not asked/],
    ['What is in it', /inspect --profile default\n +"aud": "https:\/\/graph\.microsoft\.com",\n/],
  ])('shows on the command line: %s', (title, shown) => {
    const part = partOf(commandLineHalf(), title);
    expect(part).toMatch(shown);
    expect(part).toMatch(/^ {2}ok /);
  });

  test('gets the same token from the cache on the command line', () => {
    const tokens = commandLineHalf().match(/token {2}\S+/g);
    expect(tokens).toHaveLength(2);
    expect(tokens?.[0]).toBe(tokens?.[1]);
  });

  test('says whose token it is, and that a scripted user stood in for a person at the browser', () => {
    const signIn = partOf(engineHalf(), 'A person in the browser');
    expect(signIn).toContain('for    alice@contoso.onmicrosoft.com');
    expect(signIn.replace(/\s+/g, ' ')).toContain("No browser was opened: the emulator's scripted user");
    expect(partOf(engineHalf(), 'The same person again')).toContain('for    alice@contoso.onmicrosoft.com');
  });

  test.skipIf(shell === undefined)('tells a warning that is no device code, and goes on', () => {
    expect(powerShellHalf()).toContain('note   Port 8400 is taken by another program and was skipped.');
  });

  test('never prints a whole token', () => {
    expect(output).toMatch(/eyJ\S+\.\.\.\S{4} \(\d+ characters\)/);
    expect(output).not.toMatch(/eyJ[\w-]{20}/);
    expect(output).not.toContain('Confidential-Secret');
  });

  test('leaves no folder behind, and writes no colour codes where there is no terminal', () => {
    expect(foldersMeanwhile).toHaveLength(1);
    expect(foldersAfter).toEqual([]);
    expect(output).not.toContain('\u001B');
  });
});

test('without PowerShell the demo says so loudly and shows the engine', { timeout: 120_000 }, async () => {
  const { all, exitCode } = await run({ PATH: '/nowhere' });
  expect(all).toContain('!! PowerShell (pwsh) is not on PATH');
  expect(partOf(all, titles[0] ?? '')).toContain('azToken/get');
  expect(all).not.toContain('PS> ');
  expect(exitCode).toBe(0);
});
