import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { answer } from '../../../src/grants/environment-worker.ts';
import { ToolShed } from '../../helpers/developer-tools.ts';

let shed: ToolShed;
beforeAll(async () => {
  shed = await ToolShed.open();
});
afterAll(() => shed[Symbol.asyncDispose]());

describe.skipIf(process.platform === 'win32')('A developer tool', () => {
  it.each([
    ['az', 'AzureCLI'],
    ['azd', 'AzureDeveloperCli'],
    ['pwsh', 'AzurePowerShell'],
  ] as const)('that takes too long, %s, is told to have done so, and where to look', async (name, tool) => {
    vi.stubEnv('PATH', await shed.tool(name, '/bin/sleep 60; exit 1'));
    const scopes = ['https://graph.microsoft.com/.default'];
    const work = answer({ kind: 'developerTool', tool, scopes }, new AbortController().signal, 200);
    await expect(work).rejects.toThrow(
      'It took more than 0.2 seconds, and was ended. Run it in a terminal to see what it waits for.',
    );
  });
});
