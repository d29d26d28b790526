import { createCipheriv, createDecipheriv, randomBytes, scrypt, type ScryptOptions } from 'node:crypto';
import { promisify } from 'node:util';
import { checkProfile, type Profile } from './profile.ts';
import { ProfileError } from './profile-error.ts';
import type { ProfileSecrets } from './secrets.ts';

/** A profile with all that it needs on another machine. */
export interface ExportedProfile {
  readonly profile: Profile;
  readonly secrets: ProfileSecrets;
  /** The content of the file at `certificatePath`, base64; absent when the profile has none, or it wasn't there. */
  readonly certificate?: string;
}

/** Characters. Whoever has the file can try passphrases for as long as they like. */
export const shortestPassphrase = 8;

const format = 'entra-auth-cli export';
const version = 1;
/** What each try of a passphrase costs: the parameters of scrypt (RFC 7914 section 2). */
interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** 128 MB and a third of a second; twice what OWASP's least is. */
const usualCost: ScryptCost = { N: 2 ** 17, r: 8, p: 1 };
/** What opening a file may cost at most: a hostile one could ask for all of the memory. */
const greatestCost: ScryptCost = { N: 2 ** 18, r: 8, p: 4 };
/** Bytes of an export's text: tens of thousands for each certificate in it. */
export const longestExport = 64 * 1024 * 1024;
const saltLength = 16;
const ivLength = 12;
const tagLength = 16;

/** What stands in the file in plain text, and is authenticated with the rest. */
interface Head {
  readonly format: typeof format;
  readonly version: number;
  readonly kdf: { readonly name: 'scrypt'; readonly N: number; readonly r: number; readonly p: number; salt: string };
  readonly cipher: { readonly name: 'aes-256-gcm'; readonly iv: string };
}

/**
 * Profiles and their secrets as a text (JSON) that only the passphrase opens.
 * @param cost less than the usual only where no secret is sealed, such as in tests
 * @throws ProfileError PassphraseInvalid for one that is too short; ExportInvalid for more than can be opened again
 */
export async function sealExport(
  profiles: readonly ExportedProfile[],
  passphrase: string,
  cost = usualCost,
): Promise<string> {
  if (passphrase.length < shortestPassphrase) {
    throw new ProfileError(
      'PassphraseInvalid',
      `The passphrase is too short. Use ${shortestPassphrase} characters at least; several words are best.`,
    );
  }
  const salt = randomBytes(saltLength);
  const iv = randomBytes(ivLength);
  const head: Head = {
    format,
    version,
    kdf: { name: 'scrypt', ...cost, salt: salt.toString('base64') },
    cipher: { name: 'aes-256-gcm', iv: iv.toString('base64') },
  };
  const cipher = createCipheriv('aes-256-gcm', await deriveKey(passphrase, head), iv, { authTagLength: tagLength });
  cipher.setAAD(additionalData(head));
  const data = [cipher.update(JSON.stringify({ profiles }), 'utf8'), cipher.final(), cipher.getAuthTag()];
  const text = `${JSON.stringify({ ...head, data: Buffer.concat(data).toString('base64') }, undefined, 2)}\n`;
  if (text.length <= longestExport) return text;
  throw new ProfileError(
    'ExportInvalid',
    `The export has more than ${longestExport / 1024 / 1024} MB, which no import takes. ` +
      'Export the profiles a few at a time, each with its name.',
  );
}

/**
 * What {@link sealExport} has sealed, each profile checked.
 * @param least what costs less is refused
 * @throws ProfileError ExportInvalid for what is no export; PassphraseInvalid for a wrong passphrase or altered file,
 * which can't be told apart; ProfileInvalid
 */
export async function openExport(
  text: string,
  passphrase: string,
  least = usualCost,
): Promise<readonly ExportedProfile[]> {
  const { head, data } = parseExport(text, least);
  const key = await deriveKey(passphrase, head);
  const iv = Buffer.from(head.cipher.iv, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: tagLength });
  decipher.setAAD(additionalData(head));
  decipher.setAuthTag(data.subarray(-tagLength));
  let opened: string;
  try {
    opened = Buffer.concat([decipher.update(data.subarray(0, -tagLength)), decipher.final()]).toString('utf8');
  } catch (cause) {
    throw new ProfileError(
      'PassphraseInvalid',
      'The passphrase is not the one of this export, or the file was altered. Try again with the right one.',
      { cause },
    );
  }
  return checkContent(parseJson(opened));
}

/** The same passphrase gives the same bytes, however a keyboard composes its letters (RFC 8265 uses NFC too). */
function deriveKey(passphrase: string, { kdf: { N, r, p, salt } }: Head): Promise<Buffer> {
  // Node's own limit is 32 MB; scrypt needs 128 * N * r bytes, and a little.
  const options: ScryptOptions = { N, r, p, maxmem: 129 * N * r + 1024 * r * p };
  const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);
  return derive(passphrase.normalize('NFC'), Buffer.from(salt, 'base64'), 32, options);
}

/** Rebuilt from what was read, so that nothing else in the file counts. */
function additionalData({ format: name, version: number, kdf, cipher }: Head): Buffer {
  const { N, r, p, salt } = kdf;
  return Buffer.from(JSON.stringify([name, number, kdf.name, N, r, p, salt, cipher.name, cipher.iv]));
}

function parseExport(text: string, least: ScryptCost): { readonly head: Head; readonly data: Buffer } {
  if (text.length > longestExport) throw invalid('is too large to be one');
  const value = parseJson(text);
  if (value?.['format'] !== format) throw invalid('is none');
  if (value['version'] !== version) throw invalid('comes from a later version of entra-auth-cli: use that one');
  const kdf = value['kdf'] as Partial<Head['kdf']> | undefined;
  const cipher = value['cipher'] as Partial<Head['cipher']> | undefined;
  const known =
    kdf?.name === 'scrypt' &&
    isWithin(kdf.N, least.N, greatestCost.N) &&
    Number.isInteger(Math.log2(kdf.N)) &&
    kdf.r === least.r &&
    isWithin(kdf.p, least.p, greatestCost.p) &&
    isBytes(kdf.salt, saltLength) &&
    cipher?.name === 'aes-256-gcm' &&
    isBytes(cipher.iv, ivLength);
  const data = value['data'];
  if (!known || typeof data !== 'string') throw invalid('is damaged');
  const bytes = Buffer.from(data, 'base64');
  if (bytes.length <= tagLength) throw invalid('is damaged');
  return { head: { format, version, kdf, cipher } as Head, data: bytes };
}

function checkContent(value: unknown): readonly ExportedProfile[] {
  const profiles = (value as { profiles?: unknown } | null)?.profiles;
  if (!Array.isArray(profiles)) throw invalid('has no profiles');
  return profiles.map((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null) throw invalid('is damaged');
    const { profile, secrets, certificate } = entry as Record<keyof ExportedProfile, unknown>;
    const { clientSecret, certificatePassword } = (secrets ?? {}) as ProfileSecrets;
    return {
      profile: checkProfile(profile),
      secrets: {
        ...(typeof clientSecret === 'string' && { clientSecret }),
        ...(typeof certificatePassword === 'string' && { certificatePassword }),
      },
      ...(typeof certificate === 'string' && { certificate }),
    };
  });
}

function parseJson(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function isWithin(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
}

function isBytes(value: unknown, length: number): value is string {
  return typeof value === 'string' && Buffer.from(value, 'base64').length === length;
}

function invalid(what: string): ProfileError {
  return new ProfileError('ExportInvalid', `What should be an export of profiles ${what}. Export the profiles again.`);
}
