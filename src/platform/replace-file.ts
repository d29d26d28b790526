import { promises } from 'node:fs';

const { lstat, open, realpath, rename, rm, stat } = promises;

/**
 * Writes a file, for its owner alone, so that whoever reads it sees the old content or the new one, never a part, also
 * after a power cut or on a full disk. A link of one's own is followed.
 * @throws the system's error (`code` EACCES, ENOENT, ENOSPC ...), EEXIST for what is there and is not to be replaced; the
 * old file is as it was then
 */
export async function replaceFile(path: string, data: string | Uint8Array): Promise<void> {
  const target = await targetOf(path);
  const temporary = `${target}.${process.getBuiltinModule('node:crypto').randomInt(2 ** 47)}`;
  // x: a file that is there, or a link, is never taken for ours, whoever may write to the folder.
  const file = await open(temporary, 'wx', 0o600);
  try {
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * The file that is to be replaced. In a folder that others may write to (`--file /tmp/token`), a link of theirs would
 * choose one of ours; and a pipe or device would be a file from then on.
 */
async function targetOf(path: string): Promise<string> {
  const found = await lstat(path).catch(() => undefined);
  const own = !process.getuid || [process.getuid(), 0].includes(found?.uid ?? 0);
  if (found?.isSymbolicLink() && !own) throw refusal(path, 'it is a link that somebody else has put there');
  const behind = found && (await stat(path).catch(() => undefined));
  if (!behind) return path;
  if (!behind.isFile() && !behind.isDirectory()) throw refusal(path, 'it is no file');
  return found.isSymbolicLink() ? realpath(path) : path;
}

function refusal(path: string, why: string): Error {
  return Object.assign(new Error(why), { code: 'EEXIST', path });
}
