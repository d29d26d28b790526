import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { replaceFile } from '../platform/replace-file.ts';
import type { ExportedProfile } from './export.ts';
import { ProfileError } from './profile-error.ts';
import { certificateFolder } from './own-certificates.ts';
import { makePrivateFolder, type Tell, unusable } from './store-folder.ts';
import type { Store } from './store.ts';

/** Bytes. A certificate with its key and chain has some ten thousand. */
const largestCertificate = 1024 * 1024;

/**
 * Puts together what an export holds of these profiles. A certificate file that isn't there is left out, and said.
 * @throws ProfileError ProfileNotFound, ProfileInvalid, StoreUnavailable, StoreCorrupt
 */
export async function collectProfiles(
  store: Store,
  names: readonly string[],
  tell: Tell,
): Promise<readonly ExportedProfile[]> {
  const collected: ExportedProfile[] = [];
  for (const name of names) {
    const profile = store.profiles.get(name);
    const certificate = profile.certificatePath && (await readCertificate(profile.certificatePath, profile.name, tell));
    collected.push({ profile, secrets: await store.secrets.read(name), ...(certificate && { certificate }) });
  }
  return collected;
}

/**
 * Puts one profile of an export into the store, its secrets too. A certificate file is written into the store's folder
 * for its owner alone, and the profile points there.
 * @param options `replace`: whether a profile of the same name gives way
 * @throws ProfileError ProfileExists, StoreUnavailable, StoreCorrupt
 */
export async function restoreProfile(
  store: Store,
  { profile, secrets, certificate }: ExportedProfile,
  { replace }: { readonly replace: boolean },
): Promise<void> {
  const bytes = certificate === undefined ? undefined : Buffer.from(certificate, 'base64');
  const path = bytes && join(certificateFolder(store.folder), certificateName(bytes));
  const restored = path ? { ...profile, certificatePath: path } : profile;
  try {
    await store.profiles.add(restored);
  } catch (error) {
    if (!replace || !(error instanceof ProfileError) || error.code !== 'ProfileExists') throw error;
    // First: the new profile may lead elsewhere, where the old one's secret must never be sent.
    await store.secrets.remove(profile.name);
    await store.profiles.replace(profile.name, restored);
  }
  if (path) await writeCertificate(path, bytes);
  await store.secrets.write(profile.name, secrets);
}

/** Named for its content: profiles may come and go, be renamed, or share it, and each finds its own. */
function certificateName(bytes: Buffer): string {
  const kind = bytes.includes('-----BEGIN ') ? 'pem' : 'pfx';
  return `${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}.${kind}`;
}

async function writeCertificate(path: string, bytes: Buffer): Promise<void> {
  makePrivateFolder(dirname(path));
  try {
    await replaceFile(path, bytes);
  } catch (error) {
    throw unusable(path, 'write', error);
  }
}

async function readCertificate(path: string, name: string, tell: Tell): Promise<string | undefined> {
  try {
    const { size } = await stat(path);
    if (size <= largestCertificate) return await readFile(path, 'base64');
    tell(`The export has profile '${name}' without its certificate: '${path}' is too large to be one.`);
  } catch {
    tell(`The export has profile '${name}' without its certificate: '${path}' can't be read.`);
  }
  return undefined;
}
