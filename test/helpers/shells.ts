import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Environment } from '../../src/protocol/environment.ts';
import { cliEnvironment, cliFile } from './cli.ts';

/** Why tests of a shell are skipped, for their title; empty when it is here. */
export function absent(shell: string): string {
  const found = spawnSync(shell, ['--version'], { stdio: 'ignore', timeout: 10_000 }).status === 0;
  return found ? '' : ` (SKIPPED: ${shell} is not here)`;
}

/** The environment of a shell that has `entra-auth-cli` on its PATH. */
export function withProgram(home: string): Environment {
  const bin = join(home, 'bin');
  mkdirSync(bin, { recursive: true });
  const program = join(bin, 'entra-auth-cli');
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${cliFile}' "$@"\n`);
  chmodSync(program, 0o755);
  const environment = cliEnvironment({ home });
  return {
    ...environment,
    PATH: [bin, environment['PATH']].join(delimiter),
    TERM: 'xterm',
    LC_ALL: 'C.UTF-8',
    POWERSHELL_TELEMETRY_OPTOUT: '1',
    POWERSHELL_UPDATECHECK: 'Off',
    NO_COLOR: '1',
  };
}
