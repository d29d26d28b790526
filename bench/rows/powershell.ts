import type { Finding } from '../finding.ts';
import { runScript } from '../processes.ts';
import { inTurn, median, quantile } from '../statistics.ts';
import type { Surroundings } from '../surroundings.ts';

/** A cold process: import, engine, first token. */
export async function cold(surroundings: Surroundings): Promise<readonly Finding[]> {
  const { ours, floor } = await inTurn({
    ours: async () => (await runScript(surroundings, 'ours', 'cold-get-aztoken', [surroundings.module])).milliseconds,
    floor: async () => (await runScript(surroundings, 'floor', 'cold-invoke-restmethod')).milliseconds,
  });
  const what = 'cold process: import, engine, first token; floor: Invoke-RestMethod';
  return [{ what, unit: 'ms', ours: median(ours), floor: median(floor), comparison: 'times', bound: 1.05 }];
}

export async function importModule(surroundings: Surroundings): Promise<readonly Finding[]> {
  const time = async (side: 'ours' | 'floor', module: string): Promise<number> =>
    Number((await runScript(surroundings, side, 'import-module', [module])).output);
  const { ours, floor } = await inTurn({
    ours: () => time('ours', surroundings.module),
    floor: () => time('floor', surroundings.emptyModule),
  });
  const what = 'Import-Module; floor: an empty module with the same manifest';
  return [{ what, unit: 'ms', ours: median(ours), floor: median(floor), comparison: 'more', bound: 15 }];
}

type Calls = Record<'cached' | 'forced' | 'partner' | 'agent' | 'post', number[]>;

/** A session that has run for a while: for 300 forced calls, and for 2,000, when .NET has compiled all it will. */
export async function warm(surroundings: Surroundings): Promise<readonly Finding[]> {
  const sessions: Record<'younger' | 'older', Calls>[] = [];
  // What .NET has compiled by when differs from session to session, and with it a forced call by a tenth.
  while (sessions.length < 3) {
    const { output } = await runScript(surroundings, 'ours', 'warm', [surroundings.module]);
    sessions.push(JSON.parse(output) as Record<'younger' | 'older', Calls>);
  }
  const younger = sessions.map((session) => session.younger);
  const older = sessions.map((session) => session.older);
  return [...warmRows(younger, 'after 300 calls'), ...warmRows(older, 'after 2,000 calls')];
}

function warmRows(sessions: readonly Calls[], when: string): readonly Finding[] {
  const all = (name: keyof Calls): number[] => sessions.flatMap((session) => session[name]);
  const cached = all('cached');
  const floor = median(all('post'));
  const against = (what: string, ours: readonly number[], bound: number): Finding => ({
    what: `${what}, ${when}; floor: Invoke-RestMethod`,
    unit: 'ms',
    ours: median(ours),
    floor,
    comparison: 'times',
    bound,
  });
  return [
    against('cached Get-AzToken', cached, 0.04),
    {
      what: `cached Get-AzToken, p99, ${when}; floor: its own median`,
      unit: 'ms',
      ours: quantile(cached, 0.99),
      floor: median(cached),
      comparison: 'times',
      bound: 5,
    },
    against('Get-AzToken -Force', all('forced'), 0.7),
    // Both ask the engine each time, which has the token.
    against('New-PartnerAccessToken, cached', all('partner'), 1),
    against('agent identity token, cached', all('agent'), 1),
  ];
}

/** 200 calls over 8 runspaces. */
export async function parallel(surroundings: Surroundings): Promise<readonly Finding[]> {
  const { identities } = surroundings;
  const same = await inParallel(surroundings, '200 calls, 8 runspaces, one token', [], 1);
  // Managed identities are asked by plain HTTP: how long that takes says nothing of anything else.
  const [, ...mixed] = await inParallel(
    surroundings,
    '200 calls, 8 runspaces, 20 clients',
    identities,
    identities.length,
  );
  return [...same, ...mixed];
}

/** @param requests how many of them the 200 calls may cost */
async function inParallel(
  surroundings: Surroundings,
  what: string,
  clients: readonly string[],
  requests: number,
): Promise<readonly Finding[]> {
  const ways = { ours: 'get-aztoken', floor: 'invoke-restmethod' } as const;
  const sent: Record<keyof typeof ways, number[]> = { ours: [], floor: [] };
  let wrong = 0;
  const time = (side: keyof typeof ways) => async (): Promise<number> => {
    const parameters = [surroundings.module, ways[side], clients.join(',')];
    const more = clients.length > 0 ? surroundings.appService : {};
    await surroundings.tokensHandedOut();
    const { output } = await runScript(surroundings, side, 'parallel', parameters, more);
    sent[side].push(await surroundings.tokensHandedOut());
    const result = JSON.parse(output) as { milliseconds: number; wrong: number };
    if (side === 'ours') wrong += result.wrong;
    return result.milliseconds;
  };
  const { ours, floor } = await inTurn({ ours: time('ours'), floor: time('floor') }, 9);
  return [
    {
      what: `${what}; floor: Invoke-RestMethod`,
      unit: 'ms',
      ours: median(ours),
      floor: median(floor),
      comparison: 'times',
      bound: 1,
    },
    {
      what: `${what}: requests at the service, at most`,
      unit: 'requests',
      ours: Math.max(...sent.ours),
      floor: Math.max(...sent.floor),
      comparison: 'atMost',
      bound: requests,
    },
    { what: `${what}: callers with another's token`, unit: 'wrong', ours: wrong, comparison: 'atMost', bound: 0 },
  ];
}
