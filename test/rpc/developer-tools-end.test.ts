import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CancellationTokenSource } from 'vscode-jsonrpc/node';
import { startEmulator } from '../../src/emulator/server.ts';
import type { CredentialSource } from '../../src/protocol/az-token.ts';
import { getAzToken } from '../../src/protocol/az-token.ts';
import type { Environment } from '../../src/protocol/environment.ts';
import { forget, ping } from '../../src/protocol/session.ts';
import { noteOf, printing, toolExpiry, ToolShed, toolToken, withToolsOf } from '../helpers/developer-tools.ts';
import { startEngine, type Engine } from '../helpers/engine.ts';
import { frame } from '../helpers/frames.ts';
import { ask, refusalOf, type Emulator } from '../helpers/flows.ts';

let shed: ToolShed;
let emulator: Emulator;

beforeAll(async () => {
  shed = await ToolShed.open();
  emulator = await startEmulator();
});
afterAll(async () => {
  await emulator.close();
  await shed[Symbol.asyncDispose]();
});

/** Tools that never answer, and note the process that must not stay. */
const endless = {
  'a program': 'echo $$ > "$here/pid"; exec /bin/sleep 60',
  // Azure CLI on Linux and Windows: a script that runs Python
  'a script that runs a program': `/bin/sh -c 'echo $$ > "$1/pid"; exec /bin/sleep 60' sh "$here"; exit $?`,
  'a script that ignores signals': `trap '' TERM; /bin/sleep 60 & echo $! > "$here/pid"; wait`,
};

interface Running {
  readonly environment: Environment;
  readonly parameters: { credentialPrecedence: CredentialSource[] };
  /** @returns the process id of the program that runs, once it does */
  readonly started: () => Promise<number>;
}

async function azure(script: string, name = 'az', source: CredentialSource = 'AzureCLI'): Promise<Running> {
  const folder = await shed.tool(name, script);
  return running(folder, withToolsOf(emulator, folder), source);
}

async function visualStudio(script: string): Promise<Running> {
  const folder = await shed.tool('provider', script);
  const localData = await shed.visualStudio([{ Path: join(folder, 'provider') }]);
  return running(folder, { ...withToolsOf(emulator), LOCALAPPDATA: localData }, 'VisualStudio');
}

const running = (folder: string, environment: Environment, source: CredentialSource): Running => ({
  environment,
  parameters: { credentialPrecedence: [source] },
  async started() {
    await expect.poll(() => noteOf(folder, 'pid')).toMatch(/^\d+\n$/);
    return Number(await noteOf(folder, 'pid'));
  },
});

/** One that has ended may keep its number for a while, where nobody asks for its exit code (a container's first process). */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function isGone(pid: number): Promise<void> {
  await expect.poll(() => isAlive(pid), { message: `process ${pid} is there still`, timeout: 5000 }).toBe(false);
}

const hanging = ({ environment, parameters }: Running): Parameters<Engine['connection']['sendRequest']>[1] => ({
  parameterSet: 'NonInteractive',
  parameters,
  environment,
});

const sources = [
  ...Object.entries(endless).map(([what, script]) => [`Azure CLI, ${what}`, () => azure(script)] as const),
  ...Object.entries(endless).map(([what, script]) => [`Visual Studio, ${what}`, () => visualStudio(script)] as const),
  ['Azure Developer CLI', () => azure(endless['a program'], 'azd', 'AzureDeveloperCli')] as const,
  ['Azure PowerShell', () => azure(endless['a program'], 'pwsh', 'AzurePowerShell')] as const,
];

describe.skipIf(process.platform === 'win32')('A developer tool ends', () => {
  it.each(sources)('with the request that is cancelled: %s', async (_what, start) => {
    await using engine = await startEngine();
    const tool = await start();
    const source = new CancellationTokenSource();
    const request = engine.connection.sendRequest(getAzToken, hanging(tool), source.token);
    const pid = await tool.started();
    source.cancel();
    expect(await refusalOf(request)).toMatchObject({ code: -32800, data: { code: 'Cancelled' } });
    await isGone(pid);
  });

  it.each(sources.filter(([what]) => what.endsWith('runs a program')))(
    'with the request whose time is up: %s',
    async (_what, start) => {
      await using engine = await startEngine();
      const tool = await start();
      const { environment, parameters } = tool;
      const request = refusalOf(ask(engine, 'NonInteractive', { ...parameters, timeoutSeconds: 1 }, { environment }));
      const pid = await tool.started();
      expect(await request).toMatchObject({
        data: { code: 'Timeout' },
        message: expect.stringMatching(/^No token came within 1 second\./),
      });
      await isGone(pid);
    },
  );

  it.each(sources)('with the engine, within a second of the end of stdin: %s', async (_what, start) => {
    const engine = await startEngine();
    const tool = await start();
    engine.connection.sendRequest(getAzToken, hanging(tool)).catch(() => {});
    const pid = await tool.started();
    const end = performance.now();
    engine.process.stdin.end();
    expect(await engine.exited).toBe(0);
    expect(performance.now() - end).toBeLessThan(1000);
    await isGone(pid);
    expect(engine.lastWords()).toBe('');
  });

  it('with the engine whose host listens no more', async () => {
    const engine = await startEngine();
    const tool = await azure(endless['a script that runs a program']);
    engine.connection.sendRequest(getAzToken, hanging(tool)).catch(() => {});
    const pid = await tool.started();
    engine.process.stdout.destroy();
    engine.connection.sendRequest(ping).catch(() => {});
    expect(await engine.exited).toBe(0);
    await isGone(pid);
    expect(engine.lastWords()).toBe('');
  });

  it('with the engine that has its last request just before the end of stdin, and an answer that nobody takes', async () => {
    const engine = await startEngine();
    const folder = await shed.tool('az', endless['a program']);
    const tool = running(folder, withToolsOf(emulator, folder), 'AzureCLI');
    engine.process.stdout.removeAllListeners('data').pause();
    const long = frame({ jsonrpc: '2.0', id: 'long', method: 'x'.repeat(5_000_000) });
    engine.process.stdin.end(
      long + frame({ jsonrpc: '2.0', id: 'last', method: getAzToken.method, params: hanging(tool) }),
    );
    expect(await engine.exited).toBe(0);
    const pid = await noteOf(folder, 'pid');
    if (pid !== '') await isGone(Number(pid));
  });

  it('with the engine that ends just after the request', async () => {
    const engine = await startEngine();
    const tool = await azure(endless['a script that runs a program']);
    const source = new CancellationTokenSource();
    const request = refusalOf(engine.connection.sendRequest(getAzToken, hanging(tool), source.token));
    const pid = await tool.started();
    source.cancel();
    await request;
    engine.process.stdin.end();
    expect(await engine.exited).toBe(0);
    await isGone(pid);
  });
});

