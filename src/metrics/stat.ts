// What a store and its collections say about themselves: for `store.stat()` and the command line.

import { join } from 'node:path';
import type { Layout, ZstdName } from '../base/import-report.js';
import type { KeyPath } from '../keys/key-path.js';
import type { Writer } from '../options/shared.js';
import { zstd } from '../store/codec/zstd/implementation.js';
import type { StorePlace } from '../store/files/blobs.js';
import { exposedAbove } from '../store/files/exposure.js';
import { begunConversion, SHARDS_DIRECTORY } from '../store/files/layout.js';
import { layoutOfFraming } from '../store/framing.js';
import { isAlive } from '../store/lock/lock-holder.js';
import { collectionOf, quarantineNames } from '../store/quarantine/names.js';
import { isExchanging } from '../store/ring/data-keys.js';
import { storedRing } from '../store/ring/ring.js';
import type { SealKeys } from '../store/seal/types.js';
import { versionOf } from '../store/shapes/tree.js';
import { isExact } from '../store/shards/joined/exact.js';
import type { Catalog, CatalogRead, CollectionManifest, IndexManifest, KeyRule, ShardEntry } from '../store/types.js';

/** The size of an index of a collection. */
export interface IndexStat {
  /** The path of the index, as given at import. */
  readonly path: KeyPath;
  /** Entries of the index: one for each key of a record. */
  readonly entries: number;
  /** Pages of the index. */
  readonly pages: number;
  /** Whether it is the index of the primary key. */
  readonly isPrimary: boolean;
  /** Whether imports that do not name the index keep it: `createIndex` made it. */
  readonly kept: boolean;
  /** Whether no two records may have the same value in it. The primary key is unique. */
  readonly unique: boolean;
}

/** The counts and sizes of a collection. */
export interface CollectionStat {
  /** The name of the collection. */
  readonly name: string;
  /** The path of the primary key; "(name)" if member names are the keys, "(ordinal)" if there is no key. */
  readonly key: KeyPath;
  /** The version of its records: the number of migrations that were applied and not undone (docs/evolution.md). */
  readonly version: number;
  /**
   * The absolute paths and addresses that the collection is known to be made from: the sources of the last import that
   * replaced it, or of its synchronisation. Other imports, and transactions, may have added records. Absent if only
   * transactions, merging imports or streams made it.
   */
  readonly sources?: readonly string[];
  /** The layout of the source of the last import. */
  readonly layout: Layout;
  /** The number of live records. */
  readonly records: number;
  /** The number of dead records: they were replaced or deleted, but still take space. */
  readonly dead: number;
  /** The share (0…1) of dead records among all records that take space. */
  readonly deadShare: number;
  /** Records of transactions that are not compacted yet, dead ones too. They are in the index file. */
  readonly inline: number;
  /** Shards of the collection. */
  readonly shards: number;
  /** The files of these shards. They are fewer after compaction has joined small ones. */
  readonly files: number;
  /** Bytes of the sources of the records. */
  readonly sourceBytes: number;
  /** Bytes of the records' lines before compression. */
  readonly plainBytes: number;
  /** Bytes of the shard files. */
  readonly storedBytes: number;
  /**
   * Whether the shard files of the collection have exactly its records, as other tools read them: no dead record, and none that
   * is still in the index. `store.compact` with `full` makes it true (docs/interop.md).
   */
  readonly exact: boolean;
  /** Source bytes per stored byte. */
  readonly ratio: number;
  /** The indexes, the primary one first. */
  readonly indexes: readonly IndexStat[];
  /** The number of the last publication of the collection. */
  readonly generation: number;
  /** The time of that publication (ISO 8601). */
  readonly published: string;
}

/** The counts and sizes of a store. */
export interface StoreStat {
  /** The absolute path of the store, or "memory". */
  readonly directory: string;
  /** The version of the store's format. */
  readonly format: number;
  /** The number of publications so far. */
  readonly generation: number;
  /** The time when the store was created (ISO 8601). */
  readonly created: string;
  /** Bytes of the index, of its memory map, and of all shards. */
  readonly bytes: {
    /** Bytes of the index (the LMDB file). */
    readonly index: number;
    /** Bytes of the address space that the index is mapped to. */
    readonly map: number;
    /** Bytes of the shard files of all collections. */
    readonly shards: number;
  };
  /**
   * Whether the directory `shards` has exactly the records of all collections, as other tools read it. False also while an
   * import writes there, or a reader still needs an older state.
   */
  readonly exact: boolean;
  /** Directories above the store in which another user could replace the store, each with the reason. */
  readonly exposed: readonly string[];
  /** The files of rejected records, the oldest first. */
  readonly quarantine: readonly QuarantineStat[];
  /** The zstd that this process compresses and decompresses with (docs/package.md). */
  readonly zstd: ZstdName;
  /** The readers of the store, in all processes. */
  readonly readers: ReadersStat;
  /** The writer that changes the store for longer than a transaction, in any process. Absent if there is none. */
  readonly writer?: Writer;
  /** How the store is encrypted. Absent for a store that is not. */
  readonly encryption?: EncryptionStat;
  /**
   * The conversion that is at work, or was interrupted. What it has made is in directory `<conversion>.partial` of the
   * store; of `decrypt` that is plain. Absent if there is none.
   */
  readonly converting?: 'encrypt' | 'decrypt' | 'reencrypt';
  /** The collections. */
  readonly collections: readonly CollectionStat[];
}

/** How a store is encrypted. */
export interface EncryptionStat {
  /** How the index has the keys of records: as pseudonyms, or as they are. */
  readonly keys: 'hidden' | 'plaintext';
  /** The number of the data key that encrypts now. */
  readonly dataKey: number;
  /** Whether data keys are being exchanged: `reencryptStore` is at work, or was interrupted. Absent: they are not. */
  readonly exchanging?: true;
}

