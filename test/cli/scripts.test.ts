/** The scripts that people write around get-token, as its documentation has shown them for years. */

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { cliEnvironment, cliFile, givenProfile, homeOfTest, secretProfile, secrets } from '../helpers/cli.ts';
import { tokenRequests, towards } from '../helpers/flows.ts';
import { emulatorOfFile } from '../helpers/emulator.ts';

const hasBash = spawnSync('bash', ['-c', 'true']).status === 0;
const hasJq = spawnSync('jq', ['--version']).status === 0;

const emulator = await emulatorOfFile();
const home = homeOfTest(async (path) => {
  await givenProfile(path, secretProfile, secrets);
  const bin = join(path, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'entra-auth-cli'), `#!/bin/sh\nexec '${process.execPath}' '${cliFile}' "$@"\n`);
  chmodSync(join(bin, 'entra-auth-cli'), 0o755);
  // What the deployment is given, so that a test can look at it
  writeFileSync(join(path, 'deploy.sh'), `#!/bin/sh\nprintf %s "$2" > deployed\n`);
  chmodSync(join(path, 'deploy.sh'), 0o755);
});

/** Runs a script with entra-auth-cli on PATH. */
async function bash(script: string): Promise<{ exitCode: number | undefined; stdout: string; stderr: string }> {
  const environment = cliEnvironment({ home: home.path, environment: towards(emulator) });
  const { exitCode, stdout, stderr } = await execa('bash', ['-c', script], {
    cwd: home.path,
    extendEnv: false,
    env: { ...environment, PATH: [join(home.path, 'bin'), environment['PATH']].join(delimiter) },
    reject: false,
  });
  return { exitCode, stdout, stderr };
}

const jwt = /^[\w-]+\.[\w-]+\.[\w-]+$/;

describe.skipIf(!hasBash)('In a shell', () => {
  it('TOKEN=$(entra-auth-cli get-token --silent) holds the token and nothing else', async () => {
    const { stdout, stderr } = await bash('TOKEN=$(entra-auth-cli get-token --silent); printf %s "$TOKEN"');
    expect(stdout).toMatch(jwt);
    expect(stderr).toBe('');
  });

  it.skipIf(!hasJq)('jq takes access_token and expires_at out of --output json', async () => {
    const { stdout } = await bash(`
      ACCESS_TOKEN=$(entra-auth-cli get-token --output json | jq -r .access_token)
      EXPIRES_AT=$(entra-auth-cli get-token --output json | jq -r .expires_at)
      echo "$ACCESS_TOKEN"; echo "$EXPIRES_AT"; date --utc --date "$EXPIRES_AT" +%s
    `);
    const [token = '', expiresAt = '', seconds] = stdout.split('\n');
    expect(token).toMatch(jwt);
    expect(expiresAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(Number(seconds)).toBe(Date.parse(expiresAt) / 1000);
  });

  it.skipIf(!hasJq)('jq reads the scopes that were granted', async () => {
    const { stdout } = await bash('entra-auth-cli get-token --output json | jq -r .scope');
    expect(stdout).toBe('https://graph.microsoft.com/.default');
  });

  it('a pipeline that deploys with a token goes on when there is one', async () => {
    const { exitCode } = await bash(`
      set -euo pipefail
      # Get token (exits on failure)
      TOKEN=$(entra-auth-cli get-token \\
        --profile default \\
        --silent \\
        --timeout 30s)

      # Deploy application
      ./deploy.sh --token "$TOKEN"
    `);
    expect(exitCode).toBe(0);
    expect(readFileSync(join(home.path, 'deployed'), 'utf8')).toMatch(jwt);
  });

  it('a pipeline that deploys with a token ends with the exit code when there is none', async () => {
    const { exitCode, stdout } = await bash(`
      set -euo pipefail
      TOKEN=$(entra-auth-cli get-token --profile cicd --silent --timeout 30s)
      ./deploy.sh --token "$TOKEN"
    `);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  });

  const retry = `
    get_token_safe() {
        local profile="\${1:-default}"
        local max_retries=3
        local attempt=0

        while [ $attempt -lt $max_retries ]; do
            if token=$(entra-auth-cli get-token \\
                --profile "$profile" \\
                --silent 2>/dev/null); then
                echo "$token"
                return 0
            fi

            attempt=$((attempt + 1))
            if [ $attempt -lt $max_retries ]; then
                echo "Attempt $attempt failed, retrying..." >&2
                pause $((attempt * 2))
            fi
        done

        echo "Failed to get token after $max_retries attempts" >&2
        return 1
    }
    pause() { echo "pause $1" >&2; }  # sleep, but for the test's time
  `;

  it('the retry function gets its token after an attempt that failed', async () => {
    emulator.nextAnswers.push({ kind: 'expired-secret' });
    const { exitCode, stdout, stderr } = await bash(`${retry}
      if TOKEN=$(get_token_safe default); then
          echo "Success: \${TOKEN:0:20}..."
      else
          echo "Failed to authenticate"
          exit 1
      fi
    `);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^Success: eyJ[\w-]{17}\.\.\.$/);
    expect(stderr).toBe('Attempt 1 failed, retrying...\npause 2');
    expect(tokenRequests(emulator)).toBe(2);
  });

  it('the retry function gives up after three attempts', async () => {
    emulator.nextAnswers.push({ kind: 'expired-secret', times: 9 });
    const { exitCode, stdout, stderr } = await bash(`${retry} get_token_safe default`);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toBe(
      'Attempt 1 failed, retrying...\npause 2\nAttempt 2 failed, retrying...\npause 4\nFailed to get token after 3 attempts',
    );
    expect(tokenRequests(emulator)).toBe(3);
  });

  it('a token serves several requests of a loop', async () => {
    const { stdout } = await bash(`
      TOKEN=$(entra-auth-cli get-token --silent)
      for api in users groups applications; do
          echo "$api \${#TOKEN}"
      done
    `);
    expect(stdout.split('\n')).toHaveLength(3);
    expect(tokenRequests(emulator)).toBe(1);
  });

  it('a reader that closes the pipe early is no error', async () => {
    const { stderr } = await bash('entra-auth-cli get-token --output json | head -n 1 > /dev/null');
    expect(stderr).toBe('');
  });
});
