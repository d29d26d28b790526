/** What a runner of tests or checks did. */
export interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What failed, and why, for the end of a long output. */
  readonly failures?: readonly string[];
}

/** A runner that could not do its work. */
export function broken(why: string): Count {
  return { passed: 0, failed: 1, skipped: 0, failures: [why] };
}

export function total(counts: readonly Count[]): Required<Count> {
  const sum = (outcome: 'passed' | 'failed' | 'skipped') => counts.reduce((all, count) => all + count[outcome], 0);
  const failures = counts.flatMap((count) => count.failures ?? []);
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped'), failures };
}

/** A heading that is found again in a long output. */
export function announce(title: string): void {
  console.log(`\n== ${title} ==`);
}
