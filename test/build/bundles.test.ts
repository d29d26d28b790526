import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startEmulator } from '../../src/emulator/server.ts';
import { cliEnvironment, cliFile, givenProfile, secretProfile, secrets, temporaryHome } from '../helpers/cli.ts';
import { tokenRequests, towards, type Emulator } from '../helpers/flows.ts';

const dist = join(import.meta.dirname, '../../dist');
let folder: string;

/** What a program has loaded when it ends. */
interface Loaded {
  readonly files: readonly string[];
  /** Node's own modules. */
  readonly builtins: readonly string[];
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bundles-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function loadedBy(args: readonly string[], environment: NodeJS.ProcessEnv = process.env): Promise<Loaded> {
  const report = join(folder, 'report.json');
  const preload = join(folder, 'preload.cjs');
  await writeFile(
    preload,
    `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(report)}, JSON.stringify({
      files: Object.keys(require.cache).filter((file) => file !== __filename),
      builtins: process.moduleLoadList,
    })));`,
  );
  await execa(process.execPath, ['--require', preload, ...args], { input: '', env: environment, extendEnv: false });
  return JSON.parse(await readFile(report, 'utf8')) as Loaded;
}

/** Names without the hash that a chunk's has. */
function namesOf({ files }: Loaded): readonly string[] {
  return files.map((file) => basename(file).replace(/(?:-[\w-]{8})?\.js$/, '')).toSorted();
}

describe('The engine at its start', () => {
  let loaded: Loaded;
  beforeAll(async () => {
    loaded = await loadedBy([join(dist, 'engine.js')]);
  });

  test('has loaded its own bundle, and none of what only some calls need', async () => {
    expect(loaded.files.map((file) => basename(file))).toContain('engine.js');
    for (const file of loaded.files) {
      expect(await readFile(file, 'utf8'), file).not.toMatch(
        /ConfidentialClientApplication|AzureCliCredential|forge\.pki/,
      );
    }
  });

  test.each(['crypto', 'http', 'https', 'tls', 'child_process'])('has not loaded node:%s', (name) => {
    expect(loaded.builtins).not.toContain(`NativeModule ${name}`);
  });
});

test('No program brings semver, which jsonwebtoken would ask how old this Node is', async () => {
  const files = await readdir(join(dist, 'lib'));
  const texts = await Promise.all(files.map((file) => readFile(join(dist, 'lib', file), 'utf8')));
  expect(texts.filter((text) => /asymmetricKeyDetails/.test(text))).not.toHaveLength(0);
  expect(texts.filter((text) => /parseRange/.test(text))).toHaveLength(0);
});

describe('get-token that answers from the cache', () => {
  let emulator: Emulator;
  let loaded: Loaded;
  beforeAll(async () => {
    emulator = await startEmulator();
    using home = temporaryHome();
    await givenProfile(home.path, secretProfile, secrets);
    // Without the network's guard, which loads much itself: this asks nobody but the emulator.
    const { NODE_OPTIONS: _, ...environment } = cliEnvironment({ home: home.path, environment: towards(emulator) });
    const getToken = [cliFile, 'get-token'];
    await execa(process.execPath, getToken, { env: environment, extendEnv: false });
    emulator.requests.length = 0;
    loaded = await loadedBy(getToken, environment);
  });
  afterAll(() => emulator.close());

  test('asks nobody', () => {
    expect(tokenRequests(emulator)).toBe(0);
  });

  test('has loaded what it needs, in as few files as that can be', () => {
    // Twice cli: what starts it, and its bundle. What comes in addition costs time at each call.
    expect(namesOf(loaded)).toEqual(['cli', 'cli', 'get-token', 'rolldown-runtime', 'start']);
  });

  test.each([
    ['@azure/msal-node', 'ConfidentialClientApplication'],
    ['@azure/identity', 'AzureCliCredential'],
    ['yaml', 'tag:yaml.org'],
    ['@inquirer', 'AbortPromptError'],
    ['proper-lockfile', 'ECOMPROMISED'],
    ['@napi-rs/keyring', '@napi-rs/keyring'],
    ['node-forge', 'forge.pki'],
  ])('has not loaded %s', async (_name, mark) => {
    for (const file of loaded.files) expect(await readFile(file, 'utf8'), file).not.toContain(mark);
    // The mark still is one.
    const all = (await readdir(join(dist, 'lib'))).map((file) => readFile(join(dist, 'lib', file), 'utf8'));
    expect((await Promise.all(all)).filter((content) => content.includes(mark))).not.toEqual([]);
  });

  test.each(['child_process', 'http', 'https', 'tls', 'fs/promises', 'worker_threads'])(
    'has not loaded node:%s',
    (name) => {
      expect(loaded.builtins).not.toContain(`NativeModule ${name}`);
    },
  );

  // Windows' consoles need the stream.
  test.skipIf(process.platform === 'win32').each(['net', 'tty'])('has not loaded node:%s for its output', (name) => {
    expect(loaded.builtins).not.toContain(`NativeModule ${name}`);
  });
});
