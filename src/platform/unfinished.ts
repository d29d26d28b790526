const unfinished = new Set<Promise<unknown>>();

/** Has {@link finished} wait for the work, whatever becomes of it. */
export function finishBeforeEnd(work: Promise<unknown>): void {
  const settled = Promise.allSettled([work]).finally(() => unfinished.delete(settled));
  unfinished.add(settled);
}

/** Resolves once no work is left that the process is to finish before its end. */
export async function finished(): Promise<void> {
  await Promise.all(unfinished);
}
