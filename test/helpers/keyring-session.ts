import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../../src/protocol/environment.ts';

const programs = ['dbus-daemon', 'dbus-monitor', 'dbus-send', 'gnome-keyring-daemon', 'secret-tool'];

/** The programs that a session with a keyring needs and this machine has not. */
export const missingPrograms = programs.filter((program) => spawnSync('which', [program]).status !== 0);

/** A desktop session with a keyring of its own: a session bus, and GNOME's Secret Service on it. */
export interface KeyringSession extends AsyncDisposable {
  readonly environment: Environment;
  /** Starts the keyring with its collection open, or opens it again. */
  unlock(): void;
  /** Starts the keyring without any collection. */
  startEmpty(): void;
  lock(): void;
  /** The key in it; empty when there is none. */
  key(): string;
  clear(): void;
}

/**
 * @param prompter what a locked keyring shows to a person: one that says no at once, or one that waits for ever
 */
export async function startKeyringSession(prompter: 'refuses' | 'waits' = 'refuses'): Promise<KeyringSession> {
  const home = mkdtempSync(join(tmpdir(), 'keyring-'));
  mkdirSync(join(home, 'services'));
  // Neither takes the name that it is started for; the monitor ends with the bus.
  writeFileSync(
    join(home, 'services/org.gnome.keyring.SystemPrompter.service'),
    `[D-BUS Service]\nName=org.gnome.keyring.SystemPrompter\nExec=${prompter === 'waits' ? '/usr/bin/dbus-monitor --session' : '/bin/false'}\n`,
  );
  // Without the system's services: nothing is started that the test has not started.
  writeFileSync(
    join(home, 'bus.conf'),
    `<busconfig><type>session</type><listen>unix:tmpdir=${home}</listen><servicedir>${home}/services</servicedir>` +
      '<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>',
  );
  const bus = spawn('dbus-daemon', ['--nofork', '--print-address', `--config-file=${join(home, 'bus.conf')}`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [address] = (await once(bus.stdout, 'data')) as [Buffer];
  bus.stdout.resume();
  const environment = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    XDG_RUNTIME_DIR: home,
    DBUS_SESSION_BUS_ADDRESS: address.toString().trim(),
  };
  const run = (program: string, args: readonly string[], input = ''): string =>
    execFileSync(program, args, { env: environment, input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] });
  /** It has made itself a process of nobody's; the bus knows which. */
  function endKeyring(): void {
    const question = 'org.freedesktop.DBus.GetConnectionUnixProcessID';
    const { stdout } = spawnSync(
      'dbus-send',
      [
        '--session',
        '--print-reply=literal',
        '--dest=org.freedesktop.DBus',
        '/',
        question,
        'string:org.freedesktop.secrets',
      ],
      { env: environment, encoding: 'utf8' },
    );
    const pid = /uint32 (\d+)/.exec(stdout)?.[1];
    if (pid) process.kill(Number(pid));
  }

  return {
    environment,
    unlock: () => void run('gnome-keyring-daemon', ['--replace', '--unlock', '--components=secrets'], 'password'),
    startEmpty: () => void run('gnome-keyring-daemon', ['--start', '--components=secrets']),
    lock: () =>
      void run('dbus-send', [
        '--session',
        '--print-reply',
        '--dest=org.freedesktop.secrets',
        '/org/freedesktop/secrets',
        'org.freedesktop.Secret.Service.Lock',
        'array:objpath:/org/freedesktop/secrets/collection/login',
      ]),
    key() {
      const { stdout } = spawnSync('secret-tool', ['lookup', 'service', 'entra-auth-cli'], {
        env: environment,
        encoding: 'utf8',
      });
      return stdout;
    },
    clear: () => void run('secret-tool', ['clear', 'service', 'entra-auth-cli']),
    async [Symbol.asyncDispose]() {
      endKeyring();
      bus.kill();
      await once(bus, 'close');
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
