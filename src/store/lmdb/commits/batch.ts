// store at rest: [catalog]
//
// What a transaction writes, as bytes that go from one thread to another: for each database the number of its changes, then
// change after change. Encoding and decoding stand side by side. Numbers are of 32 bits, little-endian.
//
//   count | key length, value length, key, value | …     a value length of 0 removes the key

import type { WriteSet } from '../../catalog/write-set.js';

const NUMBER_BYTES = 4;

/** @param sets one for each database, in the order that `readBatch` is given them */
export function writeBatch(sets: readonly WriteSet[]): Buffer | undefined {
  let bytes = 0;
  let changes = 0;
  for (const set of sets) {
    bytes += NUMBER_BYTES;
    for (const { key, value } of set.changes()) {
      bytes += 2 * NUMBER_BYTES + key.byteLength + (value?.byteLength ?? 0);
      changes++;
    }
  }
  if (changes === 0) return undefined;
  // A memory of its own: it is moved to the other thread.
  const batch = Buffer.from(new ArrayBuffer(bytes));
  let at = 0;
  for (const set of sets) {
    const countAt = at;
    at += NUMBER_BYTES;
    let count = 0;
    for (const { key, value } of set.changes()) {
      at = batch.writeUInt32LE(key.byteLength, at);
      at = batch.writeUInt32LE(value?.byteLength ?? 0, at);
      batch.set(key, at);
      at += key.byteLength;
      if (value !== undefined) batch.set(value, at);
      at += value?.byteLength ?? 0;
      count++;
    }
    batch.writeUInt32LE(count, countAt);
  }
  return batch;
}

/** A database as it is written to. */
interface BatchTarget {
  put(key: Uint8Array, value: Uint8Array): void;
  remove(key: Uint8Array): unknown;
}

export function readBatch(batch: Buffer, targets: readonly BatchTarget[]): void {
  let at = 0;
  for (const target of targets) {
    const count = batch.readUInt32LE(at);
    at += NUMBER_BYTES;
    for (let i = 0; i < count; i++) {
      const keyAt = at + 2 * NUMBER_BYTES;
      const valueAt = keyAt + batch.readUInt32LE(at);
      const end = valueAt + batch.readUInt32LE(at + NUMBER_BYTES);
      const key = batch.subarray(keyAt, valueAt);
      if (end === valueAt) target.remove(key);
      else target.put(key, batch.subarray(valueAt, end));
      at = end;
    }
  }
  if (at !== batch.byteLength) throw new Error('a batch has bytes after its last change');
}
