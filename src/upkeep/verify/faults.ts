// [verify]: catalog > trees > shards
//
// What verification finds wrong, and the list it is kept in: the first faults in full, all of them counted.

import { isShortage } from '../../base/system-errors.js';

/** Consecutive records of a collection: ordinals from 0, dead records counted; `to` is not one of them any more. */
export interface RecordRange {
  readonly from: number;
  readonly to: number;
}

/** One thing that is not as it was written. */
export interface Fault {
  /** What is damaged: a shard's file, one frame of it, a value of the catalog, an index page, or counts that do not add up. */
  readonly kind: 'shard' | 'frame' | 'value' | 'page' | 'count';
  /** Path of the file. */
  readonly file: string;
  /** Byte offset in the file, where one place is meant. */
  readonly offset?: number;
  readonly collection?: string;
  /** The records that cannot be read because of it. */
  readonly records?: RecordRange;
  /** What is wrong, for people. */
  readonly message: string;
}

export class FaultList {
  readonly listed: Fault[] = [];
  total = 0;
  readonly #max: number;

  /** @param max faults kept in full. */
  constructor(max: number) {
    this.#max = max;
  }

  add(fault: Fault): void {
    this.total++;
    if (this.listed.length < this.#max) this.listed.push(fault);
  }

  /** Runs `check`; what it throws becomes a fault, if it says something about the store. Undefined then. */
  guard<T>(place: Omit<Fault, 'message'>, check: () => T): T | undefined {
    try {
      return check();
    } catch (error) {
      if (isShortage(error)) throw error;
      this.add({ ...place, message: (error as Error).message });
      return undefined;
    }
  }
}
