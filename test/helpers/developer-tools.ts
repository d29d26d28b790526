import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Environment } from '../../src/protocol/environment.ts';
import { towards, type Emulator } from './flows.ts';

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** When {@link toolToken} expires: Unix seconds. */
export const toolExpiry = Math.floor(Date.now() / 1000) + 3600;

/** What a tool answers with: of az@contoso.com in tenant-of-az. */
export const toolToken = `${part({ alg: 'none' })}.${part({ upn: 'az@contoso.com', tid: 'tenant-of-az', exp: toolExpiry })}.x`;

/**
 * Stand-ins for `az`, `azd`, `pwsh` and Visual Studio's token provider: small programs that print what the real ones print,
 * for the real ones sign in to Microsoft's hosts only.
 */
export class ToolShed implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(): Promise<ToolShed> {
    return new ToolShed(await mkdtemp(join(tmpdir(), 'tools-')));
  }

  /**
   * @param script for sh; `$here` is the folder, and nothing is on PATH
   * @returns the folder that the tool is in, alone
   */
  async tool(name: string, script: string): Promise<string> {
    const own = await mkdtemp(join(this.#folder, `${name}-`));
    const file = join(own, name);
    await writeFile(file, `#!/bin/sh\nhere="\${0%/*}"\n${script}\n`);
    await chmod(file, 0o755);
    return own;
  }

  /** @returns what a session's LOCALAPPDATA is where Visual Studio has installed these, by order of the list */
  async visualStudio(providers: readonly object[]): Promise<string> {
    const localData = await mkdtemp(join(this.#folder, 'vs-'));
    const home = join(localData, '.IdentityService', 'AzureServiceAuth');
    await mkdir(home, { recursive: true });
    await writeFile(join(home, 'tokenprovider.json'), JSON.stringify({ TokenProviders: providers }));
    return localData;
  }

  /** Puts an empty file beside a tool. */
  async note(folder: string, name: string): Promise<void> {
    await writeFile(join(folder, name), '');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }
}

/** A tool that prints the value as JSON and ends. */
export const printing = (value: object): string => `echo '${JSON.stringify(value)}'`;

/** What Visual Studio's token provider prints. */
export const providerAnswer = { access_token: toolToken, expires_on: new Date(toolExpiry * 1000).toISOString() };

/** A session that finds the tools of the given folders alone: what this machine has installed must not matter. */
export const withToolsOf = (emulator: Emulator, ...folders: string[]): Environment => ({
  ...towards(emulator),
  AZURE_POD_IDENTITY_AUTHORITY_HOST: 'http://127.0.0.1:9',
  PATH: folders.join(delimiter),
});

/** What a tool has written into a file beside itself; empty while there is none. */
export const noteOf = (folder: string, name: string): Promise<string> =>
  readFile(join(folder, name), 'utf8').catch(() => '');
