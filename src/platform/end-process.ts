/** How many pieces of native code are at work that nothing can interrupt. */
let atWork = 0;

/**
 * Does what runs in native code on another thread and may wait there for a person or for ever, such as a question to a
 * keyring that is locked. {@link endProcess} doesn't wait for it.
 */
export async function uninterruptible<Result>(work: Promise<Result>): Promise<Result> {
  atWork += 1;
  try {
    return await work;
  } finally {
    atWork -= 1;
  }
}

/** Whether {@link uninterruptible} work is under way. */
export function isUninterruptible(): boolean {
  return atWork > 0;
}

/** Ends the process now. `process.exit` would wait for {@link uninterruptible} work, and no signal that is caught ends it. */
export function endProcess(exitCode: number): never {
  if (atWork > 0) {
    try {
      // Another program in this one's place: the only way out that keeps the exit code.
      process.execve?.('/bin/sh', ['sh', '-c', `exit ${exitCode}`], {});
    } catch {
      // Windows has none.
    }
    process.kill(process.pid, 'SIGKILL');
  }
  process.exit(exitCode);
}
