import { afterAll, afterEach, beforeEach } from 'vitest';
import { defaultDirectory } from '../../src/emulator/default-directory.ts';
import type { Application, DirectoryInput } from '../../src/emulator/directory.ts';
import { startEmulator } from '../../src/emulator/server.ts';
import type { Emulator } from './flows.ts';

/** An emulator for a file's tests: each finds an empty log, and leaves no answer behind that nobody has come for. */
export async function emulatorOfFile(options?: Parameters<typeof startEmulator>[0]): Promise<Emulator> {
  const emulator = await startEmulator(options);
  beforeEach(() => emulator.clearRequests());
  afterEach(() => emulator.nextAnswers.clear());
  afterAll(() => emulator.close());
  return emulator;
}

/** The emulator's default directory, in which one application is registered with these changes. */
export function directoryWith(id: string, changes: Partial<Application>): DirectoryInput {
  const applications = (defaultDirectory.applications ?? []).map((application) =>
    application.id === id ? { ...application, ...changes } : application,
  );
  return { ...defaultDirectory, applications };
}
