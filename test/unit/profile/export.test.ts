import { createCipheriv, scryptSync } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { type ExportedProfile, openExport, sealExport } from '../../../src/profile/export.ts';
import { failureOf, someProfile } from '../../helpers/store.ts';

const passphrase = 'several words are best';
const profiles: readonly ExportedProfile[] = [
  { profile: someProfile(), secrets: { clientSecret: 'q1Z8~the-secret' } },
  {
    profile: { ...someProfile('cert'), authMethod: 'PasswordlessCertificate', certificatePath: '/keys/app.pem' },
    secrets: {},
    certificate: Buffer.from('-----BEGIN PRIVATE KEY-----').toString('base64'),
  },
];
interface File {
  kdf: Record<string, unknown>;
  cipher: Record<string, unknown>;
  data: string;
  [name: string]: unknown;
}

/** The usual cost is a third of a second: it is for the tests that are about it, or about what nobody computes. */
const cheap = { N: 2 ** 10, r: 8, p: 1 };
const sealCheaply = (some: readonly ExportedProfile[]): Promise<string> => sealExport(some, passphrase, cheap);
const openCheap = (text: string, words = passphrase): Promise<readonly ExportedProfile[]> =>
  openExport(text, words, cheap);

let text: string;
let cheapText: string;
beforeAll(async () => {
  text = await sealExport(profiles, passphrase);
  cheapText = await sealCheaply(profiles);
});
const file = (): File => JSON.parse(text) as File;
const changed = (change: (file: File) => void, from = text): string => {
  const copy = JSON.parse(from) as File;
  change(copy);
  return JSON.stringify(copy);
};

describe('An export', () => {
  test('opens with its passphrase', async () => {
    expect(await openExport(text, passphrase)).toEqual(profiles);
  });

  test('shows nothing but how it is opened', () => {
    expect(Object.keys(file())).toEqual(['format', 'version', 'kdf', 'cipher', 'data']);
    expect(file()).toMatchObject({ format: 'entra-auth-cli export', version: 1 });
    expect(file().kdf).toMatchObject({ name: 'scrypt', N: 131_072, r: 8, p: 1 });
    for (const hidden of ['contoso', 'dev', 'secret', 'PRIVATE']) expect(text).not.toContain(hidden);
  });

  test('is another each time', async () => {
    const [one, other] = [JSON.parse(cheapText) as File, JSON.parse(await sealCheaply(profiles)) as File];
    expect(other.kdf['salt']).not.toBe(one.kdf['salt']);
    expect(other.cipher['iv']).not.toBe(one.cipher['iv']);
  });

  test('opens however the letters of its passphrase are composed', async () => {
    const composed = await sealExport([], 'm\u00FCnchen garten', cheap);
    expect(await openCheap(composed, 'mu\u0308nchen garten')).toEqual([]);
  });

  test('can be opened by any program that has scrypt and AES-256-GCM', () => {
    const { kdf, cipher } = file();
    const salt = Buffer.from(String(kdf['salt']), 'base64');
    const key = scryptSync(passphrase, salt, 32, { N: 131_072, r: 8, p: 1, maxmem: 256 * 1024 * 1024 });
    const data = Buffer.from(file().data, 'base64').subarray(0, -16);
    // GCM's text is CTR's, whose counter starts at 2 (SP 800-38D, section 7.1)
    const counter = Buffer.concat([Buffer.from(String(cipher['iv']), 'base64'), Buffer.from([0, 0, 0, 2])]);
    const plain = createCipheriv('aes-256-ctr', key, counter).update(data).toString('utf8');
    expect(JSON.parse(plain)).toEqual({ profiles });
  });

  test('opens only with its passphrase', async () => {
    expect(await failureOf(() => openExport(text, 'Several words are best'))).toMatchObject({
      code: 'PassphraseInvalid',
    });
  });

  test('needs a passphrase of some length', async () => {
    expect(await failureOf(() => sealExport(profiles, 'seven77'))).toEqual({
      code: 'PassphraseInvalid',
      message: 'The passphrase is too short. Use 8 characters at least; several words are best.',
    });
  });

  test('is not made where no import would take it', async () => {
    const [, profile] = profiles as readonly [ExportedProfile, ExportedProfile];
    const certificate = 'A'.repeat(49 * 1024 * 1024);
    expect(await failureOf(() => sealCheaply([{ ...profile, certificate }]))).toEqual({
      code: 'ExportInvalid',
      message:
        'The export has more than 64 MB, which no import takes. Export the profiles a few at a time, each with its name.',
    });
  });
});

