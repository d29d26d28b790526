import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { approveDeviceCode } from '../../src/emulator/scripted-person.ts';
import { enterCode, heard } from '../helpers/cli-people.ts';
import { cliFile, personProfile, runCli, secretProfile, startCli, storeOf } from '../helpers/cli.ts';
import { alice, confidentialClient, contoso, towards } from '../helpers/flows.ts';
import { emulatorOfFile } from '../helpers/emulator.ts';
import { type KeyringSession, missingPrograms, startKeyringSession } from '../helpers/keyring-session.ts';
import { callStore } from '../helpers/store-process.ts';

const reason = missingPrograms.length > 0 ? ` (skipped: there is no ${missingPrograms.join(', ')} here)` : '';

const emulator = await emulatorOfFile({ deviceCodeIntervalSeconds: 0.1 });

const keyringProgram = fileURLToPath(new URL('../fixtures/keyring-program.ts', import.meta.url));

const installed = fileURLToPath(new URL('../../node_modules/@napi-rs', import.meta.url));
const nativePackage = `keyring-linux-${process.arch}-gnu`;

const write = (clientSecret = 'x', name = 'dev') => ['secrets.write', name, { clientSecret }] as const;
const read = ['secrets.read', 'dev'] as const;

const waiting = 'Waiting for the keyring, which may want to be unlocked.';

/** As if every keyring answered at once: on a busy machine an open one may take as long as it takes to be told of. */
async function callAtOnce(...call: Parameters<typeof callStore>): ReturnType<typeof callStore> {
  const result = await callStore(...call);
  return { ...result, told: result.told.filter((line) => line !== waiting) };
}

