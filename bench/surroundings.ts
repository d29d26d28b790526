import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { build } from '../scripts/build.ts';
import { powerShells } from '../scripts/powershell.ts';
import { defaultDirectory } from '../src/emulator/default-directory.ts';

const root = join(import.meta.dirname, '..');
const contoso = '11111111-1111-4111-8111-111111111111';

export type Environment = Readonly<Record<string, string>>;

/** All that the rows measure with: one emulator in a process of its own, and copies of what is shipped. */
export interface Surroundings extends AsyncDisposable {
  /** Undefined where there is no PowerShell 7. */
  readonly pwsh: string | undefined;
  /** The shipped module's folder. */
  readonly module: string;
  /** A module with the same manifest, format and types files, and no commands. */
  readonly emptyModule: string;
  /** The shipped engine. */
  readonly engine: string;
  /** A session that can get a token from the emulator, through us and through Invoke-RestMethod. */
  readonly environment: Environment;
  /** Client ids of user-assigned managed identities. */
  readonly identities: readonly string[];
  /** What an App Service with these identities has in its environment. */
  readonly appService: Environment;
  /** How many tokens the emulator has handed out since this was last asked. */
  tokensHandedOut(): Promise<number>;
}

export async function surroundings(): Promise<Surroundings> {
  const folder = await mkdtemp(join(tmpdir(), 'entra-token-bridge-bench-'));
  const [pwsh] = await powerShells();
  const module = join(folder, 'shipped', 'EntraTokenBridge');
  const emptyModule = join(folder, 'empty', 'EntraTokenBridge');
  // Copies, so that a build meanwhile changes nothing that is being measured
  if (pwsh) {
    await execa(pwsh, ['-NoProfile', '-NonInteractive', '-File', join(root, 'build.ps1')], { cwd: root });
    await cp(join(root, 'out', 'EntraTokenBridge'), module, { recursive: true });
    await makeEmptyModule(module, emptyModule);
  } else {
    await build(join(folder, 'dist'));
    await cp(join(folder, 'dist'), join(module, 'engine'), { recursive: true });
  }

  const identities = Array.from(
    { length: 20 },
    (_, index) => `be9c0000-0000-4000-8000-${String(index).padStart(12, '0')}`,
  );
  const directory = join(folder, 'directory.json');
  await writeFile(directory, JSON.stringify(directoryWith(identities)));
  const emulator = await startEmulator(join(module, 'engine', 'emulator.js'), directory);

  const home = join(folder, 'home');
  await mkdir(home, { mode: 0o700 });
  const { managedIdentity, caFile, authority } = emulator;
  return {
    pwsh,
    module,
    emptyModule,
    engine: join(module, 'engine', 'engine.js'),
    identities,
    environment: {
      ...systemEnvironment(),
      HOME: home,
      POWERSHELL_TELEMETRY_OPTOUT: '1',
      POWERSHELL_UPDATECHECK: 'Off',
      AZURE_AUTHORITY_HOST: authority,
      AZURE_POD_IDENTITY_AUTHORITY_HOST: managedIdentity,
      AZURE_TENANT_ID: contoso,
      AZURE_CLIENT_ID: 'c0f1de00-0000-4000-8000-000000000001',
      AZURE_CLIENT_SECRET: 'Confidential-Secret~1',
      // Each side trusts the emulator's CA by its platform's own variable, on top of the authorities that it trusts
      // anyway: .NET reads the system's folder of certificates besides this file, Node has its list built in.
      // -SkipCertificateCheck would be no favour to Invoke-RestMethod (docs/performance.md).
      SSL_CERT_FILE: caFile,
      NODE_EXTRA_CA_CERTS: caFile,
    },
    appService: { IDENTITY_ENDPOINT: `${managedIdentity}/msi/token`, IDENTITY_HEADER: identityHeader },
    tokensHandedOut: () => emulator.tokensHandedOut(),
    async [Symbol.asyncDispose]() {
      await emulator.end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What any program needs to run here; none of the developer's own credentials, proxies and certificates. */
function systemEnvironment(): Environment {
  const names = [
    'SystemRoot',
    'SystemDrive',
    'ComSpec',
    'PATHEXT',
    'TEMP',
    'TMP',
    'TMPDIR',
    'LANG',
    'APPDATA',
    'LOCALAPPDATA',
    'USERPROFILE',
    'ProgramFiles',
    'ProgramData',
  ];
  const kept = names.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const path = [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter);
  return { ...Object.fromEntries(kept), PATH: path };
}

async function makeEmptyModule(module: string, emptyModule: string): Promise<void> {
  await mkdir(emptyModule, { recursive: true });
  for (const extension of ['psd1', 'Format.ps1xml']) {
    const name = `EntraTokenBridge.${extension}`;
    await cp(join(module, name), join(emptyModule, name));
  }
  await writeFile(join(emptyModule, 'EntraTokenBridge.psm1'), '');
}

const identityHeader = 'be9c5ec2-0000-4000-8000-000000000000';

/** The built-in directory and a user-assigned managed identity for each client id. */
function directoryWith(identities: readonly string[]): object {
  return {
    ...defaultDirectory,
    identityHeader,
    managedIdentities: identities.map((clientId) => ({
      clientId,
      objectId: clientId.replace('be9c', 'be9d'),
      name: `bench-${clientId.slice(-2)}`,
      tenant: contoso,
      type: 'user-assigned',
      resourceId: `/subscriptions/${contoso}/resourcegroups/bench/providers/Microsoft.ManagedIdentity/userAssignedIdentities/bench-${clientId.slice(-2)}`,
      applicationPermissions: ['https://graph.microsoft.com/User.Read.All'],
    })),
  };
}

interface EmulatorProcess {
  readonly authority: string;
  readonly managedIdentity: string;
  readonly caFile: string;
  tokensHandedOut(): Promise<number>;
  end(): Promise<void>;
}

async function startEmulator(program: string, directory: string): Promise<EmulatorProcess> {
  const child = spawn(process.execPath, [program, '--directory', directory, '--log', '--until-stdin-ends']);
  const [ready] = (await once(createInterface(child.stdout), 'line')) as [string];
  const { authority, managedIdentity, caFile } = JSON.parse(ready) as Record<
    'authority' | 'managedIdentity' | 'caFile',
    string
  >;
  const ca = await readFile(caFile, 'utf8');

  let tokens = 0;
  const markers = new Map<string, () => void>();
  createInterface(child.stderr).on('line', (line) => {
    const [, , path = '', status] = line.split(' ');
    if (status === '200' && path.endsWith('/token')) tokens++;
    markers.get(path)?.();
  });
  return {
    authority,
    managedIdentity,
    caFile,
    async tokensHandedOut() {
      // A request of our own: when its line has come, all the lines before it have.
      const path = `/marker-${markers.size}`;
      await new Promise<void>((resolve, reject) => {
        markers.set(path, resolve);
        request(`${authority}${path}`, { ca, agent: false }, (response) => response.resume())
          .once('error', reject)
          .end();
      });
      const counted = tokens;
      tokens = 0;
      return counted;
    },
    async end() {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}
