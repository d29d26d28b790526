import type { ChildProcess } from 'node:child_process';
import type { Environment } from '../protocol/environment.ts';

/** How a developer tool ended. */
export interface ToolResult {
  readonly outcome: 'exited' | 'not found' | 'timed out';
  /** The tool's exit code; undefined when it did not exit by itself. */
  readonly exitCode?: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ToolOptions {
  readonly environment: Environment;
  readonly signal: AbortSignal;
  /** Milliseconds. */
  readonly timeout: number;
}

/** A token is a few kilobytes; a tool that prints more than this (characters) is not answering the question. */
const maximumOutput = 1_000_000;

/** How long an opener is watched for a failure, in milliseconds. */
const settlingTime = 1_000;

/**
 * Runs a developer tool found on the session's PATH and returns what it printed.
 *
 * The tool sees the session's environment, works in a folder that nobody else can put files into (Windows looks for
 * programs in the working folder first), has no window and no terminal, and ends, with whatever it has started, when the
 * request is cancelled or its time is up.
 * @throws the signal's reason when cancelled
 */
export async function runTool(file: string, args: readonly string[], options: ToolOptions): Promise<ToolResult> {
  const [{ execa }, { endingProcesses }] = await Promise.all([import('execa'), import('./tool-processes.ts')]);
  options.signal.throwIfAborted();
  return endingProcesses(options, async (tookTooLong) => {
    const result = await execa(file, args, {
      env: options.environment,
      extendEnv: false,
      cwd: process.platform === 'win32' ? (options.environment['SystemRoot'] ?? 'C:\\Windows') : '/',
      stdin: 'ignore',
      maxBuffer: maximumOutput,
      windowsHide: true,
      reject: false,
    });
    options.signal.throwIfAborted();
    const printed = { stdout: result.stdout ?? '', stderr: result.stderr ?? '' };
    if (tookTooLong()) return { outcome: 'timed out', ...printed };
    if (result.failed && result.exitCode === undefined && result.code === 'ENOENT') {
      return { outcome: 'not found', ...printed };
    }
    return { outcome: 'exited', exitCode: result.exitCode, ...printed };
  });
}

/**
 * Starts a program that outlives the request, such as a browser, without waiting for its end.
 * @returns whether it runs, or has done its work (an opener ends once the browser has the address)
 */
export async function startDetached(file: string, args: readonly string[], environment: Environment): Promise<boolean> {
  // Loaded here, for most requests start nothing.
  const { spawn } = await import('node:child_process');
  // execa has no way to let a child outlive its parent without keeping the parent alive for it.
  const { promise, resolve } = Promise.withResolvers<boolean>();
  let child: ChildProcess;
  try {
    child = spawn(file, args, { env: environment, stdio: 'ignore', detached: true, windowsHide: true });
  } catch {
    // Node tells of most failures by an event, and of others at once: a path that leads through a file, a longer address
    // than the system takes.
    return false;
  }
  child.once('error', () => resolve(false));
  child.once('exit', (code) => resolve(code === 0));
  // What can't be run, or finds no browser, says so at once; a browser runs on.
  setTimeout(resolve, settlingTime, true).unref();
  child.unref();
  return promise;
}
