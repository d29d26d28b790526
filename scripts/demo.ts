/** `npm run demo`: gets a token by every flow from an emulator of Entra on this machine, and says what it got. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, rmSync, statSync } from 'node:fs';
import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { startEmulator, type Emulator } from '../src/emulator/server.ts';
import { approveDeviceCode } from '../src/emulator/scripted-person.ts';
import type { AgentIdentityTokenResult } from '../src/protocol/agent-identity-token.ts';
import type { AzTokenResult } from '../src/protocol/az-token.ts';
import type { Environment } from '../src/protocol/environment.ts';
import { deviceCode } from '../src/protocol/host.ts';
import type { AuthResult } from '../src/protocol/partner-token.ts';
import { makeCertificate } from '../test/helpers/certificates.ts';
import { startEngine } from '../test/helpers/engine.ts';
import { isolate } from '../test/helpers/environment.ts';
import { build } from './build.ts';
import { showCommandLine } from './demo/command-line.ts';
import { certificateClient, commandLine, flows, methods, person, type Flow } from './demo/flows.ts';
import { bold, describe, dim, mark, shorten, warning, type Outcome } from './demo/outcome.ts';
import { powerShells } from './powershell.ts';

const root = join(import.meta.dirname, '..');
const started = performance.now();

isolate(process.env);
await buildWhatChanged();
const folder = await mkdtemp(join(tmpdir(), `entra-token-bridge-demo-${process.pid}-`));
// However this ends, with Ctrl+C too.
process.once('exit', () => rmSync(folder, { recursive: true, force: true })).once('SIGINT', () => process.exit(130));
const emulator = await startEmulator({ caFile: join(folder, 'ca.pem'), deviceCodeIntervalSeconds: 0.2 });
let unexpected = 0;
try {
  console.log(`\n${bold('Microsoft Entra tokens, from an emulator on this machine')} (${emulator.authority})`);
  console.log('Nothing leaves this machine, and none of your own accounts is used.');
  const shown = flows({
    appService: emulator.managedIdentityEnvironment.appService,
    certificateFile: await registerCertificate(emulator),
    browser: await browserProgram(),
  });
  const [shell] = await powerShells();
  if (shell === undefined) {
    console.log(
      `\n${warning('!! PowerShell (pwsh) is not on PATH: what follows is the engine alone, without the cmdlets.')}`,
    );
    console.log('   Install it to see the cmdlets themselves: https://aka.ms/powershell');
  } else {
    console.log(`\n${bold('In PowerShell: the cmdlets')}`);
    await throughPowerShell(shell, shown);
  }
  console.log(`\n${bold('In any shell, pipeline or container: entra-auth-cli')}`);
  unexpected += await showCommandLine({
    program: join(root, 'dist', 'cli.js'),
    folder,
    environment: towardsEmulator(),
    requests: () => emulator.requests.length,
  });
  console.log(`\n${bold('In any other program: the engine, by JSON-RPC over its stdin and stdout')}`);
  await throughEngine(shown);
} finally {
  await emulator.close();
}

if (unexpected > 0) {
  console.log(`\n${warning(`!! ${unexpected} of the flows did not end as they should.`)}`);
  process.exitCode = 1;
} else {
  console.log(
    `\nAll of that took ${((performance.now() - started) / 1000).toFixed(1)} seconds. What to do next, in README.md:`,
  );
  console.log('  Install                              your own session, with Entra itself');
  console.log('  The first token, in one minute       in PowerShell, and on the command line');
  console.log('  The flows                            which one is yours');
  console.log('  Test your scripts without Entra      the emulator that you have just seen');
}

/** A build that is newer than every source is as good as a new one. */
async function buildWhatChanged(): Promise<void> {
  const built = statSync(join(root, 'dist', 'package.json'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = globSync(['src/**/*', 'scripts/build.ts', 'package-lock.json'], { cwd: root });
  if (sources.every((source) => statSync(join(root, source)).mtimeMs < built)) return;
  console.log('Building ...');
  await build();
}

/** What leads a session to the emulator and nowhere else. */
function towardsEmulator(): Environment {
  return {
    AZURE_AUTHORITY_HOST: emulator.authority,
    AZURE_POD_IDENTITY_AUTHORITY_HOST: emulator.managedIdentity,
    NODE_EXTRA_CA_CERTS: emulator.caFile,
  };
}

async function registerCertificate({ directory }: Emulator): Promise<string> {
  const { certificate, privateKey } = makeCertificate({ name: 'demo' });
  directory.applications = directory.applications.map((application) =>
    application.id === certificateClient ? { ...application, certificates: [certificate] } : application,
  );
  const file = join(folder, 'certificate.pem');
  await writeFile(file, `${privateKey}${certificate}`, { mode: 0o600 });
  return file;
}

/** For BROWSER, which is one program with its arguments on Windows, and may be a script elsewhere. */
async function browserProgram(): Promise<string> {
  const script = join(root, 'scripts', 'demo', 'browser.ts');
  if (process.platform === 'win32') return `${process.execPath} ${script} %s`;
  const program = join(folder, 'browser');
  await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' '${script}' "$1"\n`);
  await chmod(program, 0o755);
  return program;
}

async function throughPowerShell(shell: string, shown: readonly Flow[]): Promise<void> {
  const child = spawn(
    shell,
    [
      '-NoProfile',
      '-NonInteractive',
      '-File',
      join(root, 'scripts', 'demo', 'get-tokens.ps1'),
      join(root, 'module', 'EntraTokenBridge.psd1'),
    ],
    {
      env: {
        ...process.env,
        ...towardsEmulator(),
        ENTRATOKENBRIDGE_NODE: process.execPath,
        POWERSHELL_TELEMETRY_OPTOUT: '1',
        POWERSHELL_UPDATECHECK: 'Off',
        // A warning's colour would stand before its line.
        NO_COLOR: '1',
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  const errors = text(child.stderr);
  child.stdin.end(JSON.stringify(shown));
  const waiting = [...shown];
  for await (const line of createInterface(child.stdout)) {
    if (line.startsWith('WARNING: ')) {
      const [, userCode] = /enter the code (\w+)/.exec(line) ?? [];
      if (userCode) await enterCode(userCode);
      // Such as a port that another program has
      else console.log(`     note   ${line.slice('WARNING: '.length)}\n`);
      continue;
    }
    const flow = waiting.shift();
    if (flow) show(flow, `PS> ${commandLine(flow)}`, JSON.parse(line) as Outcome);
  }
  if (child.exitCode === null) await once(child, 'exit');
  if (waiting.length === 0) return;
  unexpected += waiting.length;
  console.log(`  ${mark(false)} PowerShell ended before its time. ${await errors}`);
}

async function throughEngine(shown: readonly Flow[]): Promise<void> {
  await using engine = await startEngine();
  engine.connection.onNotification(deviceCode, ({ userCode }) => void enterCode(userCode));
  const { PATH = '', HOME = '' } = process.env;
  let kept = '';
  let latest = '';
  for (const flow of shown) {
    const { command, parameterSet, parameters } = flow;
    const environment = { PATH, HOME, ...towardsEmulator(), ...flow.environment };
    const given = {
      ...parameters,
      ...('refreshToken' in parameters ? { refreshToken: kept } : {}),
      ...('userToken' in parameters ? { userToken: latest } : {}),
    };
    const outcome = await engine.connection
      .sendRequest<AzTokenResult | AuthResult | AgentIdentityTokenResult>(methods[command], {
        parameterSet,
        parameters: given,
        environment,
      })
      .then(
        (result): Outcome => {
          const token = 'token' in result ? result.token : result.accessToken;
          latest = token;
          if ('refreshToken' in result) kept = result.refreshToken ?? kept;
          return {
            identity: nameOfApplication(token) ?? userOf(result) ?? 'nobody',
            expiresOn: result.expiresOn,
            token: shorten(token),
          };
        },
        (error: unknown): Outcome => ({ error: error instanceof Error ? error.message : String(error) }),
      );
    show(flow, `${methods[command]} ${JSON.stringify({ parameterSet, parameters }, masked)}`, outcome);
  }
}

/** Nobody should get used to secrets on the screen. */
function masked(name: string, value: unknown): unknown {
  return ['password', 'refreshToken', 'blueprintSecret', 'userToken'].includes(name) ? '***' : value;
}

/** Does what a device code asks the person to do. */
async function enterCode(userCode: string): Promise<void> {
  await approveDeviceCode(`${emulator.authority}/devicelogin`, userCode, person, emulator.ca);
}

/** An application is known by its name, a person by their user name. */
function nameOfApplication(token: string): string | undefined {
  const payload = payloadOf(token);
  return payload['idtyp'] === 'app' ? String(payload['app_displayname']) : undefined;
}

function userOf(result: AzTokenResult | AuthResult | AgentIdentityTokenResult): string | null | undefined {
  if ('accessToken' in result) return result.account?.username;
  return 'identity' in result ? result.identity : String(payloadOf(result.token)['upn']);
}

function payloadOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
}

function show(flow: Flow, call: string, outcome: Outcome): void {
  const asExpected = ('error' in outcome ? null : outcome.identity) === flow.identity;
  if (!asExpected) unexpected++;
  console.log(`\n  ${mark(asExpected)} ${flow.title}\n     ${dim(call)}`);
  console.log(describe(outcome, flow.note));
}