describe('An export does not open', () => {
  const refusal = {
    code: 'PassphraseInvalid',
    message: 'The passphrase is not the one of this export, or the file was altered. Try again with the right one.',
  };

  test.each(['Several words are best', '', 'several words are best '])('with the passphrase %j', async (wrong) => {
    expect(await failureOf(() => openCheap(cheapText, wrong))).toEqual(refusal);
  });

  test.each([
    ['salt', (copy: File) => (copy.kdf['salt'] = Buffer.alloc(16).toString('base64'))],
    ['cost', (copy: File) => (copy.kdf['p'] = 2)],
    ['initialization vector', (copy: File) => (copy.cipher['iv'] = Buffer.alloc(12).toString('base64'))],
    ['text', (copy: File) => (copy.data = `${copy.data.startsWith('A') ? 'B' : 'A'}${copy.data.slice(1)}`)],
    ['end', (copy: File) => (copy.data = copy.data.slice(0, -8))],
  ])('with another %s', async (_, change) => {
    expect(await failureOf(() => openCheap(changed(change, cheapText)))).toEqual(refusal);
  });

  test.each([
    ['that is no JSON', 'not json', /is none\./],
    ['that is other JSON', '{"version":1}', /is none\./],
    ['that is a list', '[]', /is none\./],
    [
      'of a later version',
      () => changed((copy) => (copy['version'] = 2)),
      /comes from a later version of entra-auth-cli/,
    ],
    ['without data', () => changed((copy) => (copy.data = '')), /is damaged\./],
    ['with data that is no text', () => changed((copy) => Object.assign(copy, { data: 7 })), /is damaged\./],
    ['without a salt', () => changed((copy) => delete copy.kdf['salt']), /is damaged\./],
    ['with another kdf', () => changed((copy) => (copy.kdf['name'] = 'pbkdf2')), /is damaged\./],
    ['with another cipher', () => changed((copy) => (copy.cipher['name'] = 'aes-256-cbc')), /is damaged\./],
    ['with a short vector', () => changed((copy) => (copy.cipher['iv'] = 'AAAA')), /is damaged\./],
  ])('%s', async (_, given, message) => {
    const failure = await failureOf(() => openExport(typeof given === 'string' ? given : given(), passphrase));
    expect(failure.code).toBe('ExportInvalid');
    expect(failure.message).toMatch(/^What should be an export of profiles /);
    expect(failure.message).toMatch(message);
  });

  test.each([
    ['N', 2 ** 30],
    ['N', 2 ** 19],
    ['N', 2 ** 10],
    ['N', 2 ** 17 + 1],
    ['N', '131072'],
    ['r', 1024],
    ['p', 1_000_000],
    ['p', 0],
    ['p', 1.5],
  ])('that wants scrypt with %s of %j: nothing is computed', async (parameter, value) => {
    const hostile = changed((copy) => (copy.kdf[parameter] = value));
    const start = process.memoryUsage.rss();
    const failure = await failureOf(() => openExport(hostile, passphrase));
    expect(failure).toMatchObject({ code: 'ExportInvalid', message: expect.stringContaining('is damaged') });
    expect(process.memoryUsage.rss() - start).toBeLessThan(32 * 1024 * 1024);
  });

  test('with what is no JSON in it, which is not repeated', async () => {
    const { kdf, cipher } = JSON.parse(cheapText) as File;
    const key = scryptSync(passphrase, Buffer.from(String(kdf['salt']), 'base64'), 32, cheap);
    const sealer = createCipheriv('aes-256-gcm', key, Buffer.from(String(cipher['iv']), 'base64'));
    const head = ['entra-auth-cli export', 1, 'scrypt', cheap.N, 8, 1, kdf['salt'], 'aes-256-gcm', cipher['iv']];
    sealer.setAAD(Buffer.from(JSON.stringify(head)));
    const data = Buffer.concat([sealer.update('the-secret'), sealer.final(), sealer.getAuthTag()]);
    const sealed = changed((copy) => (copy.data = data.toString('base64')), cheapText);
    expect(await failureOf(() => openCheap(sealed))).toMatchObject({
      code: 'ExportInvalid',
      message: expect.not.stringContaining('the-secret'),
    });
  });

  test('with something else in it than profiles', async () => {
    const sealed = await sealCheaply([null] as unknown as ExportedProfile[]);
    expect(await failureOf(() => openCheap(sealed))).toMatchObject({
      code: 'ExportInvalid',
      message: expect.stringContaining('is damaged'),
    });
  });

  test('with a profile in it that is wrong', async () => {
    const wrong = { profile: { ...someProfile(), authority: 'http://evil.example' }, secrets: {} };
    const sealed = await sealCheaply([wrong]);
    expect(await failureOf(() => openCheap(sealed))).toMatchObject({
      code: 'ProfileInvalid',
      message: expect.stringContaining("Profile 'dev': authority is 'http://evil.example'."),
    });
  });
});
