import { lstatSync } from 'node:fs';

/**
 * Writes a file so that whoever reads it sees the old content or the new one, never a part, also after a power cut.
 * @param mode exactly what the file has afterwards, whatever the umask is; ignored on Windows
 * @throws the system's error (`code` EACCES, ENOENT, ENOSPC ...); the old file is as it was then
 */
export async function replaceFile(path: string, data: string | Uint8Array, mode = 0o600): Promise<void> {
  const { default: writeFileAtomic } = await import('write-file-atomic');
  const bytes = typeof data === 'string' ? Buffer.from(data) : Buffer.from(data.buffer, data.byteOffset, data.length);
  await writeFileAtomic(path, bytes, { mode, tmpfileCreated: refuseForeign });
}

/**
 * The name of the temporary file can be guessed. In a folder that others may write to (`--file /tmp/token`) somebody
 * could have put a file of theirs there, or a link to one; this is called before anything is written to it.
 */
function refuseForeign(path: string): void {
  const found = lstatSync(path);
  const own = !process.getuid || found.uid === process.getuid();
  if (own && found.isFile() && found.nlink === 1) return;
  throw Object.assign(new Error(`'${path}' was put there by somebody else.`), { code: 'EEXIST', path });
}
