import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const oxlint = join(root, 'node_modules/oxlint/bin/oxlint');
let project: string;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'import-directions-'));
  await cp(join(root, 'scripts/lint'), join(project, 'scripts/lint'), { recursive: true });
  const rules = { 'project/import-directions': 'error' };
  const configuration = {
    jsPlugins: ['./scripts/lint/import-directions.mjs'],
    categories: { correctness: 'off' },
    rules,
  };
  await writeFile(join(project, '.oxlintrc.json'), JSON.stringify(configuration));
});
afterAll(() => rm(project, { recursive: true, force: true }));

/** What the linter says of a file with this one line. */
async function lint(file: string, line: string): Promise<readonly string[]> {
  const path = join(project, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${line}\n`);
  const { stdout } = await execa(process.execPath, [oxlint, '--format=json', file], { cwd: project, reject: false });
  await rm(path);
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { message: string }[] };
  return diagnostics.map(({ message }) => message);
}

describe('The linter refuses', () => {
  test.each([
    ['src/engine.ts', './token/acquire-token.ts', 'src/engine.ts may not import src/token.'],
    ['src/engine.ts', './grants/device-code.ts', 'src/engine.ts may not import src/grants.'],
    ['src/engine.ts', './emulator/server.ts', 'src/engine.ts may not import src/emulator.'],
    ['src/rpc/server.ts', '../grants/device-code.ts', 'src/rpc may not import src/grants.'],
    ['src/rpc/server.ts', '../msal/applications.ts', 'src/rpc may not import src/msal.'],
    ['src/rpc/server.ts', '../engine.ts', 'src/rpc may not import src/engine.ts.'],
    ['src/rpc/server.ts', '../profile/profiles.ts', 'src/rpc may not import src/profile.'],
    ['src/cli/get-token.ts', '../grants/device-code.ts', 'src/cli may not import src/grants.'],
    ['src/cli/get-token.ts', '../rpc/server.ts', 'src/cli may not import src/rpc.'],
    ['src/profile/profiles.ts', '../token/claims.ts', 'src/profile may not import src/token.'],
    ['src/token/acquire-token.ts', '../rpc/server.ts', 'src/token may not import src/rpc.'],
    ['src/grants/device-code.ts', '../token/claims.ts', 'src/grants may not import src/token.'],
    ['src/msal/applications.ts', '../grants/device-code.ts', 'src/msal may not import src/grants.'],
    ['src/cloud/environments.ts', '../msal/network.ts', 'src/cloud may not import src/msal.'],
    ['src/platform/browser.ts', '../cloud/environments.ts', 'src/platform may not import src/cloud.'],
    ['src/protocol/session.ts', '../token/claims.ts', 'src/protocol may not import src/token.'],
    ['src/emulator/server.ts', '../protocol/errors.ts', 'src/emulator may not import src/protocol.'],
    ['src/emulator.ts', './protocol/errors.ts', 'src/emulator.ts may not import src/protocol.'],
    ['src/utils/text.ts', '../protocol/errors.ts', 'src/utils may not import src/protocol.'],
    ['src/token/claims.ts', '../../test/helpers/set-up.ts', 'src/token/claims.ts may not import from outside src.'],
    ['src/token/claims.ts', 'vscode-jsonrpc/node', 'Only src/protocol, src/rpc may import vscode-jsonrpc.'],
    ['src/rpc/server.ts', '@azure/msal-node', 'Only src/msal, src/grants, src/token may import @azure/msal-node.'],
    ['src/token/claims.ts', '@azure/identity', 'Only src/grants may import @azure/identity.'],
    ['src/platform/browser.ts', 'execa', 'Only src/platform/process.ts may import execa.'],
    ['src/grants/device-code.ts', 'jose', 'Only src/emulator may import jose.'],
    ['src/emulator/server.ts', '@azure/msal-node', 'Only src/msal, src/grants, src/token may import @azure/msal-node.'],
    [
      'src/token/claims.ts',
      'lodash/fp',
      'Nobody in src may import lodash: scripts/lint/import-directions.mjs does not list it.',
    ],
  ])('in %s an import of %s', async (file, specifier, message) => {
    expect(await lint(file, `import '${specifier}';`)).toEqual([message]);
  });

  test.each([
    "import type { Server } from '../rpc/server.ts';",
    "export { serve } from '../rpc/server.ts';",
    "export * from '../rpc/server.ts';",
    "export const server = import('../rpc/server.ts');",
    "export type Server = import('../rpc/server.ts').Server;",
  ])('the wrong direction in the form: %s', async (line) => {
    expect(await lint('src/token/claims.ts', line)).toEqual(['src/token may not import src/rpc.']);
  });
});

describe('The linter lets pass', () => {
  test.each([
    ['src/engine.ts', './rpc/server.ts'],
    ['src/cli.ts', './cli/get-token.ts'],
    ['src/emulator.ts', './emulator/server.ts'],
    ['src/rpc/server.ts', '../token/acquire-token.ts'],
    ['src/cli/get-token.ts', '../profile/profiles.ts'],
    ['src/cli/get-token.ts', '../token/acquire-token.ts'],
    ['src/token/acquire-token.ts', '../grants/device-code.ts'],
    ['src/grants/device-code.ts', '../msal/applications.ts'],
    ['src/grants/device-code.ts', '../platform/browser.ts'],
    ['src/grants/device-code.ts', './authorization-code.ts'],
    ['src/platform/process.ts', 'execa'],
    ['src/rpc/server.ts', 'vscode-jsonrpc/node'],
    ['src/emulator/token.ts', 'jose'],
    ['src/emulator/token.ts', 'node:crypto'],
    ['src/rpc/engine-version.ts', '../../package.json'],
    ['test/unit/rpc/server.test.ts', '../../../src/grants/device-code.ts'],
  ])('in %s an import of %s', async (file, specifier) => {
    expect(await lint(file, `import '${specifier}';`)).toEqual([]);
  });
});
