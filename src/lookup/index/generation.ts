// key > index page > location > frame cache > frame > record
//
// A collection as one publication left it: manifest, shards, trees, tombstones. A lookup works on one generation from
// beginning to end, so it never mixes two. What it reads of the catalog it reads through `current`, which refuses when the
// store has moved on; the collection then loads the new generation and starts the lookup again.

import { GristmillError } from '../../base/errors.js';
import { isSamePath, type KeyPath, keyPathText } from '../../keys/key-path.js';
import { isDead, isDeadIn } from '../../store/catalog/tombstones.js';
import { type HiddenKeys, hiddenKeys } from '../../store/seal/hidden-keys.js';
import { type Forms, formsAt, formsOf } from '../../store/shards/forms.js';
import type { Place } from '../../store/shards/place.js';
import type {
  CatalogRead,
  CatalogView,
  CollectionManifest,
  IndexManifest,
  Location,
  ShardEntry,
} from '../../store/types.js';
import type { Caches } from '../cache/caches.js';
import type { HotPlace } from '../cache/hot-places.js';
import { Tree, type TreeReads } from './tree.js';

/** Thrown, and caught by the collection, when a lookup meets a newer generation. */
export const STALE = new Error('the collection has changed during a lookup');

/** The parts that stay the same from one generation to the next while records are only put and deleted. */
interface Layout {
  /** In order; without the open one. */
  readonly shards: readonly ShardEntry[];
  readonly byNumber: ReadonlyMap<number, ShardEntry>;
  readonly tombstones: Map<number, Tombstones>;
  readonly forms: Forms;
}

/** Tombstones of a shard as they are since this generation. */
interface Tombstones {
  readonly since: number;
  readonly bitmap: Uint8Array;
}

const NO_TOMBSTONES: Tombstones = { since: 0, bitmap: new Uint8Array() };

/** The error to throw if no newer generation explains the missing record. */
export function noRecord(collection: string): GristmillError {
  const message = `an index of collection ${collection} names a record that the collection does not have`;
  return new GristmillError('CHECKSUM_MISMATCH', message);
}

