import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import { flowNames } from '../../src/cli/flows.ts';
import { commandLine } from '../../src/cli/program.ts';
import { startEmulator } from '../../src/emulator/server.ts';
import type { Environment } from '../../src/protocol/environment.ts';
import { call } from '../emulator/client.ts';
import { cliEnvironment, cliFile, temporaryHome } from '../helpers/cli.ts';
import { confidentialClient, towards, type Emulator } from '../helpers/flows.ts';

const hasBash = spawnSync('bash', ['-c', 'true']).status === 0;

const folder = join(import.meta.dirname, '../../docs/commands');
const page = readFileSync(join(folder, 'entra-auth-cli.md'), 'utf8');
const program = commandLine(() => async () => {});

describe('The page of entra-auth-cli', () => {
  it.each(['get-token', 'refresh'])('has every option of %s, and every value that it can have', (name) => {
    const command = program.commands.find((one) => one.name() === name);
    for (const { short, long, argChoices = [] } of command?.options ?? []) {
      expect(page).toContain(short ? `\`${short}\`, \`${long}` : `\`${long}`);
      for (const choice of argChoices) expect(page).toContain(`\`${choice}\``);
    }
  });

  it('has no option that there is not', () => {
    const every = [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)];
    const options = every.flatMap((command) => command.createHelp().visibleOptions(command)).map(({ long }) => long);
    const ofCurl = ['--header', '--fail'];
    const known = new Set([...options, ...ofCurl]);
    const named = [...page.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([option]) => option);
    expect(named.filter((option) => !known.has(option))).toEqual([]);
  });

  it('has every flow and every exit code', () => {
    for (const flow of flowNames) expect(page).toContain(`| \`${flow}\` |`);
    const codes = [...page.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    expect(codes).toEqual(Object.values(exitCodes));
  });

  it('has a page for each of the other commands', () => {
    const others = program.commands
      .map((one) => one.name())
      .filter((name) => !['get-token', 'refresh', 'complete'].includes(name));
    for (const name of others) {
      expect(page).toContain(`(entra-auth-cli-${name}.md)`);
      expect(existsSync(join(folder, `entra-auth-cli-${name}.md`)), name).toBe(true);
    }
  });
});

describe.skipIf(!hasBash)('The pipelines of the page get a token', () => {
  const workload = 'c1d0ad00-0000-4000-8000-00000000000c';
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await startEmulator();
  });
  afterAll(() => emulator.close());

  /** The shell code below a heading; out of a pipeline's definition: that of its step. */
  function codeBelow(heading: string): string {
    const [, below = ''] = page.split(`### ${heading}\n`);
    const [, language, code = ''] = /```(yaml|bash)\n([^`]*)```/.exec(below) ?? [];
    return language === 'bash' ? code : (/(?:run|bash): \|\n((?: {6}.*\n)+)/.exec(code)?.[1] ?? '');
  }

  async function applicationBy(heading: string, environment: Environment): Promise<unknown> {
    using home = temporaryHome();
    const script = [
      'set -euo pipefail',
      `entra-auth-cli() { '${process.execPath}' '${cliFile}' "$@"; }`,
      codeBelow(heading),
      'entra-auth-cli get-token | entra-auth-cli discover --output json',
    ].join('\n');
    const { stdout, stderr, exitCode } = await execa('bash', ['-c', script], {
      env: cliEnvironment({ home: home.path, environment: { ...towards(emulator), ...environment } }),
      extendEnv: false,
      reject: false,
    });
    expect(exitCode, stderr).toBe(0);
    return (JSON.parse(stdout.slice(stdout.indexOf('{'))) as Record<string, unknown>)['application_id'];
  }

  const application = { TENANT: 'contoso.onmicrosoft.com', CLIENT: workload };

  it('on GitHub Actions', async () => {
    const { gitHubActions } = emulator.workloadEnvironment;
    expect(await applicationBy('GitHub Actions', { ...application, ...gitHubActions })).toBe(workload);
  });

  it('on Azure Pipelines', async () => {
    const { azurePipelines } = emulator.workloadEnvironment;
    const environment = { ...application, ...azurePipelines, CONNECTION: '5e4c0000-0000-4000-8000-00000000000d' };
    expect(await applicationBy('Azure Pipelines', environment)).toBe(workload);
  });

  it('on Kubernetes', async () => {
    using home = temporaryHome();
    const AZURE_FEDERATED_TOKEN_FILE = join(home.path, 'token');
    const subject = 'repo:contoso/scripts:ref:refs/heads/main';
    const { body } = await call(emulator, `${emulator.authority}/emulator/issuer/token`, { form: { subject } });
    writeFileSync(AZURE_FEDERATED_TOKEN_FILE, String(body['value']));
    const environment = { AZURE_TENANT_ID: application.TENANT, AZURE_CLIENT_ID: workload, AZURE_FEDERATED_TOKEN_FILE };
    expect(await applicationBy('Kubernetes', environment)).toBe(workload);
  });

  it('with a managed identity', async () => {
    const environment = emulator.managedIdentityEnvironment.appService;
    expect(await applicationBy('Managed identities', environment)).toBe('5e1f0000-0000-4000-8000-000000000001');
  });

  it('with a secret in a variable', async () => {
    const { id, secret } = confidentialClient;
    expect(await applicationBy('Elsewhere', { ...application, CLIENT: id, SECRET: secret })).toBe(id);
  });
});
