// [verify]: catalog > trees > shards
//
// Every value of the catalog, one after another: its checksum, and what can be said of it alone. What the values say
// together is looked at afterwards, from those that are sound.

import { RECORDS_PER_SHARD_MAX } from '../../base/limits.js';
import { decodeStoredKey } from '../../keys/decode.js';
import { isHidden } from '../../keys/pseudonyms.js';
import { decodeHeader, decodeShard, decodeTombstones } from '../../store/catalog/decode.js';
import {
  editCheck,
  garbageCheck,
  historyCheck,
  lockCheck,
  resumableCheck,
  sourceRowsCheck,
  sourcesCheck,
  storedSchemaCheck,
  tombstonesCheck,
} from '../../store/catalog/schema.js';
import { TOMBSTONE_CHUNK_BYTES } from '../../store/catalog/tombstones.js';
import {
  decodeValue,
  EDIT_KEY_BYTES,
  editedKey,
  lastNumber,
  MetaKind,
  numbersOf,
  TOMBSTONE_STATE_KEY_BYTES,
  unseal,
} from '../../store/catalog/values.js';
import type { Edit } from '../../store/edit-types.js';
import { schemaHash } from '../../store/publish/schema.js';
import type { History } from '../../store/shape-types.js';
import type {
  CatalogRead,
  CollectionManifest,
  Garbage,
  RawValue,
  ResumableImport,
  ShardEntry,
  StoredSchema,
  StoreHeader,
  TombstoneState,
} from '../../store/types.js';
import type { FaultList } from './faults.js';

const BATCH = 256;

/** What the sound values say. */
export class Inventory {
  readonly collections: CollectionManifest[] = [];
  /** By collection. */
  readonly shards = new Map<number, ShardEntry[]>();
  readonly tombstones = new Map<number, { state?: TombstoneState; bitmap: Uint8Array }>();
  /** Inline records there are, by shard: a bitmap of their ordinals. */
  readonly inline = new Map<number, Uint8Array>();
  /** Values looked at. */
  values = 0;
  hasHeader = false;
  header: StoreHeader | undefined;
  garbage: Garbage | undefined;
  resumable: readonly ResumableImport[] = [];
  /** Records of each shard that has an entry: the entries come before all that is said of their records. */
  readonly records = new Map<number, number>();
  /** Kinds of damaged values that hold no data: lock, garbage, resumable imports, schemas, what a newer gristmill may keep. */
  readonly damagedNotes = new Set<number>();
  /** Damaged inline records. */
  readonly lost: { readonly shard: number; readonly ordinal: number; readonly message: string }[] = [];

  /** Hashes of schemas, by collection. */
  readonly schemas = new Map<number, string>();
  /** Histories of shapes, by collection. */
  readonly histories = new Map<number, History>();
  /** Edits by collection. */
  readonly edits = new Map<number, number>();

  #names: Map<number, string> | undefined;

  /** Every shard there is an entry of, whether or not its collection is known. */
  get allShards(): readonly ShardEntry[] {
    const open = this.collections.flatMap((manifest) => manifest.open ?? []);
    return [...[...this.shards.values()].flat(), ...open];
  }

  /** The collection of a shard, as far as it is known; asked once all values are in. */
  collectionOf({ shard }: ShardEntry): string | undefined {
    if (this.#names === undefined) {
      this.#names = new Map();
      for (const manifest of this.collections) {
        for (const entry of this.shardsOf(manifest)) this.#names.set(entry.shard, manifest.name);
      }
    }
    return this.#names.get(shard);
  }

  /** Shards of a collection in the order of their records, the open one last. */
  shardsOf({ id, open }: CollectionManifest): readonly ShardEntry[] {
    const entries = [...(this.shards.get(id) ?? [])];
    entries.sort((left, right) => left.firstOrdinal - right.firstOrdinal || left.shard - right.shard);
    return open === undefined ? entries : [...entries, open];
  }

  bitmapOf(shard: number): Uint8Array {
    return this.tombstones.get(shard)?.bitmap ?? new Uint8Array();
  }
}

/** @param file the catalog's, for messages. @param pause lets others have their turn, and throws to stop. */
export async function verifyValues(
  read: CatalogRead,
  file: string,
  faults: FaultList,
  pause: () => Promise<void>,
): Promise<Inventory> {
  const found = new Inventory();
  for (let after: Uint8Array | undefined; ; ) {
    const batch = read.rawValues(BATCH, after);
    for (const raw of batch) {
      found.values++;
      after = raw.key;
      faults.guard({ kind: 'value', file }, () => take(raw, found, file, read));
    }
    if (batch.length < BATCH) return found;
    await pause();
  }
}

