// source > plan > map > scan > key > frame > shard > verify > merge > [publish]
//
// The one transaction of a publication (Invariant 7). Everything in here is synchronous and either all of it happens or
// nothing; the last thing it does is to see that the new counts add up.

import { GristmillError } from '../../base/errors.js';
import { failpoint } from '../../base/failpoints.js';
import type { Catalog, CatalogWrite, CollectionManifest, ShardEntry } from '../types.js';
import { addGarbage, NOTHING_UNNAMED, unnameCollection } from './garbage.js';
import type { MergePlan } from './merge-plan.js';
import type { Publication, PublishResult, Settled } from './publication.js';
import { nextGeneration, publishState } from './publish-state.js';

export function commitPublication(
  catalog: Catalog,
  write: CatalogWrite,
  publication: Publication,
  { counts }: Settled,
  plan: MergePlan,
): PublishResult {
  const current = catalog.collection(publication.name);
  const merging = publication.mode !== 'replace';
  // Its keys are hidden otherwise where it was made since the import began, and its records have the shape of that time.
  const isOther =
    current !== undefined && (current.keySalt !== publication.keySalt || current.shape !== publication.shape);
  if (isOther || (merging && current?.generation !== plan.base?.generation)) {
    const message = `another import published to collection ${publication.name} at the same time; nothing was changed: run this import again`;
    throw new GristmillError('STORE_BUSY', message);
  }
  const [primary, ...secondary] = plan.apply(write);
  const gone = merging || current === undefined ? NOTHING_UNNAMED : unnameCollection(catalog, write, current);
  const unnamed = {
    files: [
      ...publication.shards.filter(({ records, at }) => records === 0 && at === undefined).map(({ file }) => file),
      ...gone.files,
    ],
    trees: [...plan.rewrittenTrees(), ...gone.trees],
    inline: gone.inline,
  };
  addGarbage(catalog, write, unnamed);

  const id = collectionId(catalog, write, current);
  const generation = nextGeneration(catalog, write);

  const { base } = plan;
  const stored = base === undefined ? [] : catalog.shards(base);
  const added = placeAfter(stored, publication.shards, publication.shape);
  for (const shard of added) write.putShard(id, shard);
  // What comes after it closes it.
  const open = added.length === 0 ? base?.open : undefined;
  if (base?.open !== undefined && open === undefined) write.putShard(id, base.open);

  const result = {
    counts: { ...counts, stored: counts.stored - plan.lost, replaced: counts.replaced + plan.lost },
    updated: plan.updated,
  };
  const shards = [...stored, ...added];
  const manifest: CollectionManifest = {
    name: publication.name,
    id,
    generation,
    framing: publication.framing,
    key: publication.key,
    primary: publication.key.kind === 'ordinal' ? undefined : primary,
    secondary,
    ...(publication.positions && { positions: true }),
    ...(publication.shape !== undefined && { shape: publication.shape }),
    ...(publication.keySalt !== undefined && { keySalt: publication.keySalt }),
    records: (base?.records ?? 0) + result.counts.stored - plan.updated,
    dead: (base?.dead ?? 0) + plan.marks.added,
    ...(base?.dropped !== undefined && { dropped: base.dropped }),
    holes: (base?.holes ?? 0) + total(added, 'holes'),
    inline: base?.inline ?? 0,
    // Whoever publishes settles them, last in this transaction.
    ...(current?.edits !== undefined && { edits: current.edits }),
    // New records were checked against it.
    ...(current?.schema !== undefined && { schema: current.schema }),
    shards: shards.length,
    layout: added.length > 0 || base === undefined ? generation : base.layout,
    ...madeIn(base, generation),
    ...(open && { open }),
    sourceBytes: (base?.sourceBytes ?? 0) + publication.sourceBytes,
    storedBytes: total(shards, 'storedBytes'),
    plainBytes: total(shards, 'plainBytes'),
    published: new Date().toISOString(),
  };
  publishState(catalog, write, manifest, shards, plan.marks);
  failpoint('publish.commit');
  return { manifest, ...result };
}

/** When the locations of its records came to be: now, unless records are added to those of another publication. */
function madeIn(base: CollectionManifest | undefined, generation: number): Pick<CollectionManifest, 'made'> {
  if (base === undefined) return { made: generation };
  return base.made === undefined ? {} : { made: base.made };
}

/** The number of a collection, or of a new one: no other gets it. */
function collectionId(catalog: Catalog, write: CatalogWrite, current: CollectionManifest | undefined): number {
  const header = catalog.header();
  const id = current?.id ?? header.nextCollection;
  if (id >= header.nextCollection) write.putHeader({ ...header, nextCollection: id + 1 });
  return id;
}

/** Places the shards that have records behind those there are. @param shape of the collection: shards have it that say no other */
function placeAfter(
  stored: readonly ShardEntry[],
  shards: Publication['shards'],
  shape: number | undefined,
): readonly ShardEntry[] {
  const last = stored.at(-1);
  let firstOrdinal = last === undefined ? 0 : last.firstOrdinal + last.records;
  const placed: ShardEntry[] = [];
  for (const entry of shards) {
    if (entry.records === 0) continue;
    placed.push({ ...entry, firstOrdinal, shape: (entry.shape ?? shape) || undefined });
    firstOrdinal += entry.records;
  }
  return placed;
}

function total(shards: readonly ShardEntry[], fact: 'records' | 'holes' | 'storedBytes' | 'plainBytes'): number {
  let sum = 0;
  for (const shard of shards) sum += shard[fact];
  return sum;
}
