// store at rest: [catalog]
//
// Writes the catalog into two sorted maps of bytes within a transaction; catalog-read.ts is its twin. Everything is
// sealed with its checksum as it is written; pages carry their own.

import type { ByteRange } from './catalog-read.js';
import {
  collectionKey,
  encodeValue,
  GARBAGE_KEY,
  inlineKey,
  LOCK_KEY,
  RESUMABLE_KEY,
  STORE_KEY,
  seal,
  shardKey,
  sourceRowsKey,
  sourcesKey,
  tombstoneChunkKey,
  tombstonesKey,
} from './catalog-values.js';
import { pageKey, treeStart } from './page-key.js';
import { entryAt } from './page-read.js';
import type { SourceManifest } from './source-types.js';
import type {
  CatalogWrite,
  CollectionManifest,
  Garbage,
  LockRecord,
  ResumableImport,
  ShardEntry,
  StoreHeader,
  TombstoneState,
} from './types.js';

/** A sorted map of bytes within a transaction. Every method throws when the value was not taken or not there. */
export interface WritableByteMap {
  put(key: Uint8Array, value: Uint8Array): void;
  /** @returns whether there was one. */
  remove(key: Uint8Array): boolean;
  keys(range: ByteRange): Uint8Array[];
}

export class CatalogWriter implements CatalogWrite {
  readonly #meta: WritableByteMap;
  readonly #pages: WritableByteMap;

  constructor(meta: WritableByteMap, pages: WritableByteMap) {
    this.#meta = meta;
    this.#pages = pages;
  }

  putHeader(header: StoreHeader): void {
    this.#meta.put(STORE_KEY, encodeValue(header));
  }

  putCollection(manifest: CollectionManifest): void {
    this.#meta.put(collectionKey(manifest.name), encodeValue(manifest));
  }

  putShard(collectionId: number, entry: ShardEntry): void {
    this.#meta.put(shardKey(collectionId, entry.shard), encodeValue(entry));
  }

  deleteShard(collectionId: number, shard: number): void {
    this.#meta.remove(shardKey(collectionId, shard));
  }

  putTombstoneState(shard: number, state: TombstoneState): void {
    this.#meta.put(tombstonesKey(shard), encodeValue(state));
  }

  putTombstoneChunk(shard: number, chunk: number, bitmap: Uint8Array): void {
    this.#meta.put(tombstoneChunkKey(shard, chunk), seal(bitmap));
  }

  deleteTombstones(shard: number): void {
    removeRange(this.#meta, { start: tombstonesKey(shard), end: tombstonesKey(shard + 1) });
  }

  putInlineRecord(shard: number, ordinal: number, line: Uint8Array): void {
    this.#meta.put(inlineKey(shard, ordinal), seal(line));
  }

  deleteInlineRecords(shard: number, max: number): number {
    return removeRange(this.#meta, { start: inlineKey(shard, 0), end: inlineKey(shard + 1, 0), limit: max });
  }

  putLock(lock: LockRecord | undefined): void {
    if (lock === undefined) this.#meta.remove(LOCK_KEY);
    else this.#meta.put(LOCK_KEY, encodeValue(lock));
  }

  putGarbage(garbage: Garbage): void {
    this.#meta.put(GARBAGE_KEY, encodeValue(garbage));
  }

  putResumable(imports: readonly ResumableImport[]): void {
    this.#meta.put(RESUMABLE_KEY, encodeValue(imports));
  }

  putSourceManifest(collectionId: number, manifest: SourceManifest): void {
    this.#meta.put(sourcesKey(collectionId), encodeValue(manifest));
  }

  putSourceRows(collectionId: number, chunk: number, rows: Uint8Array): void {
    this.#meta.put(sourceRowsKey(collectionId, chunk), seal(rows));
  }

  deleteSourceRows(collectionId: number, from: number): void {
    removeRange(this.#meta, { start: sourceRowsKey(collectionId, from), end: sourcesKey(collectionId + 1) });
  }

  putPage(tree: number, page: Uint8Array): void {
    const first = entryAt(page, 0);
    this.#pages.put(pageKey(tree, first.key, first.shard, first.ordinal), page);
  }

  deletePage(key: Uint8Array): void {
    if (!this.#pages.remove(key)) throw new Error('a page to be replaced is not there');
  }

  deleteTree(tree: number, max: number): number {
    return removeRange(this.#pages, { start: treeStart(tree), end: treeStart(tree + 1), limit: max });
  }
}

function removeRange(map: WritableByteMap, range: ByteRange): number {
  const keys = map.keys(range);
  for (const key of keys) map.remove(key);
  return keys.length;
}
