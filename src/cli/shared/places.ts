// Flags of an import into several collections: `--select /users=users --select /orders=orders --key users=id`. What names a
// collection before a key or an index is for that collection, anything else for all of them.

import type { CollectionsImportOptions, ImportedPlace, ImportOptions } from '../../import/options/types.js';
import type { KeyPath } from '../../keys/key-path.js';
import { collectKey, collectPaths } from './arguments.js';

/** The flags that may say for which collection they are, as they were given. */
export interface PlaceFlags {
  readonly select?: readonly string[];
  readonly key?: readonly string[];
  readonly index?: readonly string[];
  readonly uniqueIndex?: readonly string[];
}

/** The options that these flags say. @throws TypeError for flags that contradict each other */
export function placesIn({
  select = [],
  key = [],
  index = [],
  uniqueIndex = [],
}: PlaceFlags):
  | (KeyOptions & Pick<ImportOptions, 'select'>)
  | (KeyOptions & Pick<CollectionsImportOptions, 'collections'>) {
  const places = select.map(placeIn);
  const [first] = places;
  if (first === undefined || (places.length === 1 && first.collection === undefined)) {
    return { ...keysIn(key, index, uniqueIndex), ...(first && { select: first.select }) };
  }
  const collections: Record<string, ImportedPlace> = Object.create(null);
  for (const { select, collection } of places) {
    if (collection === undefined) {
      throw new TypeError(
        `--select ${select} names no collection: with several places, write --select ${select}=<collection>`,
      );
    }
    if (collection in collections) {
      throw new TypeError(`--select names collection ${collection} twice: each collection has one place`);
    }
    const own = (words: readonly string[]) => words.flatMap((word) => wordFor(collection, word) ?? []);
    collections[collection] = { select, ...keysIn(own(key), own(index), own(uniqueIndex)) };
  }
  const isForAll = (word: string) => Object.keys(collections).every((name) => wordFor(name, word) === undefined);
  return { collections, ...keysIn(key.filter(isForAll), index.filter(isForAll), uniqueIndex.filter(isForAll)) };
}

/** `/users=users`: after the last equals sign is the collection. */
function placeIn(word: string): { readonly select: string; readonly collection?: string } {
  const at = word.lastIndexOf('=');
  return at === -1 ? { select: word } : { select: word.slice(0, at), collection: word.slice(at + 1) };
}

/** The part of a key or an index that is for this collection. */
function wordFor(collection: string, word: string): string | undefined {
  return word.startsWith(`${collection}=`) ? word.slice(collection.length + 1) : undefined;
}

type KeyOptions = Pick<ImportOptions, 'key' | 'indexes' | 'uniqueIndexes'>;

function keysIn(key: readonly string[], index: readonly string[], uniqueIndex: readonly string[]): KeyOptions {
  const path = key.reduce<KeyPath | undefined>((before, word) => collectKey(word, before), undefined);
  const pathsIn = (words: readonly string[]) =>
    words.reduce<readonly KeyPath[]>((before, word) => collectPaths(word, before), []);
  return {
    ...(path !== undefined && { key: path }),
    ...(index.length > 0 && { indexes: pathsIn(index) }),
    ...(uniqueIndex.length > 0 && { uniqueIndexes: pathsIn(uniqueIndex) }),
  };
}
