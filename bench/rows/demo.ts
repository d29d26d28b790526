import { join } from 'node:path';
import process from 'node:process';
import type { Finding } from '../finding.ts';
import { run } from '../processes.ts';
import type { Surroundings } from '../surroundings.ts';

const program = join(import.meta.dirname, '../../scripts/demo.ts');

/** What a newcomer waits for once everything is installed and built: every flow, through PowerShell when it is there. */
export async function demo({ environment }: Surroundings): Promise<readonly Finding[]> {
  const { milliseconds } = await run(process.execPath, [program], environment);
  return [
    { what: 'npm run demo, after the install', unit: 'ms', ours: milliseconds, comparison: 'atMost', bound: 20_000 },
  ];
}
