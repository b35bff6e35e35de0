// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// Where a compressed source can be cut. Its form decides: into frames (zstd), members (gzip), blocks (bzip2, xz). Nothing is
// decompressed for it.

import { PART_MEMBER_BYTES_MAX } from '../../../base/limits.js';
import type { WithinXz } from '../codec.js';
import type { Pending } from './pending.js';

/** Finds the members of a source, one after another, and makes files of them. */
export interface Members {
  /** Whether its cuts are guesses: then a part that does not decode may be one that was cut in the wrong place. */
  readonly isGuess: boolean;
  /**
   * Looks for the end of the next member and adds it to the open part.
   * @returns about how many plain bytes it has; 'more' if its end has not come yet; 'none' if from here on nothing can be cut
   * @throws GristmillError SOURCE_DAMAGED, SOURCE_TRAILING_BYTES
   */
  next(pending: Pending): number | 'more' | 'none';
  /** The most compressed bytes of a member that is waited for. With a longer one, the rest of the source is decoded in sequence. */
  readonly bytesMax: number;
  /** Offset in the source at which the open part begins. */
  readonly from: number;
  /** Offset in the source of the end of the members in the open part. */
  readonly to: number;
  /** Of xz: where the open part begins, if it is inside of a stream. @param isAll whether all bytes that are left belong to it */
  within?(isAll: boolean): WithinXz | undefined;
  /**
   * The open part as a file of its form. The next part begins after it. The bytes are a copy.
   * @param isAll whether all bytes that are left belong to it
   */
  take(pending: Pending, isAll: boolean): Uint8Array;
}

/** Members whose bytes follow one another: a part is a range of the source. */
export abstract class WholeMembers implements Members {
  abstract readonly isGuess: boolean;
  readonly bytesMax: number = PART_MEMBER_BYTES_MAX;
  from = 0;
  to = 0;

  abstract next(pending: Pending): number | 'more' | 'none';

  take(pending: Pending, isAll: boolean): Uint8Array {
    if (isAll) this.to = pending.to;
    const part = new Uint8Array(pending.slice(this.from, this.to));
    this.from = this.to;
    return part;
  }
}
