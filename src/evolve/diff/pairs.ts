// two profiles > similarity > [pairs] > diff
//
// Which of the members that are gone is which of the new ones. A pair is taken only if no other pair is nearly as good. A wrong
// rename mixes up data, a question costs a minute: so everything else is a question.

import { type Evidence, evidenceOf, type Side } from './similarity.js';

export interface Pair {
  readonly before: Side;
  readonly after: Side;
  readonly evidence: Evidence;
}

/** Kinds must be as alike as this: records come and go between two profiles, but a rename changes no kind. */
const KINDS_MIN = 0.85;
/** Values of the same records. Some records may have changed. */
const TELLING_VALUES_MIN = 0.6;
/** Few different values, or booleans, must be distributed nearly the same. */
const WEAK_MIN = 0.97;
/** Names as alike as this speak for a rename, where values say little. */
const NAMES_MIN = 0.5;
/** How much better a pair must be than any other pair with one of its two members. */
const LEAD_MIN = 0.2;

export interface Pairs {
  readonly certain: readonly Pair[];
  /** Pairs that are possible, the best first. */
  readonly possible: readonly Pair[];
}

export function pairsOf(gone: readonly Side[], fresh: readonly Side[], areSameRecords: boolean): Pairs {
  const pairs = gone.flatMap((before) =>
    fresh.map((after): Pair => ({ before, after, evidence: evidenceOf(before, after, areSameRecords) })),
  );
  const possible = pairs.filter(({ evidence }) => evidence.kinds >= KINDS_MIN && evidence.values > 0);
  possible.sort((a, b) => strengthOf(b) - strengthOf(a));
  const certain = possible.filter((pair) => isStrong(pair) && possible.every((other) => isBehind(other, pair)));
  return { certain, possible };
}

function isStrong({ evidence: { isTelling, kinds, values, names } }: Pair): boolean {
  if (isTelling) return values >= TELLING_VALUES_MIN;
  return kinds * values >= WEAK_MIN && names >= NAMES_MIN;
}

/** Whether another pair does not compete with this one. */
function isBehind(other: Pair, pair: Pair): boolean {
  if (other === pair || (other.before !== pair.before && other.after !== pair.after)) return true;
  return strengthOf(other) <= strengthOf(pair) - LEAD_MIN;
}

/** Values that say much count most. Names decide between pairs that are else alike. */
function strengthOf({ evidence: { isTelling, kinds, values, names } }: Pair): number {
  return isTelling ? 1 + values + names / 2 : kinds * values + names / 2;
}
