import { createHash } from 'node:crypto';
import {
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { replaceFile } from '../../../src/platform/replace-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'replace-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const path = (name = 'file'): string => join(folder, name);

describe('A file that is replaced', () => {
  test('has the new content, and nothing else is left beside it', async () => {
    await replaceFile(path(), 'first, longer');
    await replaceFile(path(), Buffer.from('second'));
    await replaceFile(path('part'), Buffer.from('a part of it').subarray(2, 6));
    expect(readFileSync(path(), 'utf8')).toBe('second');
    expect(readFileSync(path('part'), 'utf8')).toBe('part');
    expect(readdirSync(folder).toSorted()).toEqual(['file', 'part']);
  });

  test.skipIf(process.platform === 'win32')(
    'is for its owner alone, or as it is asked for, whatever it was',
    async () => {
      writeFileSync(path(), 'open', { mode: 0o666 });
      await replaceFile(path(), 'closed');
      expect(statSync(path()).mode & 0o777).toBe(0o600);
      await replaceFile(path(), 'open', 0o644);
      expect(statSync(path()).mode & 0o777).toBe(0o644);
    },
  );

  test('is seen by readers as it was or as it is, never in part', async () => {
    const contents = ['a', 'b'].map((letter) => letter.repeat(1_000_000));
    await replaceFile(path(), contents[0] ?? '');
    const progress = { ended: false };
    const writing = (async () => {
      for (let round = 0; round < 20; round += 1) await replaceFile(path(), contents[round % 2] ?? '');
      progress.ended = true;
    })();
    const torn: number[] = [];
    while (!progress.ended) {
      const content = readFileSync(path(), 'utf8');
      if (!contents.includes(content)) torn.push(content.length);
      await new Promise(setImmediate);
    }
    await writing;
    expect(torn).toEqual([]);
  });

  test('stays as it was when the folder is gone or full of something else', async () => {
    await expect(replaceFile(path('no/file'), 'x')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(replaceFile(folder, 'x')).rejects.toMatchObject({ code: 'EISDIR' });
    expect(readdirSync(folder)).toEqual([]);
  });
});

test.skipIf(process.platform === 'win32').each([
  ['link', symlinkSync],
  ['second name', linkSync],
])('A %s that somebody has put at the temporary name gets nothing', async (_, plant) => {
  const theirs = path('theirs');
  writeFileSync(theirs, '');
  // As write-file-atomic makes its names: whoever knows the process can guess them.
  const seed = [createRequire(import.meta.url).resolve('write-file-atomic'), process.pid, threadId].join('');
  for (let count = 1; count <= 200; count += 1) {
    const name = createHash('sha1').update(`${seed}${count}`).digest().readUInt32BE(0);
    plant(theirs, `${path()}.${name}`);
  }
  const planted = readdirSync(folder).length;
  await expect(replaceFile(path(), 'secret')).rejects.toMatchObject({
    code: 'EEXIST',
    message: expect.stringMatching(/^'.*file\.\d+' was put there by somebody else\.$/),
  });
  expect(readFileSync(theirs, 'utf8')).toBe('');
  expect(readdirSync(folder)).toHaveLength(planted - 1);
});
