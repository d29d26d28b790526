import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

interface Package {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/**
 * What the licenses of bundled packages ask for: their words, copied along.
 * @param modules absolute paths of what is in the bundles
 * @throws Error for a package without a license file: nobody may copy it then
 */
export async function thirdPartyNotices(modules: Iterable<string>): Promise<string> {
  const folders = new Set(Array.from(modules, packageFolder).filter((folder) => folder !== undefined));
  const notices = await Promise.all(Array.from(folders, noticeOf));
  return [
    'The programs in this folder contain code of these packages.\n',
    ...notices.toSorted((one, other) => one.localeCompare(other, 'en')),
  ].join('\n');
}

/** The folder of the package that a module is of; undefined for a module of our own. */
function packageFolder(module: string): string | undefined {
  return /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+(?=[\\/])/.exec(module)?.[0];
}

async function noticeOf(folder: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Package;
  const files = (await readdir(folder)).filter((file) => /^(?:licen[cs]e|notice|copying)\b/i.test(file)).toSorted();
  if (files.length === 0) throw new Error(`${name} ${version} (${license ?? 'no license'}) has no license file.`);
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return ['='.repeat(80), `${name} ${version}`, '', ...texts.map((text) => `${text.trim()}\n`)].join('\n');
}