/** A file of rejected records. */
export interface QuarantineStat {
  /** The name of the file, without its ending. */
  readonly name: string;
  /** The collection of the import that rejected them. Absent for a file of an older version. */
  readonly collection?: string;
  /** The time when that import began (ISO 8601). Absent for a file of an older version. */
  readonly time?: string;
}

/** The readers of a store, in all processes. */
export interface ReadersStat {
  /** Reader slots in use, of 2,048. A process has one for each state that it reads at the same time, and one more. */
  readonly count: number;
  /**
   * The process that reads the oldest state, and the number of transactions committed since. The store cannot reuse the
   * space of data that changed after that state. If the process is far behind, it is stopped, or has not released a
   * snapshot. Absent if nobody reads now.
   */
  readonly oldest?: { readonly pid: number; readonly behind: number };
}

export function storeStat(catalog: Catalog, place: StorePlace): StoreStat {
  const { directory } = place;
  // First: reading the rest is reading too.
  const readers = readersStat(catalog);
  catalog.refresh();
  const { format, generation, created } = catalog.header();
  const states = catalog.collections().map((manifest) => ({ manifest, entries: catalog.shards(manifest) }));
  const collections = states.map(({ manifest, entries }) => collectionStat(catalog, place, manifest, entries));
  const exact =
    collections.every((collection) => collection.exact) &&
    hasNoOthers(
      place,
      states.flatMap(({ entries }) => entries),
    );
  const shards = collections.reduce((bytes, { storedBytes }) => bytes + storedBytes, 0);
  const bytes = { index: catalog.bytes, map: catalog.mapBytes, shards };
  const writer = writerOf(catalog);
  const exposed = exposedAbove(directory);
  const quarantine = quarantinesOf(
    place,
    collections.map(({ name }) => name),
  );
  const zstdName = zstd().name;
  const facts = { directory, format, generation, created, bytes, exact, exposed, quarantine, zstd: zstdName, readers };
  const { seal } = place;
  const encryption = seal && encryptionStat(directory, seal);
  const converting = place.blobs.areFiles ? begunConversion(directory) : undefined;
  const present = { ...(writer && { writer }), ...(encryption && { encryption }), ...(converting && { converting }) };
  return { ...facts, ...present, collections };
}

function encryptionStat(directory: string, { keys, active }: SealKeys): EncryptionStat {
  const ring = storedRing(directory);
  return { keys, dataKey: active, ...(ring !== undefined && isExchanging(ring) && { exchanging: true }) };
}

function quarantinesOf(place: StorePlace, collections: readonly string[]): QuarantineStat[] {
  return quarantineNames(place).map((found) => {
    const collection = collectionOf(found, collections, place.seal);
    const { name, time } = found;
    return { name, ...(collection !== undefined && { collection }), ...(time !== undefined && { time }) };
  });
}

function writerOf(catalog: Catalog): Writer | undefined {
  const holder = catalog.lock();
  if (holder === undefined || !isAlive(holder)) return undefined;
  const { operation, collection, host, pid, since } = holder;
  return { operation, ...(collection !== undefined && { collection }), host, pid, since };
}

export function readersStat(catalog: Catalog): ReadersStat {
  const readers = catalog.readers();
  const last = catalog.lastTransaction();
  const reading = readers.flatMap(({ pid, transaction }) =>
    transaction === undefined ? [] : [{ pid, behind: Math.max(0, last - transaction) }],
  );
  const oldest = reading.sort((left, right) => right.behind - left.behind)[0];
  return { count: readers.length, ...(oldest && { oldest }) };
}

/** Whether the directory of shards has no files but those of these shards. */
function hasNoOthers({ directory, blobs }: StorePlace, entries: readonly ShardEntry[]): boolean {
  const named = new Set(entries.map(({ file }) => file));
  return blobs.list(join(directory, SHARDS_DIRECTORY)).every((file) => named.has(file));
}

/** @param entries of all its shards */
export function collectionStat(
  read: CatalogRead,
  place: StorePlace,
  manifest: CollectionManifest,
  entries: readonly ShardEntry[],
): CollectionStat {
  const { name, framing, records, inline, shards, sourceBytes, plainBytes, storedBytes, generation, published } =
    manifest;
  const dead = manifest.dead - manifest.holes;
  const history = read.history(manifest.id);
  const sources = read.sourceManifest(manifest.id)?.sources;
  const indexes = (manifest.primary === undefined ? [] : [manifest.primary]).concat(manifest.secondary);
  return {
    ...{
      name,
      key: describeKey(manifest.key),
      version: history === undefined ? 0 : versionOf(history, manifest.shape ?? 0),
      ...(sources && { sources }),
      layout: layoutOfFraming(framing),
      records,
      dead,
      inline,
      shards,
      files: new Set(entries.filter(({ fileNumber }) => fileNumber !== 0).map(({ file }) => file)).size,
      sourceBytes,
      plainBytes,
      storedBytes,
    },
    exact: isExact(place, manifest, entries),
    deadShare: dead === 0 ? 0 : dead / (records + dead),
    ratio: storedBytes === 0 ? 0 : sourceBytes / storedBytes,
    indexes: indexes.map((index) => indexStat(index, index === manifest.primary)),
    ...{ generation, published },
  };
}

function indexStat({ path, entries, pages, kept, unique }: IndexManifest, isPrimary: boolean): IndexStat {
  return { path, entries, pages, isPrimary, kept: kept === true, unique: isPrimary || unique === true };
}

function describeKey(key: KeyRule): KeyPath {
  return key.kind === 'path' ? key.path : `(${key.kind})`;
}
