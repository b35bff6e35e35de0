// [repair]: shards > entries > pages > index in place
//
// Case b: what the last import of a collection says of its indexes besides their paths. Records that transactions deleted or
// replaced are back, and may have values of others. So an index is made unique again only if it is, once all is published.

import { isSamePath, type KeyPath, quotedPath } from '../../keys/key-path.js';
import { walkPages } from '../../store/pages/walk.js';
import { nextGeneration, publishState } from '../../store/publish/publish-state.js';
import { deadAmong, LiveCheck } from '../../store/publish/unique.js';
import type { ImportOrigin } from '../../store/shards/origin.js';
import type { Catalog, CollectionManifest, IndexManifest, Location, ShardEntry } from '../../store/types.js';

interface Target {
  readonly catalog: Catalog;
  readonly notes: string[];
  readonly pause: () => Promise<void>;
}

/** Marks indexes as unique, and as kept by imports that do not name them. What cannot be unique any more is noted. */
export async function restoreIndexFacts(
  target: Target,
  collection: string,
  { unique = [], kept = [] }: Pick<ImportOrigin, 'unique' | 'kept'>,
): Promise<void> {
  const { catalog, notes } = target;
  const manifest = catalog.collection(collection);
  if (manifest === undefined || unique.length + kept.length === 0) return;
  const isIn = (paths: readonly KeyPath[], { path }: IndexManifest): boolean =>
    paths.some((one) => isSamePath(one, path));
  const shards = catalog.shards(manifest);
  const secondary: IndexManifest[] = [];
  for (const index of manifest.secondary) {
    const same = isIn(unique, index) ? await violationOf(target, index, shards) : undefined;
    if (same) notes.push(noteOn(manifest, index, same, shards));
    secondary.push({
      ...index,
      ...(isIn(kept, index) && { kept: true as const }),
      ...(isIn(unique, index) && !same && { unique: true as const }),
    });
  }
  await catalog.transaction((write) => {
    publishState(catalog, write, { ...manifest, secondary, generation: nextGeneration(catalog, write) }, shards);
  });
}

/** Records that the index does not allow if it is unique. */
async function violationOf(
  { catalog, pause }: Target,
  index: IndexManifest,
  shards: readonly ShardEntry[],
): Promise<readonly Location[] | undefined> {
  const check = new LiveCheck(deadAmong(catalog, shards));
  for (const page of walkPages(catalog, index)) {
    const places = check.add(page);
    if (places) return places;
    await pause();
  }
  return undefined;
}

function noteOn(
  { name }: CollectionManifest,
  { path }: IndexManifest,
  places: readonly Location[],
  shards: readonly ShardEntry[],
): string {
  const firstOf = new Map(shards.map(({ shard, firstOrdinal }) => [shard, firstOrdinal]));
  const ordinals = places.map(({ shard, ordinal }) => firstOf.get(shard)! + ordinal);
  const why =
    ordinals.length === 1
      ? `the record with ordinal ${ordinals[0]} has a value that is too long`
      : `the records with ordinals ${ordinals.join(' and ')} have the same value`;
  return `Index ${quotedPath(path)} of collection ${name} is not unique any more, because ${why}. Drop the index, correct the records, and make it again.`;
}
