// plan > rewrite > [publish]
//
// The transactions of a compaction. Before the first the open inline shard is closed: what transactions put meanwhile goes
// into a new one. Each of the others exchanges the file of one shard, and leaves the old one to the garbage collection.

import { GristmillError } from '../../base/errors.js';
import type { WriterLock } from '../../store/lock/writer-lock.js';
import { addGarbage } from '../../store/publish/garbage.js';
import { nextGeneration, publishState } from '../../store/publish/publish-state.js';
import type { Catalog, CatalogWrite, CollectionManifest, ShardEntry } from '../../store/types.js';

/** Gives the open inline shard of a collection an entry of its own, if there is one. */
export async function sealOpenShard(catalog: Catalog, lock: WriterLock, name: string): Promise<void> {
  catalog.refresh();
  if (catalog.collection(name)?.open === undefined) return;
  await change(catalog, lock, name, (write, { open, ...manifest }) => {
    if (open !== undefined) write.putShard(manifest.id, open);
    return { manifest, shards: catalog.shards(manifest) };
  });
}

/** @throws GristmillError STORE_BUSY when the lock is lost, or the shard is gone, open, or has other records than were rewritten. */
export function publishRewritten(
  catalog: Catalog,
  lock: WriterLock,
  name: string,
  entry: ShardEntry,
  rewritten: ShardEntry,
): Promise<void> {
  return change(catalog, lock, name, (write, manifest) => {
    const shards = catalog.shards(manifest);
    const found = shards.find(({ shard }) => shard === entry.shard && shard !== manifest.open?.shard);
    if (found?.fileNumber !== entry.fileNumber || found.records !== entry.records) {
      throw new GristmillError(
        'STORE_BUSY',
        `collection ${name} was replaced during its compaction: run the compaction again`,
      );
    }
    write.putShard(manifest.id, rewritten);
    const isInline = entry.fileNumber === 0;
    addGarbage(catalog, write, {
      files: isInline ? [] : [entry.file],
      trees: [],
      inline: isInline ? [entry.shard] : [],
    });
    const changed = {
      ...manifest,
      holes: manifest.holes + rewritten.holes - entry.holes,
      inline: manifest.inline - (isInline ? entry.records : 0),
      plainBytes: manifest.plainBytes + rewritten.plainBytes - entry.plainBytes,
      storedBytes: manifest.storedBytes + rewritten.storedBytes - entry.storedBytes,
    };
    return { manifest: changed, shards: shards.map((one) => (one === found ? rewritten : one)) };
  });
}

/** A collection as it is to be: its manifest, and all of its shards. */
export interface NextState {
  readonly manifest: CollectionManifest;
  readonly shards: readonly ShardEntry[];
}

/** One transaction that changes where a collection's records are, and nothing else about them. */
export function change(
  catalog: Catalog,
  lock: WriterLock,
  name: string,
  stateOf: (write: CatalogWrite, manifest: CollectionManifest) => NextState,
): Promise<void> {
  return catalog.transaction((write) => {
    lock.check();
    const manifest = catalog.collection(name);
    if (manifest === undefined)
      throw new GristmillError('STORE_BUSY', `collection ${name} was removed during its compaction`);
    const next = stateOf(write, manifest);
    // After it: it may have taken numbers.
    const generation = nextGeneration(catalog, write);
    publishState(catalog, write, { ...next.manifest, generation, layout: generation }, next.shards);
  });
}
