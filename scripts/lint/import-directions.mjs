// Who may import whom in src/: an oxlint plugin with one rule, `project/import-directions`.
//
// oxlint's own no-restricted-imports knows specifiers, not the folders they lead to, and passes over import(), by
// which the engine loads what a call needs.

import { isBuiltin } from 'node:module';
import { posix, sep } from 'node:path';

/** A folder of src/, or an entry -> the folders it may import beside itself. What isn't listed may import nothing. */
const folders = {
  'engine.ts': ['rpc', 'protocol'],
  'cli.ts': ['cli', 'protocol'],
  'emulator.ts': ['emulator'],
  rpc: ['token', 'protocol'],
  cli: ['token', 'profile', 'platform', 'protocol'],
  token: ['grants', 'msal', 'cloud', 'platform', 'protocol'],
  grants: ['msal', 'cloud', 'platform', 'protocol'],
  msal: ['cloud', 'platform', 'protocol'],
  cloud: ['protocol'],
  profile: ['platform', 'protocol'],
  platform: ['protocol'],
  protocol: [],
  // Nothing of the engine's: sharing code would hide the mistakes that the emulator is there to show.
  emulator: [],
};

/** What the project says of itself, its version for one, anybody may read. */
const manifest = '../package.json';

/** A package -> the folders or files of src/ that may import it. What isn't listed nobody may import. */
const packages = {
  'vscode-jsonrpc': ['protocol', 'rpc'],
  '@azure/msal-node': ['msal', 'grants', 'token'],
  '@azure/identity': ['grants'],
  execa: ['platform/process.ts'],
  'node-forge': ['platform/certificate-file.ts'],
  commander: ['cli'],
  yaml: ['cli'],
  '@inquirer/confirm': ['cli'],
  '@inquirer/input': ['cli'],
  '@inquirer/password': ['cli'],
  '@inquirer/select': ['cli'],
  jose: ['emulator'],
  '@napi-rs/keyring': ['profile/keyring.ts'],
  'proper-lockfile': ['profile/lock.ts'],
};

/**
 * Why a file may not import something; undefined when it may.
 *
 * @param {string} file Path below src/, with slashes.
 * @param {string} specifier What stands in the import.
 */
function objection(file, specifier) {
  if (isBuiltin(specifier)) return undefined;
  const place = placeOf(file);

  if (specifier.startsWith('.')) {
    const path = posix.join(posix.dirname(file), specifier);
    const target = placeOf(path);
    if (target === place || folders[place]?.includes(target) || path === manifest) return undefined;
    return target === '..'
      ? `src/${file} may not import from outside src.`
      : `src/${place} may not import src/${target}.`;
  }

  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  const importers = packages[name];
  if (importers?.includes(place) || importers?.includes(file)) return undefined;
  return importers
    ? `Only src/${importers.join(', src/')} may import ${name}.`
    : `Nobody in src may import ${name}: scripts/lint/import-directions.mjs does not list it.`;
}

/** The folder of src/ that a path is in; an entry is a place of its own. */
function placeOf(path) {
  return path.split('/', 1)[0];
}

const rule = {
  meta: { type: 'problem', docs: { description: 'Imports go down the layers only' } },
  create(context) {
    const [, file] =
      context.filename
        .replaceAll(sep, '/')
        .slice(context.cwd.length)
        .match(/^\/src\/(.+)$/) ?? [];
    if (!file) return {};
    const check = (node) => {
      if (node.source?.type !== 'Literal') return;
      const message = objection(file, String(node.source.value));
      if (message) context.report({ node: node.source, message });
    };
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      TSImportType: check,
    };
  },
};

export default { meta: { name: 'project' }, rules: { 'import-directions': rule } };
