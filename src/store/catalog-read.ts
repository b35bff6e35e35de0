// store at rest: [catalog]
//
// Reads the catalog from two sorted maps of bytes, `meta` and `pages`: whatever keeps the maps (LMDB: lmdb-catalog.ts),
// the keys and values are these (catalog-values.ts, page-key.ts). Everything is verified as it is read.

import { GristmillError } from '../errors.js';
import {
  collectionKey,
  decodeHeader,
  decodeValue,
  MetaKind,
  STORE_KEY,
  shardKey,
  tombstonesKey,
  unseal,
} from './catalog-values.js';
import { treeOf, treeStart } from './page-key.js';
import { verifyPage } from './page-read.js';
import type { CatalogRead, CollectionManifest, PageAt, ShardEntry, StoreHeader } from './types.js';

/** A range of keys: from `start` on (after it where exclusive), as far as `end` but without it; `reverse` downwards. */
export interface ByteRange {
  readonly start: Uint8Array;
  readonly end?: Uint8Array;
  readonly exclusiveStart?: boolean;
  readonly reverse?: boolean;
  readonly limit?: number;
}

/** A sorted map of bytes, read synchronously; what it returns is the caller's. */
export interface ByteMap {
  get(key: Uint8Array): Buffer | undefined;
  range(range: ByteRange): { readonly key: Uint8Array; readonly value: Buffer }[];
  keys(range: ByteRange): Uint8Array[];
}

export class CatalogReader implements CatalogRead {
  readonly file: string;
  readonly #meta: ByteMap;
  readonly #pages: ByteMap;
  #headerBytes: Buffer | undefined;
  #header: StoreHeader | undefined;

  constructor(file: string, meta: ByteMap, pages: ByteMap) {
    this.file = file;
    this.#meta = meta;
    this.#pages = pages;
  }

  generation(): number {
    return this.header().generation;
  }

  header(): StoreHeader {
    const bytes = this.#meta.get(STORE_KEY);
    if (bytes === undefined) {
      throw new GristmillError('CHECKSUM_MISMATCH', `${this.file} has no header: it is not whole`, { file: this.file });
    }
    if (this.#header === undefined || this.#headerBytes?.equals(bytes) !== true) {
      this.#header = decodeHeader(bytes, this.file);
      this.#headerBytes = bytes;
    }
    return this.#header;
  }

  /** Whether the store has been initialised. */
  get hasHeader(): boolean {
    return this.#meta.get(STORE_KEY) !== undefined;
  }

  collections(): readonly CollectionManifest[] {
    const start = Buffer.of(MetaKind.collection);
    const found = this.#meta.range({ start, end: Buffer.of(MetaKind.collection + 1) });
    return found.map(({ value }) => decodeValue<CollectionManifest>(value, 'manifest of a collection', this.file));
  }

  collection(name: string): CollectionManifest | undefined {
    const bytes = this.#meta.get(collectionKey(name));
    return bytes && decodeValue<CollectionManifest>(bytes, `manifest of collection ${name}`, this.file);
  }

  shards(collectionId: number): readonly ShardEntry[] {
    const found = this.#meta.range({ start: shardKey(collectionId, 0), end: shardKey(collectionId + 1, 0) });
    const entries = found.map(({ value }) => decodeValue<ShardEntry>(value, 'entry of a shard', this.file));
    return entries.sort((left, right) => left.firstOrdinal - right.firstOrdinal || left.shard - right.shard);
  }

  tombstones(shard: number): Uint8Array | undefined {
    const bytes = this.#meta.get(tombstonesKey(shard));
    return bytes && unseal(bytes, `tombstones of shard ${shard}`, this.file);
  }

  floorPage(tree: number, key: Uint8Array): PageAt | undefined {
    return this.#pageAt(tree, { start: key, end: treeStart(tree), reverse: true, limit: 1 });
  }

  nextPage(tree: number, key: Uint8Array, reverse: boolean): PageAt | undefined {
    const end = treeStart(reverse ? tree : tree + 1);
    return this.#pageAt(tree, { start: key, end, reverse, limit: 1, exclusiveStart: true });
  }

  page(key: Uint8Array): Uint8Array | undefined {
    const page = this.#pages.get(key);
    if (page !== undefined) verifyPage(page, treeOf(key), this.file);
    return page;
  }

  pageKeys(tree: number, max: number, after: Uint8Array = treeStart(tree)): readonly Uint8Array[] {
    return this.#pages.keys({ start: after, end: treeStart(tree + 1), limit: max, exclusiveStart: true });
  }

  trees(): readonly number[] {
    const trees: number[] = [];
    for (let start = treeStart(0); ; ) {
      const [key] = this.#pages.keys({ start, limit: 1 });
      if (key === undefined) return trees;
      trees.push(treeOf(key));
      start = treeStart(treeOf(key) + 1);
    }
  }

  #pageAt(tree: number, range: ByteRange): PageAt | undefined {
    const [found] = this.#pages.range(range);
    if (found === undefined) return undefined;
    verifyPage(found.value, tree, this.file);
    return { pageKey: found.key, page: found.value };
  }
}
