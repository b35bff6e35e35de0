// The smallest hashes of the values of a path, as they are kept: eight bytes each, the highest first, ascending. So a comparison of
// bytes is one of numbers, and nothing is made of them while two profiles are added up.

import { SKETCH_SIZE } from './types.js';

const HASH_BYTES = 8;

export const NO_HASHES: Uint8Array = new Uint8Array();

export function countOfHashes(hashes: Uint8Array): number {
  return hashes.byteLength / HASH_BYTES;
}

/** @param hashes in any order, none of them twice */
export function hashesFrom(hashes: BigUint64Array): Uint8Array {
  const sorted = hashes.toSorted().subarray(0, SKETCH_SIZE);
  const bytes = new Uint8Array(HASH_BYTES * sorted.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < sorted.length; i++) view.setBigUint64(HASH_BYTES * i, sorted[i]!);
  return bytes;
}

export function hashesIn(hashes: Uint8Array): bigint[] {
  const view = viewOf(hashes);
  return Array.from({ length: countOfHashes(hashes) }, (_, i) => view.getBigUint64(HASH_BYTES * i));
}

/** The smallest hashes of both, each once. */
export function unionOf(a: Uint8Array, b: Uint8Array): Uint8Array {
  const [left, right] = [viewOf(a), viewOf(b)];
  const union = new Uint8Array(Math.min(HASH_BYTES * SKETCH_SIZE, a.byteLength + b.byteLength));
  const into = viewOf(union);
  let [at, i, j] = [0, 0, 0];
  while (at < union.byteLength && (i < a.byteLength || j < b.byteLength)) {
    const order = i === a.byteLength ? 1 : j === b.byteLength ? -1 : compare(left, i, right, j);
    const [from, offset] = order <= 0 ? [left, i] : [right, j];
    into.setUint32(at, from.getUint32(offset));
    into.setUint32(at + 4, from.getUint32(offset + 4));
    at += HASH_BYTES;
    if (order <= 0) i += HASH_BYTES;
    if (order >= 0) j += HASH_BYTES;
  }
  return union.subarray(0, at);
}

function compare(left: DataView, i: number, right: DataView, j: number): number {
  return left.getUint32(i) - right.getUint32(j) || left.getUint32(i + 4) - right.getUint32(j + 4);
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
