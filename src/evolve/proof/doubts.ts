// shape > steps > [doubts] > proof

import type { FailureReason, Place } from '../failure.js';

/** Records that an operation may refuse, as far as a profile tells. */
export interface Doubt {
  /** Undefined: the profile does not know enough of the path. */
  readonly reason: FailureReason | undefined;
  readonly place: Place;
  /** How many values it refuses. There is one at least in as many records, unless a record has several. */
  readonly count: number;
  /** Whether so many are refused. Otherwise it is so many at most. */
  readonly isCertain: boolean;
}

/** Collects the doubts of one operation. */
export class Doubts {
  readonly all: Doubt[] = [];

  certain(reason: FailureReason, place: Place, count: number): void {
    if (count > 0) this.all.push({ reason, place, count, isCertain: true });
  }

  possible(reason: FailureReason | undefined, place: Place, count: number): void {
    if (count > 0) this.all.push({ reason, place, count, isCertain: false });
  }
}
