// How much is tried of what there is no end to: a few seconds of it in each run of the suite, and more where somebody asks for
// more: EFFORT=20 npm test.

const EFFORT = Number(process.env.EFFORT ?? 1);

/** @param count of random cases at EFFORT=1 @returns how many to try, at least one */
export function runs(count: number): number {
  return Math.max(1, Math.round(count * EFFORT));
}

/** Whether a place of a long series is tried: one of `every` at EFFORT=1, each from EFFORT=`every` on. */
export function isTried(at: number, every: number): boolean {
  return at % Math.max(1, Math.round(every / EFFORT)) === 0;
}