export class Generation {
  readonly manifest: CollectionManifest;
  readonly shards: readonly ShardEntry[];
  readonly primary: Tree | undefined;
  readonly secondary: readonly Tree[];
  /** The pseudonyms of its keys. Undefined where they are not hidden. */
  readonly hidden: HiddenKeys | undefined;
  readonly #catalog: CatalogView;
  readonly #caches: Caches;
  readonly #layout: Layout;
  /** The store's generation up to which this is known to be the collection's newest. */
  #knownUntil: number;
  /** The `reading` of the catalog in which this was the newest. */
  #reading = Number.NaN;
  readonly #tombstones = new Map<number, Tombstones>();
  /** The publication that marked the last dead record of a shard, as far as it was asked for. */
  readonly #deadSince = new Map<number, number>();
  /** For its trees. Made here and not in the constructor: closures of one function share what any of them refers to, and one
   * that referred to `previous` would make every generation hold the one before it. */
  readonly #reads: TreeReads = {
    current: () => this.current(),
    recentEntry: (tree, key) => this.#confirmed(this.#catalog.recentEntry(tree, key)),
  };
  #users = 0;
  /** Its shards that a newer generation does not have there. Not that generation: it would hold the one after it in turn. */
  #unneeded: readonly ShardEntry[] = [];

  private constructor(
    catalog: CatalogView,
    caches: Caches,
    manifest: CollectionManifest,
    version: number | undefined,
    previous: Generation | undefined,
  ) {
    this.#catalog = catalog;
    this.#caches = caches;
    this.manifest = manifest;
    this.hidden = hiddenKeys(caches.seal, manifest);
    this.#knownUntil = catalog.generation();
    const { id, layout, open } = manifest;
    const isSame = previous?.manifest.id === id && previous.manifest.layout === layout;
    this.#layout = isSame ? previous.#layout : loadLayout(catalog, manifest, version);
    this.shards = open === undefined ? this.#layout.shards : [...this.#layout.shards, open];
    const { primary } = manifest;
    this.primary = primary && new Tree(primary, caches, this.#reads, previous && sameTree(previous, this, primary));
    this.secondary = manifest.secondary.map(
      (index) => new Tree(index, caches, this.#reads, previous && sameTree(previous, this, index)),
    );
  }

  /**
   * The newest generation of a collection; undefined when there is no such collection.
   * @param version in which records are given; undefined: the newest. @param previous gives them in the same version
   * @throws GristmillError VERSION_MISMATCH
   */
  static load(
    catalog: CatalogView,
    caches: Caches,
    name: string,
    version: number | undefined,
    previous: Generation | undefined,
  ): Generation | undefined {
    const manifest = catalog.collection(name);
    return manifest && new Generation(catalog, caches, manifest, version, previous);
  }

  /** Whether the catalog, as it is read now, still shows this generation. */
  isCurrent(): boolean {
    const generation = this.#catalog.generation();
    if (generation !== this.#knownUntil) {
      if (this.#catalog.collection(this.manifest.name)?.generation !== this.manifest.generation) return false;
      this.#knownUntil = generation;
    }
    this.#reading = this.#catalog.reading;
    return true;
  }

  /**
   * What a read of the catalog has just given, which must be of this generation. Where the state that was read is the one of
   * the last look, this costs no look of its own.
   * @throws STALE
   */
  #confirmed<T>(value: T): T {
    if (this.#catalog.reading !== this.#reading && !this.isCurrent()) throw STALE;
    return value;
  }

  /** The catalog, for a read that must see this generation. @throws STALE */
  current(): CatalogRead {
    if (!this.isCurrent()) throw STALE;
    return this.#catalog;
  }

  /** @throws GristmillError INDEX_NOT_FOUND */
  secondaryTree(path: KeyPath): Tree {
    return this.secondary[indexNumber(this.manifest, path)]!;
  }

  /**
   * The place of a location. @param read this generation's catalog, or a snapshot of it.
   * @throws STALE: pages are newer than this generation, or damaged beyond their checksum; of a snapshot, which cannot be
   * newer, GristmillError CHECKSUM_MISMATCH.
   */
  place({ shard, ordinal }: Location, read?: CatalogRead): Place {
    const entry = this.#entryOf(shard);
    if (entry === undefined) throw this.#noPlace(read);
    return entry.fileNumber === 0
      ? this.#inlinePlace(entry, ordinal, read)
      : { entry, ordinal, form: this.forms.of(entry) };
  }

  /** How the lines of its shards are made of its records. */
  get forms(): Forms {
    return this.#layout.forms;
  }

  /** The live record with this ordinal in the collection. Undefined if there is none. */
  placeOf(ordinal: number, read: CatalogRead = this.current()): Place | undefined {
    let low = 0;
    let high = this.shards.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.shards[middle]!.firstOrdinal <= ordinal) low = middle + 1;
      else high = middle;
    }
    const entry = this.shards[low - 1];
    if (entry === undefined || ordinal - entry.firstOrdinal >= entry.records) return undefined;
    const within = ordinal - entry.firstOrdinal;
    if (isDead(this.tombstones(entry, read), within)) return undefined;
    return this.place({ shard: entry.shard, ordinal: within }, read);
  }

  /** Tombstones of a shard. @param read where to read them the first time, this generation's catalog or a snapshot of it. */
  tombstones(entry: ShardEntry, read: CatalogRead = this.current()): Uint8Array {
    const { shard } = entry;
    let found = this.#tombstones.get(shard);
    if (found === undefined) {
      const state = read.tombstoneState(shard);
      found = state === undefined ? NO_TOMBSTONES : this.#layout.tombstones.get(shard);
      if (state !== undefined && found?.since !== state.generation) {
        found = { since: state.generation, bitmap: read.tombstones(entry) };
        this.#layout.tombstones.set(shard, found);
      }
      this.#tombstones.set(shard, found as Tombstones);
    }
    return (found as Tombstones).bitmap;
  }

  isDead({ shard, ordinal }: Location, read?: CatalogRead): boolean {
    const entry = this.#entryOf(shard);
    // Who goes on to its place finds that there is none.
    return entry !== undefined && isDead(this.tombstones(entry, read), ordinal);
  }

  /**
   * Whether a record that another generation has at a place is there in this generation too, in the same shape. A key gets another place only
   * when its old record is marked dead, and a dead record stays dead.
   * @throws STALE
   */
  holds({ shard, ordinal, file, form, generation }: HotPlace): boolean {
    const entry = this.#layout.byNumber.get(shard);
    if (entry?.fileNumber !== file || this.forms.of(entry).shape !== form.shape) return false;
    let since = this.#deadSince.get(shard);
    if (since === undefined) {
      since = this.current().tombstoneState(shard)?.generation ?? 0;
      this.#deadSince.set(shard, since);
    }
    return since <= generation || !isDeadIn(ordinal, (chunk) => this.current().tombstoneChunk(shard, chunk));
  }

  /** An iteration reads this generation until it releases it, also when a newer one has taken its place. */
  retain(): void {
    this.#users++;
  }

  release(): void {
    this.#users--;
    this.#closeUnneeded();
  }

  /** Call it when a newer generation has replaced this one: shards that only this one has are closed when nobody reads them. */
  supersede(newer: Generation | undefined): void {
    if (newer !== undefined && newer.#layout === this.#layout) return;
    const files = new Set(newer?.shards.map(({ fileNumber }) => fileNumber));
    this.#unneeded = this.shards.filter(({ fileNumber }) => !files.has(fileNumber));
    this.#closeUnneeded();
  }

  #closeUnneeded(): void {
    if (this.#users > 0) return;
    for (const entry of this.#unneeded) this.#caches.forget(entry);
  }

  #entryOf(shard: number): ShardEntry | undefined {
    const { open } = this.manifest;
    return open?.shard === shard ? open : this.#layout.byNumber.get(shard);
  }

  #inlinePlace(entry: ShardEntry, ordinal: number, read: CatalogRead | undefined): Place {
    const { shard } = entry;
    const inline =
      read === undefined ? this.#confirmed(this.#catalog.inlineText(shard, ordinal)) : read.inlineText(shard, ordinal);
    if (inline === undefined) throw this.#noPlace(read);
    return { entry, ordinal, form: this.forms.of(entry), inline };
  }

  #noPlace(read: CatalogRead | undefined): Error {
    return read === undefined || read === this.#catalog ? STALE : noRecord(this.manifest.name);
  }
}

