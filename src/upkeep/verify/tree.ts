// [verify]: catalog > trees > shards
//
// The pages of one index in order: each one's checksum and structure, entries in order within it and from page to page,
// and every entry naming a record there is. The primary index names every live record once and nothing else, which a
// bitmap for each shard proves. Reads pages in place: a store has as many entries as records.

import { isOfTheMoment } from '../../base/system-errors.js';
import { keyPathText } from '../../keys/key-path.js';
import { isDead } from '../../store/catalog/tombstones.js';
import { compareEntries } from '../../store/pages/merge-page.js';
import { keyOf, pageKey } from '../../store/pages/page-key.js';
import { entryAt, entryCount, entryOrdinal, entryShard, verifyEntries, verifyPage } from '../../store/pages/read.js';
import { walkPages } from '../../store/pages/walk.js';
import { LiveCheck } from '../../store/publish/unique.js';
import type {
  CatalogRead,
  CollectionManifest,
  Entry,
  IndexManifest,
  Location,
  RawValue,
  ShardEntry,
} from '../../store/types.js';
import type { Fault, FaultList } from './faults.js';
import type { Inventory } from './values.js';

const BATCH = 32;
/** Recent entries read together. */
const RECENT_BATCH = 256;

interface TreeCheck {
  readonly read: CatalogRead;
  readonly file: string;
  readonly faults: FaultList;
  readonly pause: () => Promise<void>;
}

/** What an index may name. */
interface Named {
  readonly entry: ShardEntry;
  readonly dead: Uint8Array;
  /** Records the primary index has named so far: bitmaps of so many, made as they are named. */
  readonly seen: (Uint8Array | undefined)[];
}

/** A shard may say that it has a thousand million records, and have none. */
const SEEN_RECORDS = 1 << 16;

/** Checks all indexes of a collection. @returns pages looked at */
export async function verifyTrees(check: TreeCheck, manifest: CollectionManifest, found: Inventory): Promise<number> {
  let pages = 0;
  const shards = new Map<number, Named>();
  for (const entry of found.shardsOf(manifest)) {
    shards.set(entry.shard, { entry, dead: found.bitmapOf(entry.shard), seen: [] });
  }
  if (manifest.primary) pages += await new TreeScan(check, manifest, manifest.primary, shards, true).run();
  for (const index of manifest.secondary) pages += await new TreeScan(check, manifest, index, shards, false).run();
  return pages;
}

class TreeScan {
  readonly #check: TreeCheck;
  readonly #index: IndexManifest;
  readonly #shards: ReadonlyMap<number, Named>;
  readonly #isPrimary: boolean;
  readonly #place: Omit<Fault, 'message'>;
  readonly #name: string;
  #last: Entry | undefined;
  readonly #unique: LiveCheck | undefined;
  /** Records that a unique index does not allow, the first of them. */
  #same: readonly Location[] | undefined;
  /** Entries of the index, and of its pages alone. */
  #entries = 0;
  #inPages = 0;
  readonly #hasRecent: boolean;
  #pages = 0;
  #damaged = 0;

  constructor(
    check: TreeCheck,
    { name }: CollectionManifest,
    index: IndexManifest,
    shards: ReadonlyMap<number, Named>,
    isPrimary: boolean,
  ) {
    this.#check = check;
    this.#index = index;
    this.#shards = shards;
    this.#isPrimary = isPrimary;
    this.#hasRecent = index.recent !== undefined && index.recent.values > 0;
    this.#unique = index.unique ? new LiveCheck((shard, ordinal) => this.#isDead(shard, ordinal)) : undefined;
    this.#place = { kind: 'page', file: check.file, collection: name };
    this.#name = `${isPrimary ? 'the primary index' : `index ${keyPathText(index.path)}`} of collection ${name}`;
  }

