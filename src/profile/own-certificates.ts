import { rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Entry } from './profiles-file.ts';
import { filesIn, unusable } from './store-folder.ts';

/** What an import has left that was killed while it wrote. */
const remainder = /\.\d+$/;

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
  const remains = filesIn(dirname(path)).filter((file) => remainder.test(file) && file.replace(remainder, '') === path);
  for (const file of [path, ...remains]) {
    try {
      rmSync(file, { force: true });
    } catch (error) {
      throw unusable(file, 'remove', error);
    }
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
