import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Profile } from '../../../src/profile/profile.ts';
import { collectProfiles, restoreProfile } from '../../../src/profile/transfer.ts';
import { makeCertificate } from '../../helpers/certificates.ts';
import { failureOf, someProfile, type TemporaryStore, temporaryStore } from '../../helpers/store.ts';

let here: TemporaryStore;
let there: TemporaryStore;
beforeEach(() => {
  here = temporaryStore();
  there = temporaryStore();
});
afterEach(() => {
  here[Symbol.dispose]();
  there[Symbol.dispose]();
});

const own = makeCertificate();
const pem = own.privateKey + own.certificate;
const withCertificate = (name: string, certificatePath: string): Profile => ({
  ...someProfile(name),
  authMethod: 'PasswordlessCertificate',
  certificatePath,
});

async function givenCertificate(name: string, content: string | Buffer = pem): Promise<string> {
  const path = here.path('..', `${name}.file`);
  writeFileSync(path, content);
  await here.store.profiles.add(withCertificate(name, path));
  return path;
}

async function moveAll(replace = false): Promise<void> {
  const names = here.store.profiles.list().map(({ name }) => name);
  for (const one of await collectProfiles(here.store, names, (message) => void here.told.push(message))) {
    await restoreProfile(there.store, one, { replace });
  }
}
const certificates = (): string[] => readdirSync(there.path('certificates'));

describe('A profile that moves to another machine', () => {
  test('has its secrets there', async () => {
    await here.store.profiles.add(someProfile());
    await here.store.secrets.write('dev', { clientSecret: 'its secret' });
    await moveAll();
    expect(there.store.profiles.get('dev')).toEqual(someProfile());
    expect(await there.store.secrets.read('dev')).toEqual({ clientSecret: 'its secret' });
  });

  test.each([
    ['pem', pem],
    ['pfx', own.pfx('')],
  ])('has its certificate file (%s) there, for its owner alone', async (kind, content) => {
    await givenCertificate('dev', content);
    await moveAll();
    const { certificatePath = '' } = there.store.profiles.get('dev');
    expect(certificatePath).toMatch(/certificates[/\\][\da-f]{16}\.(?:pem|pfx)$/);
    expect(certificatePath.endsWith(kind)).toBe(true);
    expect(readFileSync(certificatePath).equals(Buffer.from(content))).toBe(true);
    if (process.platform === 'win32') return;
    expect(statSync(certificatePath).mode & 0o777).toBe(0o600);
    expect(statSync(there.path('certificates')).mode & 0o777).toBe(0o700);
  });

  test('moves without a certificate that is not there, and that is said', async () => {
    await here.store.profiles.add(withCertificate('gone', '/nowhere/app.pem'));
    const large = await givenCertificate('large');
    truncateSync(large, 2 * 1024 * 1024);
    await moveAll();
    expect(here.told).toEqual([
      "The export has profile 'gone' without its certificate: '/nowhere/app.pem' can't be read.",
      `The export has profile 'large' without its certificate: '${large}' is too large to be one.`,
    ]);
    expect(there.store.profiles.get('gone').certificatePath).toBe('/nowhere/app.pem');
  });

  test('does not replace one of the same name, nor touch its secrets, unless it is told to', async () => {
    await givenCertificate('dev');
    await here.store.secrets.write('dev', { clientSecret: 'new' });
    await there.store.profiles.add(someProfile('DEV'));
    await there.store.secrets.write('dev', { clientSecret: 'old' });

    expect(await failureOf(() => moveAll())).toMatchObject({ code: 'ProfileExists' });
    expect(await there.store.secrets.read('dev')).toEqual({ clientSecret: 'old' });
    expect(existsSync(there.path('certificates'))).toBe(false);

    await moveAll(true);
    expect(await there.store.secrets.read('dev')).toEqual({ clientSecret: 'new' });
    expect(there.store.profiles.list().map(({ name }) => name)).toEqual(['dev']);
  });
});

describe('A certificate file that an import has made', () => {
  test('goes with its profile', async () => {
    const original = await givenCertificate('dev');
    await moveAll();
    await there.store.profiles.remove('dev');
    expect(certificates()).toEqual([]);
    await here.store.profiles.remove('dev');
    expect(existsSync(original)).toBe(true);
  });

  test('goes with what an import has left of it that was killed while it wrote', async () => {
    await givenCertificate('dev');
    await moveAll();
    const { certificatePath = '' } = there.store.profiles.get('dev');
    writeFileSync(`${certificatePath}.123456789`, 'a part');
    await there.store.profiles.remove('dev');
    expect(certificates()).toEqual([]);
  });

  test('goes when its profile takes another', async () => {
    await givenCertificate('dev');
    await moveAll();
    await there.store.profiles.replace('dev', withCertificate('dev', '/keys/other.pem'));
    expect(certificates()).toEqual([]);
  });

  test('stays while another profile uses it, whatever the profiles are called', async () => {
    await givenCertificate('a');
    await givenCertificate('b');
    await moveAll();
    expect(certificates()).toHaveLength(1);
    await there.store.profiles.replace('a', { ...there.store.profiles.get('a'), name: 'c' });
    await there.store.profiles.remove('b');
    expect(certificates()).toHaveLength(1);
    await there.store.profiles.remove('c');
    expect(certificates()).toEqual([]);
  });
});
