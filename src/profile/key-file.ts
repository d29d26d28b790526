import { join } from 'node:path';
import { replaceFile } from '../platform/replace-file.ts';
import { ProfileError } from './profile-error.ts';
import { type StoreKey, storeKey } from './sealed.ts';
import { keepPrivate, readIfThere, type Tell, unusable } from './store-folder.ts';

export function keyFile(folder: string): string {
  return join(folder, 'key');
}

/**
 * The key in the store's folder; undefined when it is kept elsewhere, or not made yet.
 * @throws ProfileError StoreCorrupt
 */
export function readKeyFile(folder: string, tell: Tell): StoreKey | undefined {
  const path = keyFile(folder);
  if (!keepPrivate(path, tell)) return undefined;
  const text = readIfThere(path)?.toString('latin1').trim();
  if (text === undefined) return undefined;
  const key = decodeKey(text);
  if (key) return key;
  throw new ProfileError(
    'StoreCorrupt',
    `The key file '${path}' is damaged. Put it back from a backup. Without it the stored secrets are lost: ` +
      `delete it with the folders secrets and tokens beside it, and enter the secrets again.`,
  );
}

/** @throws ProfileError StoreUnavailable */
export async function writeKeyFile(folder: string, key: StoreKey): Promise<void> {
  const path = keyFile(folder);
  await replaceFile(path, `${encodeKey(key)}\n`).catch((error: unknown) => {
    throw unusable(path, 'write', error);
  });
}

/** 32 bytes, base64. */
export function encodeKey({ bytes }: StoreKey): string {
  return bytes.toString('base64');
}

/** @returns undefined for what is no key */
export function decodeKey(text: string): StoreKey | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === 32 && bytes.toString('base64') === text ? storeKey(bytes) : undefined;
}
