// [repair]: shards > entries > pages > index in place
//
// Case b: the versions of collections, as the files of their shards know them (store/shapes/evolved.ts). The file that was written
// last speaks for its collection. A file that contradicts it is not used.

import { type EvolvedOrigin, historyIn, isBeginningOf } from '../../store/shapes/evolved.js';
import { versionOf } from '../../store/shapes/tree.js';
import type { ShardOrigin } from '../../store/shards/origin.js';
import type { Catalog } from '../../store/types.js';

/** A shard, as its file tells. */
interface SaidShard {
  readonly origin: ShardOrigin;
  readonly shape: number;
  readonly file: string;
}

/** By the name of the collection. */
export type EvolvedCollections = ReadonlyMap<string, EvolvedOrigin>;

export function evolvedAmong(shards: readonly Pick<SaidShard, 'origin'>[]): EvolvedCollections {
  const newest = new Map<string, EvolvedOrigin>();
  for (const { origin } of shards) {
    const { collection, evolved } = origin;
    if (evolved && evolved.generation >= (newest.get(collection)?.generation ?? 0)) newest.set(collection, evolved);
  }
  return newest;
}

/** Goes on counting after the generations that files know: those that are written next must be newer. */
export async function continueGenerations(catalog: Catalog, collections: EvolvedCollections): Promise<void> {
  const newest = Math.max(...Array.from(collections.values(), ({ generation }) => generation));
  await catalog.transaction((write) => {
    const header = catalog.header();
    write.putHeader({ ...header, generation: Math.max(header.generation, newest) });
  });
}

/** Why a shard cannot be used, if it cannot. */
export function otherVersions(said: SaidShard, collections: EvolvedCollections): string | undefined {
  const { shape, file, origin } = said;
  const { collection, evolved } = origin;
  const shapes = collections.get(collection)?.shapes ?? [];
  if (shape > shapes.length)
    return `${file} has records that were stored after a migration, and no file says which one: restore a backup; the file stays`;
  if (evolved === undefined || isBeginningOf(evolved.shapes, shapes)) return undefined;
  return `${file} says of the migrations of collection ${collection} what a file that was written later contradicts`;
}

/** What a user is told of a collection that has versions. */
export function noteOn(collection: string, evolved: EvolvedOrigin): string {
  const version = versionOf(historyIn(evolved), evolved.shape);
  return `Collection ${collection} has version ${version}, the last one that its shards know. If a migration was applied, undone or made final after the last of them was written, do that again.`;
}
