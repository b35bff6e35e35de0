// source > plan > map > scan > key > frame > shard > verify > merge > [publish]
//
// The one transaction of a publication (Invariant 7). Everything in here is synchronous and either all of it happens or
// nothing; the last thing it does is to see that the new counts add up.

import { GristmillError } from '../errors.js';
import type { Publication, PublishResult } from './publish.js';
import { expectCount } from './publish-checks.js';
import type { MergePlan } from './publish-merge.js';
import type { Catalog, CatalogWrite, CollectionManifest, ShardEntry } from './types.js';

export interface Commit {
  readonly result: PublishResult;
  /** Trees to delete now that nothing names them. */
  readonly obsoleteTrees: readonly number[];
}

export function commitPublication(
  catalog: Catalog,
  write: CatalogWrite,
  publication: Publication,
  plan: MergePlan,
): Commit {
  const current = catalog.collection(publication.name);
  const merging = publication.mode !== 'replace';
  if (merging && current?.generation !== plan.base?.generation) {
    const message = `another import published to collection ${publication.name} meanwhile; nothing was changed: run this one again`;
    throw new GristmillError('STORE_BUSY', message);
  }
  const [primary, ...secondary] = plan.apply(write);
  const obsolete = publication.shards.filter(({ records }) => records === 0).map(({ file }) => file);
  const obsoleteTrees = plan.rewrittenTrees();
  const dropped = merging ? undefined : current;
  if (dropped !== undefined) {
    for (const { shard, file } of catalog.shards(dropped.id)) {
      write.deleteShard(dropped.id, shard);
      write.putTombstones(shard, undefined);
      obsolete.push(file);
    }
    for (const index of [dropped.primary, ...dropped.secondary]) if (index) obsoleteTrees.push(index.tree);
  }

  // After `apply`, which may have numbered trees.
  const header = catalog.header();
  const generation = header.generation + 1;
  const id = current?.id ?? header.nextCollection;
  write.putHeader({ ...header, generation, nextCollection: Math.max(header.nextCollection, id + 1) });

  const shards = placeShards(merging && current !== undefined ? catalog.shards(id) : [], publication, plan);
  for (const shard of shards.changed) write.putShard(id, shard);
  for (const { shard, bitmap } of plan.marks.changed()) write.putTombstones(shard, bitmap);

  const { counts } = publication;
  const result = {
    counts: { ...counts, stored: counts.stored - plan.lost, replaced: counts.replaced + plan.lost },
    updated: plan.updated,
  };
  const manifest: CollectionManifest = {
    name: publication.name,
    id,
    generation,
    framing: publication.framing,
    key: publication.key,
    primary: publication.key.kind === 'ordinal' ? undefined : primary,
    secondary,
    records: (plan.base?.records ?? 0) + result.counts.stored - plan.updated,
    dead: total(shards.all, 'dead'),
    shards: shards.all.length,
    sourceBytes: (plan.base?.sourceBytes ?? 0) + publication.sourceBytes,
    storedBytes: total(shards.all, 'storedBytes'),
    plainBytes: total(shards.all, 'plainBytes'),
    published: new Date().toISOString(),
  };
  expectCount(total(shards.all, 'records') - manifest.dead, manifest.records, 'live records in the shards');
  if (manifest.primary) expectCount(manifest.primary.entries, manifest.records, 'entries of the primary index');
  write.putCollection(manifest);
  return { result: { manifest, ...result, obsolete }, obsoleteTrees };
}

/** The entries of all shards after the publication, and of those that are new or changed. */
function placeShards(
  stored: readonly ShardEntry[],
  publication: Publication,
  plan: MergePlan,
): { readonly all: readonly ShardEntry[]; readonly changed: readonly ShardEntry[] } {
  const died = new Map<number, number>();
  for (const { shard, added } of plan.marks.changed()) died.set(shard, added);
  const all: ShardEntry[] = [];
  const changed: ShardEntry[] = [];
  let firstOrdinal = 0;
  for (const entry of stored) {
    const dead = died.get(entry.shard) ?? 0;
    const placed = dead === 0 ? entry : { ...entry, dead: entry.dead + dead };
    all.push(placed);
    if (dead > 0) changed.push(placed);
    firstOrdinal = entry.firstOrdinal + entry.records;
  }
  for (const entry of publication.shards) {
    if (entry.records === 0) continue;
    const placed = { ...entry, firstOrdinal, dead: died.get(entry.shard) ?? 0 };
    all.push(placed);
    changed.push(placed);
    firstOrdinal += entry.records;
  }
  return { all, changed };
}

function total(shards: readonly ShardEntry[], fact: 'records' | 'dead' | 'storedBytes' | 'plainBytes'): number {
  let sum = 0;
  for (const shard of shards) sum += shard[fact];
  return sum;
}
