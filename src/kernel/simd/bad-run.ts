// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// Bad records that directly follow a bad one. The plain twin goes from one to the next: the kernel would make tokens of eight
// kilobytes for each, and a source of commas has a bad record with each byte.

import type { ScanOptions } from '../contract.js';
import { NOWHERE, readRecord } from '../plain/kernel.js';

/** A bad record is short up to this size; a longer one, and whatever is no bad record, is left to the kernel. */
const SHORT_BYTES = 128;
/** Bytes that the twin is shown: what it reads of a good record in vain. */
const SHOWN_BYTES = 512;

/** Where a bad record ends, and where to read on: addresses. */
export interface BadStretch {
  readonly end: number;
  readonly next: number;
  readonly afterComma: boolean;
}

/** Bad records behind one, and where the last of them ends; where that one ends when there are none. */
export interface BadRun extends BadStretch {
  readonly records: number;
}

/**
 * @param limit where the bytes of the source end in `bytes`
 * @param max records of the run
 * @param stop address at which, and behind which, no record of the run begins
 */
export function readBadRun(
  bytes: Uint8Array,
  limit: number,
  options: ScanOptions,
  first: BadStretch,
  max: number,
  stop: number,
): BadRun {
  let { end, next, afterComma } = first;
  let records = 0;
  let shown = bytes.subarray(0, 0);
  while (records < max) {
    if (shown.byteLength < next + SHORT_BYTES) shown = bytes.subarray(0, Math.min(limit, next + SHOWN_BYTES));
    const outcome = readRecord(shown, next, options, false, afterComma);
    if (outcome.kind !== 'bad' || outcome.next === NOWHERE || outcome.start >= stop) break;
    ({ end, next, afterComma } = outcome);
    records++;
  }
  return { records, end, next, afterComma };
}
