// [drop] > plan > rewrite > publish
//
// Shards without a live record leave their collection as a whole; otherwise a store that is changed for ever would get one
// more empty file with each compaction. Two things may still name a dead record: an entry of a secondary index, so the
// indexes have to be clean of all dead records; and an ordinal that is a key, so collections of those keep all shards.

import { failpoint } from '../../base/failpoints.js';
import type { WriterLock } from '../../store/lock/writer-lock.js';
import { addGarbage, filesOnlyOf } from '../../store/publish/garbage.js';
import type { Catalog, CatalogRead, CatalogWrite, CollectionManifest, ShardEntry } from '../../store/types.js';
import { holesOf } from './live-shard.js';
import { change, type NextState, total } from './publish-rewritten.js';

/** What was dropped. */
export interface Dropped {
  readonly shards: number;
  /** Dead records whose text went with them. */
  readonly removed: number;
}

export const NOTHING_DROPPED: Dropped = { shards: 0, removed: 0 };

/** Closed shards of which all records are dead, in collections that can do without them. The open one is not looked at. */
export function deadShards(read: CatalogRead, manifest: CollectionManifest): readonly ShardEntry[] {
  if (manifest.key.kind === 'ordinal') return [];
  const { open: _, ...closed } = manifest;
  return read.shards(closed).filter((entry) => isDeadShard(entry, read));
}

/** Drops the dead shards of a collection now, if its secondary indexes name none of their records. */
export async function dropDeadShards(catalog: Catalog, lock: WriterLock, name: string): Promise<Dropped> {
  catalog.refresh();
  const manifest = catalog.collection(name);
  if (manifest === undefined || !isClean(manifest) || deadShards(catalog, manifest).length === 0) {
    return NOTHING_DROPPED;
  }
  let dropped = NOTHING_DROPPED;
  await change(catalog, lock, name, { operation: 'compact', result: 'dead shards were dropped' }, (write, current) => {
    const { next, ...what } = dropDead(catalog, write, current);
    dropped = what;
    return next;
  });
  return dropped;
}

/**
 * Takes the dead shards out of a collection, within the transaction that publishes the state it returns.
 * @param manifest as it is to be otherwise: what it says of the secondary indexes is true when this transaction ends.
 */
export function dropDead(
  catalog: Catalog,
  write: CatalogWrite,
  manifest: CollectionManifest,
): Dropped & { readonly next: NextState } {
  const dead = isClean(manifest) ? deadShards(catalog, manifest) : [];
  if (dead.length === 0) return { next: { manifest, shards: catalog.shards(manifest) }, ...NOTHING_DROPPED };
  const gone = new Set(dead.map(({ shard }) => shard));
  const kept = catalog.shards(manifest).filter(({ shard }) => !gone.has(shard));
  for (const shard of gone) {
    write.deleteShard(manifest.id, shard);
    write.deleteTombstones(shard);
  }
  const inline = dead.filter(({ fileNumber }) => fileNumber === 0);
  addGarbage(catalog, write, { files: filesOnlyOf(dead, kept), trees: [], inline: inline.map(({ shard }) => shard) });
  const shards = closeUp(kept);
  const open = manifest.open && shards.at(-1);
  shards.forEach((entry, i) => {
    if (entry !== kept[i] && entry !== open) write.putShard(manifest.id, entry);
  });
  const [records, holes] = [total(dead, 'records'), total(dead, 'holes')];
  const { cleaned, ...rest } = manifest;
  const without: CollectionManifest = {
    ...rest,
    dead: manifest.dead - records,
    dropped: (manifest.dropped ?? 0) + records,
    holes: manifest.holes - holes,
    // Where the last index was dropped, it says nothing any more: it need not count the records that go.
    ...(cleaned !== undefined && manifest.secondary.length > 0 && { cleaned: cleaned - records }),
    inline: manifest.inline - total(inline, 'records'),
    shards: shards.length,
    ...(open && { open }),
    plainBytes: manifest.plainBytes - total(dead, 'plainBytes'),
    storedBytes: manifest.storedBytes - total(dead, 'storedBytes'),
  };
  failpoint('compact.drop');
  return { next: { manifest: without, shards }, shards: dead.length, removed: records - holes };
}

/** Whether no secondary index has an entry of a dead record: none has died since they were cleaned. */
function isClean({ secondary, dead, cleaned }: CollectionManifest): boolean {
  return secondary.length === 0 || cleaned === dead;
}

/** The count says so cheaply, and the bitmap must agree: what is dropped cannot be had back. */
function isDeadShard(entry: ShardEntry, read: CatalogRead): boolean {
  return read.tombstoneState(entry.shard)?.dead === entry.records && holesOf(entry, read).lines === 0;
}

/** The shards one after another, without the gaps that others have left. */
function closeUp(shards: readonly ShardEntry[]): readonly ShardEntry[] {
  let next = 0;
  return shards.map((entry) => {
    const firstOrdinal = next;
    next += entry.records;
    return entry.firstOrdinal === firstOrdinal ? entry : { ...entry, firstOrdinal };
  });
}
