import { rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Entry } from './profiles-file.ts';
import { unusable } from './store-folder.ts';

/** Where an import puts the certificate files that came with it. */
export function certificateFolder(folder: string): string {
  return join(folder, 'certificates');
}

/**
 * Removes the certificate file that an import has made for a profile, unless another still uses it.
 * @throws ProfileError StoreUnavailable
 */
export function removeOwnCertificate(folder: string, entry: Entry, others: readonly Entry[]): void {
  const path = ownCertificate(folder, entry);
  if (path === undefined) return;
  if (others.some((other) => certificatePath(other) === path)) return;
  try {
    rmSync(path, { force: true });
  } catch (error) {
    throw unusable(path, 'remove', error);
  }
}

/** The certificate file that an import has made for a profile; undefined for a person's own, or none. */
export function ownCertificate(folder: string, entry: Entry): string | undefined {
  const path = certificatePath(entry);
  return path !== undefined && dirname(path) === resolve(certificateFolder(folder)) ? path : undefined;
}

function certificatePath(entry: Entry): string | undefined {
  const path = typeof entry === 'object' && entry !== null && 'certificatePath' in entry && entry.certificatePath;
  return typeof path === 'string' ? resolve(path) : undefined;
}
