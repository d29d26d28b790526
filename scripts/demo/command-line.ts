import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import type { Environment } from '../../src/protocol/environment.ts';
import { secretProfile } from './flows.ts';
import { describe, dim, mark, shorten } from './outcome.ts';

/** Where entra-auth-cli is shown. */
interface Place {
  /** The program as it is shipped: dist/cli.js. */
  readonly program: string;
  /** An empty folder, for its home. */
  readonly folder: string;
  /** What leads it to the emulator. */
  readonly environment: Environment;
  /** How many requests the emulator has had so far. */
  readonly requests: () => number;
}

/** What get-token prints with `--output json`, as far as it is shown. */
interface TokenDocument {
  readonly access_token: string;
  readonly expires_at: string;
}

/**
 * A profile, a token, the same token from the cache, and a look into it.
 * @returns how many of these did not end as they should
 */
export async function showCommandLine({ program, folder, environment, requests }: Place): Promise<number> {
  const home = join(folder, 'home');
  await mkdir(home, { mode: 0o700 });
  const run = (args: readonly string[], input = '') =>
    execa(process.execPath, [program, ...args], {
      // The key in a file: a keyring is the person's own.
      env: { PATH: process.env['PATH'], HOME: home, APPDATA: home, ...environment, ENTRA_AUTH_CLI_STORE: 'file' },
      extendEnv: false,
      reject: false,
      input,
    });
  const show = (title: string, typed: string, good: boolean, shown: string): number => {
    console.log(`\n  ${mark(good)} ${title}\n     ${dim(`$ entra-auth-cli ${typed}`)}\n${shown}`);
    return good ? 0 : 1;
  };

  const created = await run(['config', 'create', '--from-file', '-'], JSON.stringify(secretProfile));
  let unexpected = show(
    'A profile, its secret from standard input',
    'config create --from-file - < profile.json',
    created.exitCode === 0,
    lines(created.stderr.split('\n').at(-1) ?? ''),
  );

  const first = await run(['get-token', '--output', 'json']);
  unexpected += show('A token for it', 'get-token --output json', first.exitCode === 0, outcomeOf(first));

  const before = requests();
  const second = await run(['get-token', '--output', 'json']);
  const isCached = requests() === before && second.exitCode === 0 && tokenIn(second) === tokenIn(first);
  const took = `${Math.round(second.durationMs)} ms, and Entra was not asked`;
  unexpected += show(
    'The same again, from the encrypted cache',
    'get-token --output json',
    isCached,
    outcomeOf(second, took),
  );

  const inspected = await run(['inspect', '--profile', 'default']);
  // Some of its lines
  const claims = /^ {2}"(?:aud|app_displayname|exp)": .*$/gm;
  const found = inspected.stdout.match(claims) ?? [];
  unexpected += show(
    'What is in it',
    'inspect --profile default',
    found.length === 3,
    lines(...(found.length > 0 ? found : [inspected.stderr]), '  ...'),
  );
  return unexpected;
}

function outcomeOf({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }, note?: string): string {
  if (stdout === '') return describe({ error: stderr });
  const { access_token: token, expires_at: end } = JSON.parse(stdout) as TokenDocument;
  return describe({ identity: nameIn(token), expiresOn: Date.parse(end), token: shorten(token) }, note);
}

function tokenIn({ stdout }: { readonly stdout: string }): string {
  return stdout === '' ? '' : (JSON.parse(stdout) as TokenDocument).access_token;
}

/** Whose token it is. */
function nameIn(token: string): string {
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
  return (JSON.parse(payload) as { readonly app_displayname: string }).app_displayname;
}

const lines = (...texts: readonly string[]): string => texts.map((text) => `     ${text}`).join('\n');
