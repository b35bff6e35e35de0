// store at rest: [journal]
//
// A record of the journal: the changes that one commit makes to database `meta`, in the order of their keys. Encoding and
// decoding stand side by side (docs/format.md, Journal of the catalog).
//
//   change: u8 kind | length of the key, key | …
//     0  the key is removed
//     1  the value:       its length, its bytes
//     2  what makes the value of the one that the key had (delta.ts)
//     3  what makes the value of the last one in the journal before it whose key begins with the same byte

import { present, REMOVED } from '../../catalog/layered.js';
import { SortedMap } from '../../catalog/sorted-map.js';
import { ByteReader, ByteWriter } from './bytes.js';
import { mayBeDelta, readDelta, writeDelta } from './delta.js';

const KIND = { removed: 0, whole: 1, changed: 2, alike: 3 } as const;

/** In the place of an old value that is not there any more. */
const NOTHING = Buffer.alloc(0);

/** One change: without a value, the key is to be removed. */
export interface JournalChange {
  readonly key: Buffer;
  readonly value: Buffer | undefined;
}

/** What records change together. */
export interface JournalChanges {
  /** A removed key has the value REMOVED. */
  readonly changes: SortedMap;
  /** The last value of each first byte of keys. */
  readonly last: ReadonlyMap<number, Buffer>;
}

export const NO_CHANGES: JournalChanges = { changes: new SortedMap(), last: new Map() };

/** Gets a value that LMDB's database has, the journal left out. */
export type StoredValue = (key: Uint8Array) => Buffer | undefined;

/**
 * @param before what the records before change
 * @returns the record, and what all of them change
 */
export function encodeRecord(
  made: Iterable<JournalChange>,
  before: JournalChanges,
  stored: StoredValue,
): { readonly record: Buffer; readonly after: JournalChanges } {
  const out = new ByteWriter();
  const changes = new SortedMap(before.changes);
  const last = new Map(before.last);
  for (const { key, value } of made) {
    if (value === undefined) {
      writeKey(out, KIND.removed, key);
    } else {
      writeValue(out, key, value, { changes, last }, stored);
      last.set(key[0]!, value);
    }
    changes.take(key, value ?? REMOVED);
  }
  return { record: out.written(), after: { changes, last } };
}

function writeKey(out: ByteWriter, kind: number, key: Uint8Array): void {
  out.number(kind);
  out.number(key.byteLength);
  out.some(key);
}

function writeValue(
  out: ByteWriter,
  key: Uint8Array,
  value: Uint8Array,
  before: JournalChanges,
  stored: StoredValue,
): void {
  if (mayBeDelta(value)) {
    const old = oldValue(key, before, stored);
    const base = old ?? before.last.get(key[0]!);
    const { length } = out;
    writeKey(out, old === undefined ? KIND.alike : KIND.changed, key);
    if (base !== undefined && writeDelta(out, base, value)) return;
    out.length = length;
  }
  writeKey(out, KIND.whole, key);
  out.number(value.byteLength);
  out.some(value);
}

function oldValue(key: Uint8Array, { changes }: JournalChanges, stored: StoredValue): Buffer | undefined {
  const changed = changes.peek(key);
  return changed === undefined ? stored(key) : present(changed);
}

/**
 * @param before what the records before change
 * @returns what all of them change
 * @throws RangeError for what `encodeRecord` does not make
 */
export function decodeRecord(record: Uint8Array, before: JournalChanges, stored: StoredValue): JournalChanges {
  const changes = new SortedMap(before.changes);
  const last = new Map(before.last);
  const from = new ByteReader(record);
  while (!from.isAtEnd) {
    const kind = from.number();
    const key = Buffer.from(from.some(from.number()));
    if (key.byteLength === 0) throw new RangeError('it has an empty key');
    const value = kind === KIND.removed ? REMOVED : readValue(from, kind, key, { changes, last }, stored);
    if (kind !== KIND.removed) last.set(key[0]!, value);
    changes.take(key, value);
  }
  return { changes, last };
}

function readValue(
  from: ByteReader,
  kind: number,
  key: Uint8Array,
  before: JournalChanges,
  stored: StoredValue,
): Buffer {
  switch (kind) {
    case KIND.whole: {
      const length = from.number();
      if (length === 0) throw new RangeError('it has an empty value');
      return Buffer.from(from.some(length));
    }
    case KIND.changed:
      return readDelta(from, oldValue(key, before, stored) ?? NOTHING);
    case KIND.alike:
      return readDelta(from, before.last.get(key[0]!) ?? NOTHING);
    default:
      throw new RangeError(`it has a change of kind ${kind}`);
  }
}
