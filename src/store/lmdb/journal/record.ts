// store at rest: [journal]
//
// A record of the journal: the changes that one commit makes to database `meta`, in the order of their keys. Encoding and
// decoding stand side by side (docs/format.md, Journal).
//
//   change: u8 kind | length of the key, key | …
//     0  the key is removed
//     1  the value:       its length, its bytes
//     2  what makes the value of the one that the key had (delta.ts)
//     3  what makes the value of that of the change before it in the journal, in the order of keys

import { present, REMOVED } from '../../catalog/layered.js';
import { SortedMap } from '../../catalog/sorted-map.js';
import { DELTA_BYTES_MAX, readDelta, writeDelta } from './delta.js';
import { readVarint, Varints, writeVarint } from './varint.js';

const KIND = { removed: 0, whole: 1, changed: 2, alike: 3 } as const;
/** Shorter values are not compared with others. */
const ALIKE_BYTES_MIN = 48;

/** One change: without a value, the key is to be removed. */
export interface JournalChange {
  readonly key: Buffer;
  readonly value: Buffer | undefined;
}

/** Gets a value that LMDB's database has, the journal left out. */
export type StoredValue = (key: Uint8Array) => Buffer | undefined;

/**
 * @param before the changes of the records before
 * @returns the record, and all changes with its own
 */
export function encodeRecord(
  changes: Iterable<JournalChange>,
  before: SortedMap,
  stored: StoredValue,
): { readonly record: Buffer; readonly after: SortedMap } {
  const out: number[] = [];
  const after = new SortedMap(before);
  for (const { key, value } of changes) {
    if (value === undefined) {
      writeKey(out, KIND.removed, key);
    } else {
      const change = shortest(key, value, after, stored);
      writeKey(out, change.kind, key);
      for (const byte of change.bytes) out.push(byte);
    }
    after.take(key, value ?? REMOVED);
  }
  return { record: Buffer.from(out), after };
}

function writeKey(out: number[], kind: number, key: Buffer): void {
  out.push(kind);
  writeVarint(out, key.byteLength);
  for (const byte of key) out.push(byte);
}

function shortest(
  key: Buffer,
  value: Buffer,
  after: SortedMap,
  stored: StoredValue,
): { readonly kind: number; readonly bytes: ArrayLike<number> & Iterable<number> } {
  const old = oldValue(key, after, stored);
  const base = old ?? alike(key, after);
  if (
    base !== undefined &&
    value.byteLength >= ALIKE_BYTES_MIN &&
    Math.max(base.byteLength, value.byteLength) <= DELTA_BYTES_MAX
  ) {
    const bytes: number[] = [];
    writeDelta(bytes, base, value);
    if (bytes.length < value.byteLength) return { kind: old === undefined ? KIND.alike : KIND.changed, bytes };
  }
  const bytes: number[] = [];
  writeVarint(bytes, value.byteLength);
  for (const byte of value) bytes.push(byte);
  return { kind: KIND.whole, bytes };
}

function oldValue(key: Uint8Array, changes: SortedMap, stored: StoredValue): Buffer | undefined {
  const changed = changes.peek(key);
  if (changed === undefined) return stored(key);
  return present(changed);
}

/** The value of the change before a key, if it is of the same kind. */
function alike(key: Uint8Array, changes: SortedMap): Buffer | undefined {
  for (const before of changes.walk({ start: key, exclusiveStart: true, reverse: true, limit: 1 })) {
    if (before.key[0] === key[0] && before.value.byteLength > 0) return before.value;
  }
  return undefined;
}

/**
 * @param before the changes of the records before
 * @returns all changes with those of the record
 * @throws RangeError for what `encodeRecord` does not make
 */
export function decodeRecord(record: Uint8Array, before: SortedMap, stored: StoredValue): SortedMap {
  const after = new SortedMap(before);
  const from = new Varints(record);
  while (!from.isAtEnd) {
    const kind = from.take(1)[0];
    const key = Buffer.from(from.take(readVarint(from)));
    if (key.byteLength === 0) throw new RangeError('it has an empty key');
    after.take(key, changedValue(kind, key, from, after, stored));
  }
  return after;
}

function changedValue(
  kind: number | undefined,
  key: Buffer,
  from: Varints,
  changes: SortedMap,
  stored: StoredValue,
): Buffer {
  if (kind === KIND.removed) return REMOVED;
  if (kind === KIND.whole) return Buffer.from(from.take(readVarint(from)));
  const base =
    kind === KIND.changed ? oldValue(key, changes, stored) : kind === KIND.alike ? alike(key, changes) : undefined;
  if (base === undefined) throw new RangeError('it has a change of nothing');
  return readDelta(from, base);
}
