// [repair]: shards > entries > pages > index in place
//
// Case b: the records of a shard that are dead, as a bitmap. No catalog says so: they have no line, or cannot be used.

import { isDead } from '../../store/catalog/tombstones.js';
import type { SalvageResult } from './task.js';

/** Records without a line, and those that are no records, as a bitmap. */
export function deadOf({ holes, faults }: SalvageResult, records: number): Uint8Array {
  const bitmap = new Uint8Array(Math.ceil(records / 8));
  if (holes) bitmap.set(holes.subarray(0, bitmap.byteLength));
  for (const { records: range } of faults) {
    for (let ordinal = range?.from ?? 0; ordinal < (range?.to ?? 0); ordinal++) setBit(bitmap, ordinal);
  }
  return bitmap;
}

export function setBit(bitmap: Uint8Array, at: number): void {
  bitmap[at >>> 3]! |= 1 << (at & 7);
}

/** Numbers of the bits that are set: four bytes each, for there may be a great many. */
export function bitsOf(bitmap: Uint8Array): Uint32Array {
  const count = 8 * bitmap.byteLength;
  let set = 0;
  for (let at = 0; at < count; at++) if (isDead(bitmap, at)) set++;
  const bits = new Uint32Array(set);
  for (let at = 0, next = 0; next < set; at++) if (isDead(bitmap, at)) bits[next++] = at;
  return bits;
}
