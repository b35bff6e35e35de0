// How much is tried of what there is no end to: a second or two of it in each test by default. EFFORT=1 tries four times as
// much, and EFFORT=20 eighty times: EFFORT=20 npx vitest run test/kernel.

const EFFORT = Number(process.env.EFFORT ?? 0.25);
/** So few random cases that a test with them would say nothing. */
const FEWEST = 3;
/** Which of the places and seeds of a series a run tries, where it does not try all: .ci/run counts it up with each commit. */
const TURN = Number(process.env.EFFORT_TURN ?? 0);

/** @param count of random cases at EFFORT=1 @returns how many to try: at least three, unless there are fewer */
export function runs(count: number): number {
  return Math.max(Math.min(count, FEWEST), Math.round(count * EFFORT));
}

/** Whether a place of a long series is tried: one of `every` at EFFORT=1, each from EFFORT=`every` on. */
export function isTried(at: number, every: number): boolean {
  return (at + TURN) % Math.max(1, Math.round(every / EFFORT)) === 0;
}

/** The rows of a table of which each starts processes or works long: a fourth, all at EFFORT=1. @param from shifts which */
export function partOf<T>(rows: readonly T[], from = 0): readonly T[] {
  const tried = rows.filter((_, i) => isTried(i + from, 1));
  return tried.length > 0 ? tried : rows.slice(0, 1);
}

/** The seed of random cases that are the same again in a run of the same EFFORT_TURN. */
export function seedOfTurn(seed: number): number {
  return seed + 1000 * TURN;
}

/** `2/3` is the second of three parts, each with every third place of a series. */
const [PART = 1, PARTS = 1] = (process.env.TORTURE_PART ?? '1/1').split('/').map(Number);

/** Whether a place of a long series of the torture suite is in the part that TORTURE_PART asks for; each is without it. */
export function isInPart(at: number): boolean {
  return at % PARTS === PART - 1;
}