describe.skipIf(process.platform === 'win32')('A developer tool goes on', () => {
  /** It answers when the file `go` is beside it. */
  const patient = `echo $$ > "$here/pid"; until [ -e "$here/go" ]; do /bin/sleep 0.01; done
    ${printing({ accessToken: toolToken, expires_on: toolExpiry })}`;

  it('for the same request of somebody else when one of the two is cancelled', async () => {
    await using engine = await startEngine();
    const folder = await shed.tool('az', patient);
    const tool = running(folder, withToolsOf(emulator, folder), 'AzureCLI');
    const source = new CancellationTokenSource();
    const cancelled = refusalOf(engine.connection.sendRequest(getAzToken, hanging(tool), source.token));
    const other = engine.connection.sendRequest(getAzToken, hanging(tool));
    await tool.started();
    source.cancel();
    expect(await cancelled).toMatchObject({ data: { code: 'Cancelled' } });
    await shed.note(folder, 'go');
    expect(await other).toMatchObject({ token: toolToken });
  });

  it('for another request of the same session when one is cancelled', async () => {
    await using engine = await startEngine();
    const az = await shed.tool('az', patient);
    const azd = await shed.tool('azd', endless['a program']);
    const environment = withToolsOf(emulator, az, azd);
    const [first, second] = [running(azd, environment, 'AzureDeveloperCli'), running(az, environment, 'AzureCLI')];
    const source = new CancellationTokenSource();
    const cancelled = refusalOf(engine.connection.sendRequest(getAzToken, hanging(first), source.token));
    const other = engine.connection.sendRequest(getAzToken, hanging(second));
    await second.started();
    const pid = await first.started();
    source.cancel();
    expect(await cancelled).toMatchObject({ data: { code: 'Cancelled' } });
    await isGone(pid);
    await shed.note(az, 'go');
    expect(await other).toMatchObject({ token: toolToken });
  });

  it('for a request under way when the session is forgotten', async () => {
    await using engine = await startEngine();
    const folder = await shed.tool('az', patient);
    const tool = running(folder, withToolsOf(emulator, folder), 'AzureCLI');
    const request = engine.connection.sendRequest(getAzToken, hanging(tool));
    await tool.started();
    await engine.connection.sendRequest(forget);
    await shed.note(folder, 'go');
    expect(await request).toMatchObject({ token: toolToken });
  });
});

/** Cancels a request once its tool runs, and waits for the tool's end. */
async function cancelAndWait(engine: Engine, tool: Running): Promise<void> {
  const source = new CancellationTokenSource();
  const cancelled = refusalOf(engine.connection.sendRequest(getAzToken, hanging(tool), source.token));
  const pid = await tool.started();
  source.cancel();
  await cancelled;
  await isGone(pid);
}

describe.skipIf(process.platform === 'win32')('A request after a cancelled one', () => {
  it('finds Azure PowerShell, which its library passes over for good once it was ended', async () => {
    await using engine = await startEngine();
    const answer = printing({ Token: toolToken, ExpiresOn: new Date(toolExpiry * 1000).toISOString() });
    const pwsh = await shed.tool('pwsh', `[ -e "$here/go" ] || { ${endless['a program']}; }; ${answer}`);
    const tool = running(pwsh, withToolsOf(emulator, pwsh), 'AzurePowerShell');
    // Until its end the library has not heard of it.
    await cancelAndWait(engine, tool);
    await shed.note(pwsh, 'go');
    expect(await engine.connection.sendRequest(getAzToken, hanging(tool))).toMatchObject({ token: toolToken });
  });
});

it.skipIf(process.platform !== 'linux')('Threads of cancelled requests end once their tools have', async () => {
  await using engine = await startEngine();
  const threads = (): number => readdirSync(`/proc/${engine.process.pid}/task`).length;
  const cancelOne = async (): Promise<void> => cancelAndWait(engine, await azure(endless['a program']));
  // What Node itself starts by the way, and keeps.
  await cancelOne();
  const before = threads();
  for (let times = 0; times < 4; times += 1) await cancelOne();
  await expect.poll(threads).toBeLessThan(before + 2);
});
