import { spawn, spawnSync } from 'node:child_process';
import type { Environment } from '../../src/protocol/environment.ts';

/** Python has pseudo-terminals in its standard library; Windows has none of this kind. */
export const hasPseudoTerminal = spawnSync('python3', ['-c', 'import pty']).status === 0;

/** What a program is run by: 100 columns and 30 rows, and at the end the state that it left the terminal in. */
const session = [
  'import json, os, pty, select, sys, termios, struct, fcntl',
  'command, environment = json.loads(sys.argv[1])',
  'process, terminal = pty.fork()',
  'if process == 0:',
  '    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))',
  '    os.execvpe("sh", ["sh", "-c", command], environment)',
  'inputs = [terminal, 0]',
  'while True:',
  '    ready, _, _ = select.select(inputs, [], [])',
  '    if 0 in ready:',
  '        typed = os.read(0, 65536)',
  '        if typed: os.write(terminal, typed)',
  '        else: inputs.remove(0)',
  '    if terminal in ready:',
  '        try: shown = os.read(terminal, 65536)',
  '        except OSError: shown = b""',
  '        if not shown: break',
  '        os.write(1, shown)',
  '_, status = os.waitpid(process, 0)',
  'sys.exit(os.waitstatus_to_exitcode(status))',
].join('\n');

/** A shell's command line that runs in a terminal of its own. */
export interface Terminal {
  /** All that has been shown since the start, with the terminal's control sequences. */
  readonly screen: () => string;
  type(text: string): void;
  /** Waits until something is shown. @throws Error once the command has ended without it */
  shown(pattern: RegExp): Promise<RegExpExecArray>;
  /** The command's exit code, once it has ended. */
  readonly exitCode: Promise<number | null>;
}

export function openTerminal(command: string, environment: Environment): Terminal {
  const child = spawn('python3', ['-c', session, JSON.stringify([command, { TERM: 'xterm', ...environment }])], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const watchers = new Set<() => void>();
  let screen = '';
  let ended = false;
  const look = (): void => watchers.forEach((watcher) => watcher());
  child.stdout.on('data', (chunk: Buffer) => {
    screen += chunk.toString();
    look();
  });
  const exitCode = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      ended = true;
      look();
      resolve(code);
    });
  });
  return {
    screen: () => screen,
    type: (text) => void child.stdin.write(text),
    shown(pattern) {
      const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
      const watcher = (): void => {
        const match = pattern.exec(screen);
        if (match) resolve(match);
        else if (ended) reject(new Error(`The command ended without ${pattern} on the screen: ${screen}`));
        else return;
        watchers.delete(watcher);
      };
      watchers.add(watcher);
      watcher();
      return promise;
    },
    exitCode,
  };
}
