/** @param share 0.5 for the median, 0.99 for the slowest hundredth */
export function quantile(values: readonly number[], share: number): number {
  const ordered = values.toSorted((one, other) => one - other);
  const value = ordered[Math.min(ordered.length - 1, Math.floor(ordered.length * share))];
  if (value === undefined) throw new Error('There is nothing to take a quantile of.');
  return value;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/**
 * Runs each candidate once, then each once more, and so on: whatever slows the machine down for a while slows them all.
 * The first round warms disk caches and does not count.
 * @param rounds how often each one counts; the more, the less a busy machine changes the ratio of the medians
 * @param candidates name -> one run, which gives what it measured
 * @returns name -> what each counted run measured
 */
export async function inTurn<Name extends string>(
  candidates: Readonly<Record<Name, () => Promise<number>>>,
  rounds = 31,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(candidates) as Name[];
  const measured = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[]>;
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      const value = await candidates[name]();
      if (round > 0) measured[name].push(value);
    }
  }
  return measured;
}
