// key > index page > location > frame cache > frame > record
//
// A collection as one publication left it: manifest, shards, trees, tombstones. A lookup works on one generation from
// beginning to end, so it never mixes two. What it reads of the catalog it reads through `current`, which refuses when the
// store has moved on; the collection then loads the new generation and starts the lookup again.

import { GristmillError } from '../errors.js';
import type { Catalog, CatalogRead, CollectionManifest, Location, ShardEntry } from '../store/types.js';
import type { Caches } from './caches.js';
import { HotPlaces } from './hot-places.js';
import { Tree } from './tree.js';

/** Thrown, and caught by the collection, when a lookup meets a newer generation. */
export const STALE = new Error('the collection has changed during a lookup');

/** A location with the shard's entry. */
export interface Place {
  readonly entry: ShardEntry;
  readonly ordinal: number;
}

export class Generation {
  readonly manifest: CollectionManifest;
  readonly shards: readonly ShardEntry[];
  readonly primary: Tree | undefined;
  readonly secondary: readonly Tree[];
  readonly hot = new HotPlaces();
  readonly #catalog: Catalog;
  readonly #caches: Caches;
  /** The store's generation up to which this is known to be the collection's newest. */
  #knownUntil: number;
  readonly #byNumber = new Map<number, ShardEntry>();
  readonly #tombstones = new Map<number, Uint8Array | undefined>();
  #users = 0;
  #superseded: Generation | undefined;

  private constructor(catalog: Catalog, caches: Caches, manifest: CollectionManifest) {
    this.#catalog = catalog;
    this.#caches = caches;
    this.manifest = manifest;
    this.#knownUntil = catalog.generation();
    this.shards = catalog.shards(manifest.id);
    for (const entry of this.shards) this.#byNumber.set(entry.shard, entry);
    const read = (): CatalogRead => this.current();
    this.primary = manifest.primary && new Tree(manifest.primary, caches, read);
    this.secondary = manifest.secondary.map((index) => new Tree(index, caches, read));
  }

  /** The newest generation of a collection; undefined when there is no such collection. */
  static load(catalog: Catalog, caches: Caches, name: string): Generation | undefined {
    const manifest = catalog.collection(name);
    return manifest && new Generation(catalog, caches, manifest);
  }

  /** Whether the catalog, as it is read now, still shows this generation. */
  isCurrent(): boolean {
    const generation = this.#catalog.generation();
    if (generation !== this.#knownUntil) {
      if (this.#catalog.collection(this.manifest.name)?.generation !== this.manifest.generation) return false;
      this.#knownUntil = generation;
    }
    return true;
  }

  /** The catalog, for a read that must see this generation. @throws STALE */
  current(): CatalogRead {
    if (!this.isCurrent()) throw STALE;
    return this.#catalog;
  }

  /** @throws GristmillError INDEX_NOT_FOUND */
  secondaryTree(path: string): Tree {
    const tree = this.secondary.find(({ manifest }) => manifest.path === path);
    if (tree !== undefined) return tree;
    const paths = this.manifest.secondary.map((index) => index.path).join(', ') || 'none';
    const message = `collection ${this.manifest.name} has no index ${path}; its secondary indexes: ${paths}`;
    throw new GristmillError('INDEX_NOT_FOUND', message);
  }

  /** The shard a location is in. @throws STALE: pages are newer than this generation, or damaged beyond their checksum. */
  place(location: Location): Place {
    const entry = this.#byNumber.get(location.shard);
    if (entry === undefined) throw STALE;
    return { entry, ordinal: location.ordinal };
  }

  /** The record with this ordinal in the collection; undefined beyond the end. */
  placeOf(ordinal: number): Place | undefined {
    let low = 0;
    let high = this.shards.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.shards[middle].firstOrdinal <= ordinal) low = middle + 1;
      else high = middle;
    }
    const entry = this.shards[low - 1];
    if (entry === undefined || ordinal - entry.firstOrdinal >= entry.records) return undefined;
    return { entry, ordinal: ordinal - entry.firstOrdinal };
  }

  /** Tombstones of a shard. @param read where to read them the first time, this generation's catalog or a snapshot of it. */
  tombstones(entry: ShardEntry, read?: CatalogRead): Uint8Array | undefined {
    if (entry.dead === 0) return undefined;
    if (!this.#tombstones.has(entry.shard)) {
      this.#tombstones.set(entry.shard, (read ?? this.current()).tombstones(entry.shard));
    }
    return this.#tombstones.get(entry.shard);
  }

  /** An iteration reads this generation until it releases it, also when a newer one has taken its place. */
  retain(): void {
    this.#users++;
  }

  release(): void {
    this.#users--;
    this.#closeUnused();
  }

  /** A newer generation has taken its place: shards that are not in that one are closed once nobody reads them. */
  supersede(newer: Generation): void {
    this.#superseded = newer;
    this.#closeUnused();
  }

  #closeUnused(): void {
    const newer = this.#superseded;
    if (newer === undefined || this.#users > 0) return;
    for (const { shard } of this.shards) if (!newer.#byNumber.has(shard)) this.#caches.forget(shard);
  }
}
