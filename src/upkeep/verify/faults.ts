// [verify]: catalog > trees > shards
//
// What verification finds wrong, and the list it is kept in: the first faults in full, all of them counted.

import { isOfTheMoment } from '../../base/system-errors.js';

/** Consecutive records of a collection, by ordinals from 0: from `from` up to `to` − 1. Dead records count. */
export interface RecordRange {
  /** The ordinal of the first record. */
  readonly from: number;
  /** One more than the ordinal of the last record. */
  readonly to: number;
}

/** A damaged part of a store. */
export interface Fault {
  /**
   * The damaged part: a shard file, a frame of a shard, a value of the catalog, an index page, a wrong count, or the audit log.
   * `record`: records that the migrations of their collection cannot change.
   */
  readonly kind: 'shard' | 'frame' | 'value' | 'page' | 'count' | 'audit' | 'record';
  /** The path of the damaged file. */
  readonly file: string;
  /** The byte offset of the damage in the file, if it has one place. */
  readonly offset?: number;
  /** The collection that the damage belongs to, if it is known. */
  readonly collection?: string;
  /** The records that cannot be read because of the damage. */
  readonly records?: RecordRange;
  /** A sentence that describes the damage. */
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
      if (isOfTheMoment(error)) throw error;
      this.add({ ...place, message: (error as Error).message });
      return undefined;
    }
  }
}
