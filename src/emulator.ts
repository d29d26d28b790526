#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { findUser } from './emulator/directory.ts';
import { readDirectory } from './emulator/directory-file.ts';
import { startEmulator } from './emulator/server.ts';

const usage = `entra-token-emulator: Microsoft Entra's token service on this machine

  --port N              port of the authority (default: the system chooses)
  --host H              address to listen on (default: 127.0.0.1)
  --directory FILE      tenants, users and applications as JSON (default: the built-in directory)
  --ca-file PATH        where to write the CA's certificate (default: a temporary folder)
  --scripted-user UPN   sign this user in without showing the login page
  --token-lifetime N    lifetime of access tokens in seconds
  --device-code-lifetime N, --device-code-interval N
                        lifetime of device codes, and the pause between two polls, in seconds (default: 900, 5)
  --until-stdin-ends    end when standard input ends
  --log                 a line per request on standard error, secrets masked
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      host: { type: 'string', default: '127.0.0.1' },
      directory: { type: 'string' },
      'ca-file': { type: 'string' },
      'scripted-user': { type: 'string' },
      'token-lifetime': { type: 'string' },
      'device-code-lifetime': { type: 'string' },
      'device-code-interval': { type: 'string' },
      'until-stdin-ends': { type: 'boolean', default: false },
      log: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const emulator = await startEmulator({
    port: wholeNumber('--port', values.port),
    host: values.host,
    directory: values.directory === undefined ? undefined : readDirectory(values.directory),
    caFile: values['ca-file'],
    ...(values['token-lifetime'] !== undefined && {
      tokenLifetimeSeconds: wholeNumber('--token-lifetime', values['token-lifetime']),
    }),
    ...(values['device-code-lifetime'] !== undefined && {
      deviceCodeLifetimeSeconds: wholeNumber('--device-code-lifetime', values['device-code-lifetime']),
    }),
    ...(values['device-code-interval'] !== undefined && {
      deviceCodeIntervalSeconds: wholeNumber('--device-code-interval', values['device-code-interval']),
    }),
    ...(values.log && { log: (line: string) => void process.stderr.write(`${line}\n`) }),
  });
  const scriptedUser = values['scripted-user'];
  if (scriptedUser !== undefined) {
    if (!findUser(emulator.directory, scriptedUser)) {
      await emulator.close();
      const names = emulator.directory.users.map((user) => user.userPrincipalName).join(', ');
      throw new Error(`The directory has no user '${scriptedUser}' for --scripted-user. It has: ${names}.`);
    }
    emulator.directory.scriptedUser = scriptedUser;
  }

  const end = (): void => void emulator.close().then(() => process.exit(0));
  process.once('SIGTERM', end).once('SIGINT', end);
  if (values['until-stdin-ends']) process.stdin.once('end', end).once('error', end).resume();

  const { authority, managedIdentity, caFile } = emulator;
  process.stdout.write(`${JSON.stringify({ authority, managedIdentity, caFile, processId: process.pid })}\n`);
}

function wholeNumber(option: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`${option} takes a whole number, not '${text}'.`);
  return Number(text);
}

main().catch((error: unknown) => {
  process.stderr.write(`entra-token-emulator: ${(error as Error).message}\n`);
  process.exitCode = 1;
});