/** Which of a collection's secondary indexes has this path. @throws GristmillError INDEX_NOT_FOUND */
export function indexNumber({ name, secondary }: CollectionManifest, path: KeyPath): number {
  const number = secondary.findIndex((index) => isSamePath(index.path, path));
  if (number !== -1) return number;
  const paths = secondary.map((index) => keyPathText(index.path)).join(', ') || 'none';
  const message = `collection ${name} has no index ${keyPathText(path)}; its secondary indexes: ${paths}`;
  throw new GristmillError('INDEX_NOT_FOUND', message);
}

/**
 * The tree of an index in another generation, if it has the same pages. A tree is never given another's number; an entry that
 * is added makes their number grow, and one that is exchanged or removed, of the primary tree, leaves a dead record, which is
 * counted for ever, even if its shard is dropped. Where transactions put entries beside the pages, the manifest says since when
 * the pages are the same.
 */
function sameTree(other: Generation, { manifest }: Generation, index: IndexManifest): Tree | undefined {
  const isPrimary = index === manifest.primary;
  const tree = isPrimary ? other.primary : other.secondary.find((one) => one.manifest.tree === index.tree);
  if (tree?.manifest.tree !== index.tree) return undefined;
  const [before, now] = [tree.manifest.recent, index.recent];
  if (before !== undefined || now !== undefined) return before?.since === now?.since ? tree : undefined;
  if (tree.manifest.entries !== index.entries) return undefined;
  return isPrimary && deathsIn(other.manifest) !== deathsIn(manifest) ? undefined : tree;
}

function deathsIn({ dead, dropped = 0 }: CollectionManifest): number {
  return dead + dropped;
}

function loadLayout(
  catalog: CatalogView,
  { open: _, ...manifest }: CollectionManifest,
  version: number | undefined,
): Layout {
  const shards = catalog.shards(manifest);
  const byNumber = new Map(shards.map((entry) => [entry.shard, entry]));
  const forms = version === undefined ? formsOf(catalog, manifest) : formsAt(catalog, manifest, version);
  return { shards, byNumber, tombstones: new Map(), forms };
}