describe.skipIf(reason !== '')(`The key of a store, with GNOME's keyring${reason}`, { timeout: 120_000 }, () => {
  let session: KeyringSession;
  beforeEach(async () => {
    session = await startKeyringSession();
  });
  afterEach(() => session[Symbol.asyncDispose]());

  const keyFile = (): string => join(session.environment['HOME'] ?? '', '.config/entra-auth-cli/key');
  const call = (...calls: (readonly [string, ...unknown[]])[]) => callAtOnce(session.environment, calls);

  test('is in the keyring and in no file, and the next process finds it there', async () => {
    session.unlock();
    expect(await call(write())).toMatchObject({ told: [] });
    expect(session.key()).toMatch(/^[\w+/]{43}=$/);
    expect(existsSync(keyFile())).toBe(false);
    expect(await call(read)).toMatchObject({ value: { clientSecret: 'x' }, told: [] });
  });

  test('is there for the program as it is shipped, which says what to do when it is locked', async () => {
    session.unlock();
    const options = { home: session.environment['HOME'] ?? '', environment: session.environment };
    const application = ['--tenant-id', contoso, '--client-id', confidentialClient.id];
    const created = await runCli(['config', 'create', 'dev', ...application, '--client-secret-file', '-'], {
      ...options,
      input: confidentialClient.secret,
    });
    expect(created.exitCode).toBe(0);
    expect(created.stderr.replace(waiting, '')).not.toContain('keyring');
    expect(session.key()).toMatch(/^[\w+/]{43}=$/);
    expect(existsSync(keyFile())).toBe(false);

    session.lock();
    const { exitCode, stdout, stderr } = await runCli(['get-token', '--profile', 'dev'], options);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr.replace(`entra-auth-cli: ${waiting}\n`, '')).toMatch(
      /^entra-auth-cli: The keyring does not give out the key .* Unlock it and try again; or set /,
    );
  });

  test.each([
    { where: 'lies beside it', links: ['keyring', nativePackage], loaded: [nativePackage] },
    { where: 'is seen by the library alone', links: ['keyring'], loaded: ['keyring', nativePackage] },
  ])('comes from the library whose native part $where', async ({ links, loaded }) => {
    session.unlock();
    const home = session.environment['HOME'] ?? '';
    const packages = join(home, 'node_modules', '@napi-rs');
    mkdirSync(packages, { recursive: true });
    cpSync(dirname(cliFile), join(home, 'dist'), { recursive: true });
    for (const link of links) symlinkSync(join(installed, link), join(packages, link), 'junction');
    const tell = join(home, 'tell.cjs');
    writeFileSync(tell, `process.on('exit', () => console.error(Object.keys(require.cache).join('\\n')));`);

    const application = ['--tenant-id', contoso, '--client-id', confidentialClient.id, '--client-secret-file', '-'];
    const create = ['--require', tell, join(home, 'dist/cli.js'), 'config', 'create', 'dev', ...application];
    const options = { env: session.environment, extendEnv: false, input: confidentialClient.secret };
    const { stderr } = await execa(process.execPath, create, options);
    expect(session.key()).toMatch(/^[\w+/]{43}=$/);
    const used = stderr.split('\n').flatMap((file) => /[\\/]@napi-rs[\\/](.+)[\\/]/.exec(file)?.[1] ?? []);
    expect([...new Set(used)].toSorted()).toEqual(loaded);
  });

  test('is one, also when many processes want it first', async () => {
    session.unlock();
    const names = Array.from({ length: 8 }, (_, index) => `p${index}`);
    const results = await Promise.all(names.map((name) => call(write(name, name))));
    expect(results.filter(({ error }) => error)).toEqual([]);
    expect(existsSync(keyFile())).toBe(false);
    const all = await call(...names.map((name) => ['secrets.read', name] as const));
    expect(all).toMatchObject({ value: { clientSecret: names.at(-1) } });
    expect(all.error).toBeUndefined();
  });

  test('is not given out by a locked keyring, and is there again when it is unlocked', async () => {
    session.unlock();
    await call(write());
    const key = session.key();
    session.lock();
    for (const one of [read, write('y')]) {
      expect(await call(one)).toMatchObject({
        error: {
          code: 'StoreUnavailable',
          message: expect.stringMatching(
            /^The keyring does not give out the key to the stored secrets \(.*dismissed\)\. Unlock it and try again; or set ENTRA_AUTH_CLI_STORE=file /,
          ),
        },
      });
    }
    expect(existsSync(keyFile())).toBe(false);
    session.unlock();
    expect(session.key()).toBe(key);
    expect(await call(read)).toMatchObject({ value: { clientSecret: 'x' } });
  });

  test('is asked for again when it was refused early: a sign-in is kept that was finished after unlocking', async () => {
    session.unlock();
    // With tokens of the profile's there, a command asks the keyring before it does anything else.
    await call(write(), ['tokens.write', 'person', 'k', { accessToken: 't', expiresOn: 1, scopes: [] }]);
    const options = {
      home: session.environment['HOME'] ?? '',
      environment: { ...session.environment, ...towards(emulator) },
    };
    await storeOf(options.home).profiles.add(personProfile);
    const getToken = ['get-token', '-p', 'person', '--flow', 'device-code'];

    session.lock();
    const running = startCli([...getToken, '--force'], options);
    const [, address = '', code = ''] = await heard(running, /open the page (\S+) and enter the code (\S+)/);
    session.unlock();
    await approveDeviceCode(address, code, alice, emulator.ca);
    const { exitCode, stdout, stderr } = await running;
    expect(exitCode).toBe(0);
    expect(stderr).not.toContain('is not cached');
    const again = await runCli(getToken, options);
    expect({ ...again, stderr: again.stderr.replace(`entra-auth-cli: ${waiting}\n`, '') }).toEqual({
      exitCode: 0,
      stdout,
      stderr: '',
    });
  });

  test('that is refused early and late costs the cache, and not the token', async () => {
    session.unlock();
    await call(write(), ['tokens.write', 'person', 'k', { accessToken: 't', expiresOn: 1, scopes: [] }]);
    const options = {
      home: session.environment['HOME'] ?? '',
      environment: { ...session.environment, ...towards(emulator) },
    };
    await storeOf(options.home).profiles.add(personProfile);

    session.lock();
    const running = startCli(['get-token', '-p', 'person', '--flow', 'device-code', '--force'], options);
    await enterCode(running, emulator);
    const { exitCode, stdout, stderr } = await running;
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringMatching(/^eyJ\S+\n$/) as string });
    expect(stderr).toMatch(
      /\nentra-auth-cli: The token is not cached\. The keyring does not give out the key to the stored secrets \(.*dismissed\)\. Unlock it /,
    );
  });

  test('that is gone from the keyring is missed, and not replaced by another', async () => {
    session.unlock();
    await call(write());
    session.clear();
    for (const one of [read, write('y'), write('y', 'other')]) {
      expect(await call(one)).toMatchObject({
        error: {
          code: 'StoreUnavailable',
          message: expect.stringMatching(
            /^The key to the secrets and tokens in '.*' can't be had: .*the keyring has none/,
          ),
        },
      });
    }
    expect(session.key()).toBe('');
    expect(existsSync(keyFile())).toBe(false);
  });

  test('that was in a keyring is missed where there is none, and not replaced by another', async () => {
    session.unlock();
    await call(write());
    const elsewhere = { ...session.environment, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' };
    for (const one of [read, write('y')]) {
      expect(await callAtOnce(elsewhere, [one])).toMatchObject({
        error: {
          code: 'StoreUnavailable',
          message: expect.stringMatching(
            /^The key .* can't be had: there is no file '.*key', and no key in a keyring \(no Secret Service answers\)\. Run where the keyring is, /,
          ),
        },
      });
    }
    expect(existsSync(keyFile())).toBe(false);
    expect(await call(read)).toMatchObject({ value: { clientSecret: 'x' } });
  });

  test('may be another, in a file, when a person says so; what the old one has sealed still opens with it', async () => {
    session.unlock();
    await call(write('old'), ['tokens.writeSignIn', 'dev', 'k', { refreshToken: 'r' }]);
    const inFile = { ...session.environment, ENTRA_AUTH_CLI_STORE: 'file' };
    expect(await callAtOnce(inFile, [write('new', 'other')])).toMatchObject({
      told: [
        expect.stringMatching(
          /^ENTRA_AUTH_CLI_STORE is file: the key to the stored secrets and tokens is in the file /,
        ),
      ],
    });
    expect(await callAtOnce(inFile, [read])).toMatchObject({
      error: {
        code: 'StoreUnavailable',
        message: expect.stringContaining('sealed with another key than the one in use'),
      },
    });
    expect((await callAtOnce(inFile, [['tokens.readSignIn', 'dev', 'k']])).value).toBeUndefined();

    expect(await call(read)).toMatchObject({ value: { clientSecret: 'old' } });
    expect(await call(['secrets.read', 'other'])).toMatchObject({ value: { clientSecret: 'new' }, told: [] });
    expect((await call(['tokens.readSignIn', 'dev', 'k'])).value).toEqual({ refreshToken: 'r' });
  });

  test.each([
    ['no session bus', () => ({ DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' })],
    ['a bus without a keyring', () => ({})],
    [
      'a keyring that can keep nothing',
      () => {
        session.startEmpty();
        return {};
      },
    ],
  ])('is in a file where there is %s, which is said once', async (_, prepare) => {
    const environment = { ...session.environment, ...prepare() };
    expect(await callAtOnce(environment, [write()])).toMatchObject({
      told: [
        expect.stringMatching(
          /^There is no keyring here \(no Secret Service answers\): the key to the stored secrets and tokens is in the file '.*key', which only you can read\.$/,
        ),
      ],
    });
    expect(existsSync(keyFile())).toBe(true);
    expect(await callAtOnce(environment, [write('y'), read])).toMatchObject({ value: { clientSecret: 'y' }, told: [] });
  });
});

// They wait for seconds, but for nothing of each other's.
describe.skipIf(reason !== '')(`A keyring whose prompt nobody answers${reason}`, { concurrent: true }, () => {
  async function startLocked(): Promise<KeyringSession> {
    const session = await startKeyringSession('waits');
    session.unlock();
    expect(await callAtOnce(session.environment, [write()])).toMatchObject({ told: [] });
    session.lock();
    return session;
  }

  test('is not waited for for ever, and does not keep the program from its exit code', async () => {
    await using session = await startLocked();
    const { exitCode, stdout } = await execa(process.execPath, [keyringProgram, '3500'], {
      env: session.environment,
      extendEnv: false,
      reject: false,
      timeout: 45_000,
    });
    const answer = { kind: 'refused', reason: 'nobody has unlocked it' };
    expect({ exitCode, ...JSON.parse(stdout) }).toEqual({ exitCode: 7, answer, told: [waiting] });
  });

  test('is left at once by Ctrl+C', async () => {
    await using session = await startLocked();
    const options = { home: session.environment['HOME'] ?? '', environment: session.environment };
    await storeOf(options.home).profiles.add({ ...secretProfile, name: 'dev' });
    const running = startCli(['get-token', '--profile', 'dev'], options);
    const [said] = (await once(running.stderr, 'data')) as [Buffer];
    expect(said.toString()).toContain(waiting);
    running.kill('SIGINT');
    expect(await running).toMatchObject({ exitCode: 130, stdout: '' });
  });
});

test.each([
  ['a word', 'vault', "'vault'"],
  ['a long text', 'x'.repeat(1000), `'${'x'.repeat(100)}...'`],
])('A store that is to be kept nobody knows where is refused: %s', async (_what, where, shown) => {
  const home = join(tmpdir(), `nowhere-${randomUUID()}`);
  const { error } = await callStore({ HOME: home, ENTRA_AUTH_CLI_STORE: where }, [write()]);
  expect(error).toEqual({
    code: 'StoreUnavailable',
    message: `ENTRA_AUTH_CLI_STORE is ${shown}. Set it to file for a key in a file, or clear it for the keyring.`,
  });
  expect(() => readdirSync(home)).toThrow('ENOENT');
});