/** @throws GristmillError CHECKSUM_MISMATCH, STORE_TOO_NEW */
function take(raw: RawValue, found: Inventory, file: string, read: CatalogRead): void {
  const { key, value } = raw;
  if (!isKey(key)) throw new Error(`${file} has a value under ${hex(key)}, and no store has such a key`);
  switch (key[0]) {
    case MetaKind.store:
      found.hasHeader = true;
      found.header = decodeHeader(value, file);
      return;
    case MetaKind.collection: {
      const manifest = read.collectionIn(raw);
      found.collections.push(manifest);
      if (manifest.open) found.records.set(manifest.open.shard, manifest.open.records);
      return;
    }
    case MetaKind.shard: {
      const [collection] = numbersOf(key) as [number];
      const entry = decodeShard(value, key, file);
      found.records.set(entry.shard, entry.records);
      const entries = found.shards.get(collection);
      if (entries === undefined) found.shards.set(collection, [entry]);
      else entries.push(entry);
      return;
    }
    case MetaKind.tombstones:
      takeTombstones(key, value, found, file);
      return;
    case MetaKind.inline:
      takeInline(key, value, found, file);
      return;
    case MetaKind.sources:
      if (key.byteLength === TOMBSTONE_STATE_KEY_BYTES) decodeValue(sourcesCheck, value, 'manifest of sources', file);
      else decodeValue(sourceRowsCheck, value, 'list of source files', file);
      return;
    case MetaKind.history:
      found.histories.set(lastNumber(key), decodeValue<History>(historyCheck, value, 'history of shapes', file));
      return;
    case MetaKind.edits: {
      const [collection] = numbersOf(key.subarray(0, EDIT_KEY_BYTES)) as [number];
      const edited = editedKey(key);
      const edit = decodeValue<Edit>(editCheck, value, 'edit of a record', file);
      decodeStoredKey(isHidden(edited) ? Buffer.from(edit.key ?? '', 'base64url') : edited);
      found.edits.set(collection, (found.edits.get(collection) ?? 0) + 1);
      return;
    }
    case MetaKind.recent:
      // Of the trees: they are looked at with their pages.
      return;
    case MetaKind.audit:
    case MetaKind.auditHead:
      // The chain is verified by itself (store/audit/verify.ts).
      return;
    default:
      try {
        takeNote(key, value, found, file);
      } catch (error) {
        found.damagedNotes.add(key[0]!);
        throw error;
      }
  }
}

/** What holds no data. */
function takeNote(key: Uint8Array, value: Buffer, found: Inventory, file: string): void {
  switch (key[0]) {
    case MetaKind.lock:
      decodeValue(lockCheck, value, 'lock', file);
      return;
    case MetaKind.garbage:
      found.garbage = decodeValue<Garbage>(garbageCheck, value, 'list of garbage', file);
      return;
    case MetaKind.resumable:
      found.resumable = decodeValue<ResumableImport[]>(resumableCheck, value, 'list of resumable imports', file);
      return;
    case MetaKind.schema: {
      const { text } = decodeValue<StoredSchema>(storedSchemaCheck, value, 'schema', file);
      found.schemas.set(lastNumber(key), schemaHash(text));
      return;
    }
    default:
      // What a newer gristmill of the same format may keep: sealed like all others.
      unseal(value, `value ${hex(key)}`, file);
  }
}

/** Bytes of the keys of each kind, the shortest and the longest; of those that are not here they may be any. */
const KEY_BYTES: { readonly [kind: number]: readonly [number, number] } = {
  [MetaKind.store]: [1, 1],
  [MetaKind.shard]: [9, 9],
  [MetaKind.tombstones]: [5, 9],
  [MetaKind.lock]: [1, 1],
  [MetaKind.garbage]: [1, 1],
  [MetaKind.resumable]: [1, 1],
  [MetaKind.inline]: [9, 9],
  [MetaKind.sources]: [5, 9],
  [MetaKind.history]: [5, 5],
  [MetaKind.schema]: [5, 5],
  [MetaKind.audit]: [9, 9],
  [MetaKind.auditHead]: [1, 1],
};

function isKey(key: Uint8Array): boolean {
  const bytes = KEY_BYTES[key[0]!];
  return bytes === undefined || bytes.includes(key.byteLength);
}

function takeInline(key: Uint8Array, value: Buffer, found: Inventory, file: string): void {
  const [shard, ordinal] = numbersOf(key) as [number, number];
  const records = found.records.get(shard);
  // Of a shard that has no entry: it is going to be removed.
  if (records !== undefined) {
    if (ordinal >= records)
      throw new Error(`${file} has record ${ordinal} of shard ${shard}, but that shard has only ${records} records`);
    found.inline.set(shard, withBit(found.inline.get(shard), ordinal));
  }
  try {
    unseal(value, `record ${ordinal} of shard ${shard}`, file);
  } catch (error) {
    found.lost.push({ shard, ordinal, message: (error as Error).message });
  }
}

function takeTombstones(key: Uint8Array, value: Buffer, found: Inventory, file: string): void {
  const [shard] = numbersOf(key) as [number];
  const held = found.tombstones.get(shard) ?? { bitmap: new Uint8Array() };
  found.tombstones.set(shard, held);
  if (key.byteLength === TOMBSTONE_STATE_KEY_BYTES) {
    held.state = decodeValue<TombstoneState>(tombstonesCheck, value, `tombstones of shard ${shard}`, file);
    return;
  }
  const records = found.records.get(shard);
  const chunk = decodeTombstones(value, key, records ?? RECORDS_PER_SHARD_MAX, file);
  if (records === undefined) return;
  const at = lastNumber(key) * TOMBSTONE_CHUNK_BYTES;
  const grown = withRoom(held.bitmap, at + chunk.byteLength);
  grown.set(chunk, at);
  held.bitmap = grown;
}

function hex(key: Uint8Array): string {
  return Buffer.from(key).toString('hex');
}

/** A bitmap that grows, with one more bit set. */
function withBit(bitmap: Uint8Array = new Uint8Array(), bit: number): Uint8Array {
  const grown = withRoom(bitmap, (bit >>> 3) + 1);
  grown[bit >>> 3]! |= 1 << (bit & 7);
  return grown;
}

/** It doubles, so that all chunks of a large one take linear time. */
function withRoom(bitmap: Uint8Array, bytes: number): Uint8Array {
  if (bytes <= bitmap.byteLength) return bitmap;
  const grown = new Uint8Array(Math.max(bytes, 2 * bitmap.byteLength));
  grown.set(bitmap);
  return grown;
}
