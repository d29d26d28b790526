/** Bundles the programs into dist/: `node scripts/build.ts`. */

import { chmod, cp, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type OutputChunk, type Plugin, rolldown } from 'rolldown';
import { thirdPartyNotices } from './third-party-notices.ts';

const noticesFile = 'THIRD-PARTY-NOTICES.txt';
const root = join(import.meta.dirname, '..');
const programs = ['engine', 'cli', 'emulator'];
/** Files that start as threads of their own: found beside the bundle under their own name. */
const threads = ['grants/environment-worker'];
/**
 * Native code: the keyring, which is therefore the one dependency of the package, and `@azure/identity`'s broker plugin,
 * loaded when somebody has installed it.
 */
const notBundled = ['@napi-rs/keyring', '@azure/identity-vscode'];

/**
 * Modules that are always loaded together, in a file together: to find and read one takes a third of a millisecond. What
 * every program's start needs, and what `get-token` needs to answer from the cache.
 */
const together = [
  {
    name: 'start',
    test: /[\\/](?:protocol[\\/](?:environment|formats|quantity|quoted|renewal|token-error)|platform[\\/](?:certificate-fitness|end-process|until-aborted)|profile[\\/]profile-error)\.ts$|package\.json$/,
  },
  { name: 'get-token', test: /[\\/]get-token[\\/](?:get-token|profile-token|token-key|output)\.ts$/ },
];

interface BuiltFile {
  readonly name: string;
  readonly bytes: number;
}

/**
 * dist/<program>.js is src/start.cjs, which any Node can parse; it loads dist/lib/<program>.js, the bundle, and that
 * loads the chunks in dist/lib that a call needs. CommonJS, because it starts faster than ES modules do
 * (docs/decisions/0003-bundles.md has the figures).
 */
export async function build(folder = join(root, 'dist')): Promise<readonly BuiltFile[]> {
  const entries = programs.filter((name) => existsSync(join(root, 'src', `${name}.ts`)));
  // Built beside the old one and put in its place at the end: a test run or session that uses dist/ meanwhile
  // never sees half a build.
  const fresh = `${folder}.${process.pid}`;
  const input = Object.fromEntries([...entries, ...threads].map((name) => [name.split('/').at(-1), source(name)]));
  const bundle = await rolldown({
    input,
    // What is put together may need more of a program's own file than the program exports.
    preserveEntrySignatures: 'allow-extension',
    cwd: root,
    platform: 'node',
    transform: { target: 'node22.21' },
    external: notBundled,
    plugins: [lazyBuiltins, answeredQuestions],
    onLog(level, log) {
      if (level === 'warn') throw new Error(`rolldown: ${log.message}`);
    },
  });
  const { output } = await bundle.write({
    dir: join(fresh, 'lib'),
    format: 'cjs',
    minify: true,
    comments: { legal: false },
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    codeSplitting: { groups: together.map((group) => ({ ...group, includeDependenciesRecursively: false })) },
  });
  await bundle.close();
  for (const name of entries) {
    const program = join(fresh, `${name}.js`);
    await cp(join(root, 'src', 'start.cjs'), program);
    await chmod(program, 0o755);
  }
  await writeFile(join(fresh, 'package.json'), '{ "type": "commonjs" }\n');
  const chunks = output.filter((file): file is OutputChunk => file.type === 'chunk');
  await writeFile(join(fresh, noticesFile), await thirdPartyNotices(chunks.flatMap(({ moduleIds }) => moduleIds)));

  await mkdir(folder, { recursive: true });
  await rename(folder, `${fresh}.old`);
  await rename(fresh, folder);
  await rm(`${fresh}.old`, { recursive: true, force: true });
  return Promise.all(
    chunks.map(async ({ fileName }) => ({
      name: `lib/${fileName}`,
      bytes: (await stat(join(folder, 'lib', fileName))).size,
    })),
  );
}

function source(name: string): string {
  return join(root, 'src', `${name}.ts`);
}

/**
 * Some libraries load modules of Node's for what we never ask of them: vscode-jsonrpc two functions for named pipes,
 * commander one that starts commands that are programs of their own. Loading node:crypto costs a fifth of the engine's
 * start, node:child_process a tenth of `get-token`. Here they are loaded when somebody calls them.
 */
const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  resolveId(id, importer = '') {
    const isLazy = lazyMembers.some(({ library, builtin }) => builtin === id && importer.includes(library));
    return isLazy ? `\0lazy:${id}` : null;
  },
  load(id) {
    const found = lazyMembers.find(({ builtin }) => id === `\0lazy:${builtin}`);
    if (!found) return null;
    const getters = found.members.map(
      (member) => `get ${member}() { return process.getBuiltinModule('${found.builtin}').${member}; }`,
    );
    return { code: `module.exports = { ${getters.join(', ')} };`, moduleType: 'js' };
  },
};
const lazyMembers: readonly { library: string; builtin: string; members: readonly string[] }[] = [
  { library: 'vscode-jsonrpc', builtin: 'crypto', members: ['randomBytes'] },
  { library: 'vscode-jsonrpc', builtin: 'net', members: ['createServer', 'createConnection'] },
  { library: 'commander', builtin: 'node:child_process', members: ['spawn'] },
];

/**
 * jsonwebtoken asks three times whether this Node is at least 6.12, 15.7 and 16.9. The engine, which refuses any before
 * 22.21, would load all of semver for it, and its patterns: 5 ms of work before a first token.
 */
const answeredQuestions: Plugin = {
  name: 'answered-questions',
  load(id) {
    const asks = /[\\/]jsonwebtoken[\\/]lib[\\/](?:asymmetricKeyDetails|rsaPssKeyDetails|ps)Supported\.js$/;
    return asks.test(id) ? { code: 'module.exports = true;', moduleType: 'js' } : null;
  },
};

if (import.meta.main) {
  const files = await build();
  for (const { name, bytes } of files) console.log(`${String(Math.ceil(bytes / 1024)).padStart(5)} KB  dist/${name}`);
}
