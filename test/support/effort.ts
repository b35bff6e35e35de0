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

/** `2/3` is the second of three parts, each with every third place of a series. */
const [PART = 1, PARTS = 1] = (process.env.TORTURE_PART ?? '1/1').split('/').map(Number);

/** Whether a place of a long series of the torture suite is in the part that TORTURE_PART asks for; each is without it. */
export function isInPart(at: number): boolean {
  return at % PARTS === PART - 1;
}
