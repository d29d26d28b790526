import type { AzTokenParameters } from '../../src/protocol/az-token.ts';
import { getAzToken } from '../../src/protocol/az-token.ts';
import { status } from '../../src/protocol/session.ts';
import { startEngine } from '../engine-client.ts';
import type { Finding } from '../finding.ts';
import { run } from '../processes.ts';
import { inTurn, median } from '../statistics.ts';
import type { Surroundings } from '../surroundings.ts';

/** How soon a new engine answers. */
export async function start(surroundings: Surroundings): Promise<readonly Finding[]> {
  const { ours, floor } = await inTurn({
    ours: async () => {
      const begin = performance.now();
      const engine = await startEngine(surroundings);
      const answered = performance.now();
      await engine.end();
      return answered - begin;
    },
    floor: async () => (await run(process.execPath, ['-e', '0'], surroundings.environment)).milliseconds,
  });
  const what = 'engine: spawn to `initialize` answered; floor: node -e 0';
  return [{ what, unit: 'ms', ours: median(ours), floor: median(floor), comparison: 'times', bound: 1.5 }];
}

/** Makes `session/status` tell the heap after a collection: what is left then is what is kept. */
const collectFirst = `data:text/javascript,
  const measure = process.memoryUsage;
  process.memoryUsage = Object.assign(() => { gc(); gc(); return measure(); }, { rss: measure.rss });`;

const megabyte = 1_000_000;

/**
 * What 10,000 calls leave behind in the engine. V8 keeps up to a megabyte of code that it optimizes meanwhile; what is
 * beyond a tenth more is kept by us, some 130 bytes a call.
 */
export async function memory(surroundings: Surroundings): Promise<readonly Finding[]> {
  const engine = await startEngine(surroundings, ['--expose-gc', '--import', collectFirst]);
  const early: number[] = [];
  const late: number[] = [];
  let rss = 0;
  try {
    for (let call = 1; call <= 10_000; call++) {
      // One in ten goes to the network, and one in a thousand asks for something that doesn't exist
      const parameters: AzTokenParameters =
        call % 1000 === 7 ? { resource: 'https://nobody.example' } : call % 10 === 0 ? { force: true } : {};
      const request = engine.connection.sendRequest(getAzToken, { parameterSet: 'NonInteractive', parameters });
      await (call % 1000 === 7 ? request.catch(() => {}) : request);
      if (call % 100 !== 0) continue;
      const { memory: used } = await engine.connection.sendRequest(status);
      rss = Math.max(rss, used.rss / megabyte);
      if (call >= 1_000 && call <= 2_000) early.push(used.heapUsed / megabyte);
      if (call >= 9_000) late.push(used.heapUsed / megabyte);
    }
  } finally {
    await engine.end();
  }
  return [
    {
      what: 'engine heap, calls 9,000 to 10,000; floor: calls 1,000 to 2,000',
      unit: 'MB',
      ours: median(late),
      floor: median(early),
      comparison: 'times',
      bound: 1.1,
    },
    { what: 'engine RSS over 10,000 calls, at most', unit: 'MB', ours: rss, comparison: 'atMost', bound: 130 },
  ];
}
