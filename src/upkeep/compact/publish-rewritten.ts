// plan > rewrite > [publish]
//
// The transactions of a compaction. Before the first the open inline shard is closed: what transactions put meanwhile goes
// into a new one. Each of the others exchanges the files of some shards for a new one, and leaves the old ones to the garbage
// collection.

import { GristmillError } from '../../base/errors.js';
import type { AuditChange } from '../../store/audit/types.js';
import type { WriterLock } from '../../store/lock/writer-lock.js';
import { addGarbage, filesOnlyOf } from '../../store/publish/garbage.js';
import { nextGeneration, publishState } from '../../store/publish/publish-state.js';
import type { Catalog, CatalogWrite, CollectionManifest, ShardEntry } from '../../store/types.js';

/** Gives the open inline shard of a collection an entry of its own, if there is one. */
export async function sealOpenShard(catalog: Catalog, lock: WriterLock, name: string): Promise<void> {
  catalog.refresh();
  if (catalog.collection(name)?.open === undefined) return;
  const closed = { operation: 'compact', result: 'the open shard was closed' } as const;
  await change(catalog, lock, name, closed, (write, { open, ...manifest }) => {
    if (open !== undefined) write.putShard(manifest.id, open);
    return { manifest, shards: catalog.shards(manifest) };
  });
}

/**
 * Publishes shards that have moved into a new file.
 * @param before their entries as they were planned; `after`: as they are to be, in the same order
 * @throws GristmillError STORE_BUSY when the lock is lost, or a shard is gone, open, or has other records than were moved.
 */
export function publishRewritten(
  catalog: Catalog,
  lock: WriterLock,
  name: string,
  before: readonly ShardEntry[],
  after: readonly ShardEntry[],
  operation: MovingOperation = 'compact',
): Promise<void> {
  const result = `${after.length} shards were written to a new file`;
  return change(catalog, lock, name, { operation, result }, (write, manifest) => {
    const shards = catalog.shards(manifest);
    const found = new Map(shards.map((entry) => [entry.shard, entry]));
    if (manifest.open) found.delete(manifest.open.shard);
    for (const { shard, fileNumber, records } of before) {
      const now = found.get(shard);
      if (now?.fileNumber === fileNumber && now.records === records) continue;
      throw new GristmillError('STORE_BUSY', `collection ${name} was replaced meanwhile: run the ${operation} again`);
    }
    const moved = new Map(after.map((entry) => [entry.shard, entry]));
    const next = shards.map((entry) => moved.get(entry.shard) ?? entry);
    for (const entry of after) write.putShard(manifest.id, entry);
    const inline = before.filter(({ fileNumber }) => fileNumber === 0);
    addGarbage(catalog, write, {
      files: filesOnlyOf(before, next),
      trees: [],
      inline: inline.map(({ shard }) => shard),
    });
    // Its dead records have gone: a profile that has them is made anew when it is asked for.
    if (total(after, 'holes') > total(before, 'holes')) write.putProfile(manifest.id, undefined);
    const gained = (fact: 'holes' | 'plainBytes' | 'storedBytes') => total(after, fact) - total(before, fact);
    const changed = {
      ...manifest,
      holes: manifest.holes + gained('holes'),
      inline: manifest.inline - total(inline, 'records'),
      plainBytes: manifest.plainBytes + gained('plainBytes'),
      storedBytes: manifest.storedBytes + gained('storedBytes'),
    };
    return { manifest: changed, shards: next };
  });
}

/** What gives shards new files. */
type MovingOperation = 'compact' | 'reencrypt';

/** A collection as it is to be: its manifest, and all of its shards. */
export interface NextState {
  readonly manifest: CollectionManifest;
  readonly shards: readonly ShardEntry[];
}

/**
 * One transaction that changes where a collection's records are, and nothing else about them.
 * @param what it does, for the audit log
 */
export function change(
  catalog: Catalog,
  lock: WriterLock,
  name: string,
  what: Pick<AuditChange, 'result'> & { readonly operation: MovingOperation },
  stateOf: (write: CatalogWrite, manifest: CollectionManifest) => NextState,
): Promise<void> {
  return catalog.transaction((write) => {
    lock.check();
    const before = catalog.generation();
    const manifest = catalog.collection(name);
    if (manifest === undefined) throw new GristmillError('STORE_BUSY', `collection ${name} was removed meanwhile`);
    const next = stateOf(write, manifest);
    // After it: it may have taken numbers.
    const generation = nextGeneration(catalog, write);
    publishState(catalog, write, { ...next.manifest, generation, layout: generation }, next.shards);
    const { records, dead } = next.manifest;
    lock.log(write, before, { ...what, collections: [{ name, records, dead }] });
  });
}

/** A sum over shards. */
export function total(shards: readonly ShardEntry[], fact: 'records' | 'holes' | 'plainBytes' | 'storedBytes'): number {
  return shards.reduce((sum, entry) => sum + entry[fact], 0);
}
