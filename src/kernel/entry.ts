// source > plan > map > scan > [key] > frame > shard > verify > [merge] > publish
//
// The bytes of an entry, which is one key of one record. The kernel's heap, runs, their fences and the bounds of a merge all
// hold entries in this form (docs/format.md, Entries, runs); assembly/emit.ts and assembly/entries.ts are the other side.
//
//    0 u32 shard | 4 u32 ordinal | 8 u16 key bytes | 10 u8 index number | 11 key
//
// `key bytes` counts the index number too. Index 0 is the primary key.

const SHARD_AT = 0;
const ORDINAL_AT = SHARD_AT + 4;
const KEY_BYTES_AT = ORDINAL_AT + 4;
export const ENTRY_HEADER_BYTES = KEY_BYTES_AT + 2;
const INDEX_AT = ENTRY_HEADER_BYTES;
const KEY_AT = INDEX_AT + 1;

/** One key of one record. */
export interface KernelEntry {
  readonly shard: number;
  /** Position of the record in its shard, from 0. */
  readonly ordinal: number;
  /** Index number: 0 is the primary key. */
  readonly index: number;
  /** Encoded key. */
  readonly key: Uint8Array;
}

export function encodeEntry({ shard, ordinal, index, key }: KernelEntry): Uint8Array {
  const entry = Buffer.alloc(KEY_AT + key.byteLength);
  entry.writeUInt32LE(shard, SHARD_AT);
  entry.writeUInt32LE(ordinal, ORDINAL_AT);
  entry.writeUInt16LE(entry.byteLength - ENTRY_HEADER_BYTES, KEY_BYTES_AT);
  entry.writeUInt8(index, INDEX_AT);
  entry.set(key, KEY_AT);
  return entry;
}

/** The entry that begins at `at`; its key is a copy. */
export function decodeEntry(bytes: Uint8Array, at: number): KernelEntry {
  const view = viewOf(bytes);
  return {
    shard: view.getUint32(at + SHARD_AT, true),
    ordinal: view.getUint32(at + ORDINAL_AT, true),
    index: view.getUint8(at + INDEX_AT),
    key: new Uint8Array(bytes.subarray(at + KEY_AT, at + entryBytes(bytes, at))),
  };
}

/** Bytes of the entry that begins at `at`; NaN when its header is not all there. */
export function entryBytes(bytes: Uint8Array, at = 0): number {
  return ENTRY_HEADER_BYTES + bytes[at + KEY_BYTES_AT]! + 256 * bytes[at + KEY_BYTES_AT + 1]!;
}

/** Bytes of those entries, one after another from the first byte on, that are there to their last byte. */
export function wholeEntries(bytes: Uint8Array): number {
  let at = 0;
  while (at + ENTRY_HEADER_BYTES <= bytes.byteLength) {
    const end = at + entryBytes(bytes, at);
    if (end > bytes.byteLength) break;
    at = end;
  }
  return at;
}

/** Gives each of the entries, one after another, the ordinal that stands for the one it has. */
export function renumberEntries(bytes: Uint8Array, ordinalOf: (ordinal: number) => number): void {
  const view = viewOf(bytes);
  for (let at = 0; at < bytes.byteLength; at += entryBytes(bytes, at)) {
    view.setUint32(at + ORDINAL_AT, ordinalOf(view.getUint32(at + ORDINAL_AT, true)), true);
  }
}

/**
 * Compares by (index and key, shard, ordinal) the entry in [from, to) of `all` with the one in [otherFrom, otherTo) of `other`:
 * a merge compares the fences of all runs, so neither becomes an object.
 */
export function compareEntries(
  all: Buffer,
  from: number,
  to: number,
  other: Buffer,
  otherFrom: number,
  otherTo: number,
): number {
  const order = all.compare(other, otherFrom + INDEX_AT, otherTo, from + INDEX_AT, to);
  if (order !== 0) return order;
  return (
    all.readUInt32LE(from + SHARD_AT) - other.readUInt32LE(otherFrom + SHARD_AT) ||
    all.readUInt32LE(from + ORDINAL_AT) - other.readUInt32LE(otherFrom + ORDINAL_AT)
  );
}

/** A bound at an entry. Equal primary keys must meet in one partition: a bound among them is put before all of them. */
export function boundAt(entry: Uint8Array): Buffer {
  const bound = Buffer.from(entry);
  if (bound[INDEX_AT] === 0) bound.fill(0, SHARD_AT, KEY_BYTES_AT);
  return bound;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
