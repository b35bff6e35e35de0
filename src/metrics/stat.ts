// What a store and its collections say about themselves: for `store.stat()` and the command line.

import type { FramingName } from '../kernel/contract.js';
import type { Writer } from '../options/shared.js';
import { exposedAbove } from '../store/files/exposure.js';
import { isAlive } from '../store/lock/lock-holder.js';
import type { Catalog, CollectionManifest, KeyRule } from '../store/types.js';

export interface IndexStat {
  readonly path: string;
  readonly entries: number;
  readonly pages: number;
}

export interface CollectionStat {
  readonly name: string;
  /** Path of the primary key, "(name)" for member names, "(ordinal)" for none. */
  readonly key: string;
  /** How the last source was laid out. */
  readonly framing: FramingName;
  /** Live records. */
  readonly records: number;
  /** Records that were replaced or deleted and still take room; their share of all that take room (0…1). */
  readonly dead: number;
  readonly deadShare: number;
  /** Records put by transactions and not compacted yet, dead ones too: they are in the index file. */
  readonly inline: number;
  readonly shards: number;
  readonly sourceBytes: number;
  readonly plainBytes: number;
  /** Bytes of the shard files. */
  readonly storedBytes: number;
  /** Source bytes per stored byte. */
  readonly ratio: number;
  /** The primary one first. */
  readonly indexes: readonly IndexStat[];
  readonly generation: number;
  /** ISO 8601 time. */
  readonly published: string;
}

export interface StoreStat {
  readonly directory: string;
  readonly format: number;
  /** Publications so far. */
  readonly generation: number;
  readonly created: string;
  readonly bytes: {
    /** The LMDB file. */
    readonly index: number;
    /** The address space it is mapped in. */
    readonly map: number;
    /** Shard files of all collections. */
    readonly shards: number;
  };
  /** Directories above the store in which somebody else could put another store in its place, each with the reason. */
  readonly exposed: readonly string[];
  /** Who has the store open to read, in all processes. */
  readonly readers: ReadersStat;
  /** Who is changing it for longer than a transaction, in whatever process. Absent: nobody is. */
  readonly writer?: Writer;
  readonly collections: readonly CollectionStat[];
}

export interface ReadersStat {
  /** Slots for readers that are taken, of 2,048: a process has one for each state it reads at a time, and one to spare. */
  readonly count: number;
  /**
   * Who reads the oldest state, and how many transactions have been committed since. Room of what was changed after it
   * cannot be used again: where it is far behind, it is stopped, or forgot to release a snapshot. Absent: nobody is reading now.
   */
  readonly oldest?: { readonly pid: number; readonly behind: number };
}

export function storeStat(catalog: Catalog, directory: string): StoreStat {
  // First: reading the rest is reading too.
  const readers = readersStat(catalog);
  catalog.refresh();
  const { format, generation, created } = catalog.header();
  const collections = catalog.collections().map(collectionStat);
  const shards = collections.reduce((bytes, { storedBytes }) => bytes + storedBytes, 0);
  const bytes = { index: catalog.bytes, map: catalog.mapBytes, shards };
  const writer = writerOf(catalog);
  const exposed = exposedAbove(directory);
  return { directory, format, generation, created, bytes, exposed, readers, ...(writer && { writer }), collections };
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

export function collectionStat(manifest: CollectionManifest): CollectionStat {
  const { name, framing, records, inline, shards, sourceBytes, plainBytes, storedBytes, generation, published } =
    manifest;
  const dead = manifest.dead - manifest.holes;
  const indexes = (manifest.primary === undefined ? [] : [manifest.primary]).concat(manifest.secondary);
  return {
    ...{
      name,
      key: describeKey(manifest.key),
      framing,
      records,
      dead,
      inline,
      shards,
      sourceBytes,
      plainBytes,
      storedBytes,
    },
    deadShare: dead === 0 ? 0 : dead / (records + dead),
    ratio: storedBytes === 0 ? 0 : sourceBytes / storedBytes,
    indexes: indexes.map(({ path, entries, pages }) => ({ path, entries, pages })),
    ...{ generation, published },
  };
}

function describeKey(key: KeyRule): string {
  return key.kind === 'path' ? key.path : `(${key.kind})`;
}
