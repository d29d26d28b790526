/** What a runner of tests or checks did. */
export interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export function total(counts: readonly Count[]): Count {
  const sum = (outcome: keyof Count) => counts.reduce((all, count) => all + count[outcome], 0);
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') };
}

/** A heading that is found again in a long output. */
export function announce(title: string): void {
  console.log(`\n== ${title} ==`);
}