  async run(): Promise<number> {
    const { read, pause } = this.#check;
    const { tree, entries, pages } = this.#index;
    for (let after: Uint8Array | undefined; ; ) {
      const batch = read.rawPages(tree, BATCH, after);
      for (const raw of batch) {
        this.#pages++;
        after = raw.key;
        try {
          this.#take(raw);
        } catch (error) {
          this.#takeDamage(error);
        }
      }
      if (batch.length < BATCH) break;
      await pause();
    }
    await this.#takeRecent();
    const same = this.#same;
    if (same) this.#fault(`${this.#name} is unique, but ${same.map(placeText).join(' and ')} have the same value`);
    if (this.#pages !== pages) this.#count('pages', this.#pages, pages);
    // A damaged page is one fault, not two.
    else if (this.#damaged === 0) {
      if (this.#entries !== entries) this.#count('entries', this.#entries, entries);
      const { gained = 0 } = this.#index.recent ?? {};
      if (this.#inPages !== entries - gained) this.#count('entries in its pages', this.#inPages, entries - gained);
    }
    return this.#pages;
  }

  #take({ key, value: page }: RawValue): void {
    const { file } = this.#check;
    verifyPage(page, this.#index.tree, file);
    verifyEntries(page, this.#index.tree, file);
    const count = entryCount(page);
    const first = entryAt(page, 0);
    if (!pageKey(this.#index.tree, first.key, first.shard, first.ordinal).equals(key)) {
      throw new Error(`a page of ${this.#name} is not stored under the key of its first entry`);
    }
    if (this.#last !== undefined && compareEntries(this.#last, first) >= 0) {
      throw new Error(`two pages of ${this.#name} overlap at key ${Buffer.from(keyOf(key)).toString('hex')}`);
    }
    this.#last = entryAt(page, count - 1);
    this.#inPages += count;
    if (!this.#hasRecent) this.#takeEntries(page);
  }

  /** The entries of a page as readers have them. */
  #takeEntries(page: Uint8Array): void {
    const count = entryCount(page);
    this.#entries += count;
    for (let i = 0; i < count; i++) this.#named(entryShard(page, i), entryOrdinal(page, i));
    this.#same ??= this.#unique?.add(page);
  }

  /** Checks the recent entries, and with them what the index names. */
  async #takeRecent(): Promise<void> {
    const { read, pause } = this.#check;
    const { values = 0 } = this.#index.recent ?? {};
    let there = 0;
    const batches = recentBatches(read, this.#index, this.#isPrimary);
    try {
      for (const count of batches) {
        there += count;
        await pause();
      }
    } catch (error) {
      this.#takeDamage(error);
    }
    if (this.#damaged > 0) return;
    if (there !== values) this.#count('recent entries', there, values);
    if (!this.#hasRecent) return;
    let pages = 0;
    for (const page of walkPages(read, this.#index)) {
      this.#takeEntries(page);
      if (++pages % BATCH === 0) await pause();
    }
  }

  #named(shard: number, ordinal: number): void {
    const named = this.#shards.get(shard);
    if (named === undefined || ordinal >= named.entry.records) {
      this.#fault(`${this.#name} names record ${ordinal} of shard ${shard}, which does not exist`);
      return;
    }
    if (!this.#isPrimary) return;
    const { dead, seen } = named;
    const part = Math.floor(ordinal / SEEN_RECORDS);
    const bits = seen[part] ?? new Uint8Array(SEEN_RECORDS / 8);
    seen[part] = bits;
    const at = (ordinal % SEEN_RECORDS) >>> 3;
    const bit = 1 << (ordinal & 7);
    const byte = bits[at]!;
    if ((byte & bit) !== 0) this.#fault(`${this.#name} names record ${ordinal} of shard ${shard} twice`);
    if (isDead(dead, ordinal)) this.#fault(`${this.#name} names record ${ordinal} of shard ${shard}, which is dead`);
    bits[at] = byte | bit;
  }

  /** A record that does not exist is a fault of its own. */
  #isDead(shard: number, ordinal: number): boolean {
    const named = this.#shards.get(shard);
    return named === undefined || isDead(named.dead, ordinal);
  }

  #count(what: string, there: number, expected: number): void {
    const message = `${this.#name} has ${there} ${what}, but its manifest says ${expected}`;
    this.#check.faults.add({ ...this.#place, kind: 'count', message });
  }

  /** @throws what says nothing about the index */
  #takeDamage(error: unknown): void {
    if (isOfTheMoment(error)) throw error;
    this.#damaged++;
    this.#fault((error as Error).message);
  }

  #fault(message: string): void {
    this.#check.faults.add({ ...this.#place, message });
  }
}

/** Reads all recent entries of a tree. @returns how many, in parts @throws GristmillError CHECKSUM_MISMATCH */
function* recentBatches(read: CatalogRead, { tree }: IndexManifest, isKeyed: boolean): Generator<number> {
  for (let after: Uint8Array | undefined; ; ) {
    const batch = read.recentEntries(tree, { isKeyed, after, reverse: false, max: RECENT_BATCH });
    yield batch.length;
    if (batch.length < RECENT_BATCH) return;
    after = batch.at(-1)!.at;
  }
}

function placeText({ shard, ordinal }: Location): string {
  return `record ${ordinal} of shard ${shard}`;
}
