import { execFileSync, spawnSync } from 'node:child_process';
import {
  chownSync,
  lchownSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { replaceFile } from '../../../src/platform/replace-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'replace-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const windows = process.platform === 'win32';
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

  test.skipIf(windows)('is for its owner alone, whatever it was', async () => {
    writeFileSync(path(), 'open', { mode: 0o666 });
    await replaceFile(path(), 'closed');
    expect(statSync(path()).mode & 0o777).toBe(0o600);
  });

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

describe.skipIf(windows)('What stands where a file is to be written', () => {
  test('stays as it was when the disk takes only a part, and nothing is left beside it', () => {
    writeFileSync(path(), 'as it was');
    const module = fileURLToPath(new URL('../../../src/platform/replace-file.ts', import.meta.url));
    const program = `import { replaceFile } from ${JSON.stringify(module)};
      await replaceFile(${JSON.stringify(path())}, 'x'.repeat(1_000_000)).catch(({ code }) => console.log(code));`;
    // No file can grow past a few kilobytes there; the first write takes what still fits, as on a disk that fills up.
    const { stdout } = spawnSync(
      '/bin/sh',
      ['-c', 'ulimit -f 8; exec "$0" --input-type=module -e "$1"', process.execPath, program],
      {
        encoding: 'utf8',
      },
    );
    expect(stdout).toBe('EFBIG\n');
    expect(readFileSync(path(), 'utf8')).toBe('as it was');
    expect(readdirSync(folder)).toEqual(['file']);
  });

  test("is followed when it is a link of one's own", async () => {
    writeFileSync(path('target'), 'old');
    symlinkSync('target', path());
    await replaceFile(path(), 'new');
    expect(lstatSync(path()).isSymbolicLink()).toBe(true);
    expect(readFileSync(path('target'), 'utf8')).toBe('new');
  });

  test('is refused when it is a pipe, which stays one', async () => {
    execFileSync('mkfifo', [path()]);
    await expect(replaceFile(path(), 'x')).rejects.toMatchObject({ code: 'EEXIST', message: 'it is no file' });
    expect(statSync(path()).isFIFO()).toBe(true);
    expect(readdirSync(folder)).toEqual(['file']);
  });
});

describe.skipIf(process.getuid?.() !== 0)('What somebody else has put where a file is to be written', () => {
  test('is theirs no more when it was a file', async () => {
    writeFileSync(path(), '');
    chownSync(path(), 12_345, 12_345);
    await replaceFile(path(), 'secret');
    expect(statSync(path())).toMatchObject({ uid: 0, gid: 0 });
  });

  test('is not followed when it is a link', async () => {
    writeFileSync(path('mine'), 'precious');
    symlinkSync('mine', path());
    lchownSync(path(), 12_345, 12_345);
    await expect(replaceFile(path(), 'secret')).rejects.toMatchObject({
      code: 'EEXIST',
      message: 'it is a link that somebody else has put there',
    });
    expect(readFileSync(path('mine'), 'utf8')).toBe('precious');
  });
});

test.skipIf(windows)('What stands at the temporary name, a link or a file, gets nothing', async () => {
  // A name that is known beforehand, which a folder's other users can only guess at.
  const crypto = process.getBuiltinModule('node:crypto');
  const chosen = vi.spyOn(crypto, 'randomInt').mockImplementation(() => 12_345);
  try {
    writeFileSync(path('theirs'), 'as it was');
    symlinkSync('theirs', path('file.12345'));
    await expect(replaceFile(path(), 'secret')).rejects.toMatchObject({ code: 'EEXIST' });
    expect(readFileSync(path('theirs'), 'utf8')).toBe('as it was');
    expect(readdirSync(folder).toSorted()).toEqual(['file.12345', 'theirs']);
  } finally {
    chosen.mockRestore();
  }
});
