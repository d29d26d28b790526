import { afterAll } from 'vitest';
import { startEngine, type Engine } from './engine.ts';

/** An engine for a file's tests; those that need one of their own start it. */
export async function engineOfFile(options?: Parameters<typeof startEngine>[0]): Promise<Engine> {
  const engine = await startEngine(options);
  afterAll(() => engine[Symbol.asyncDispose]());
  return engine;
}
