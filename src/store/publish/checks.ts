// source > plan > map > scan > key > frame > shard > verify > merge > [publish]
//
// What must be true of a publication before it may change anything. A count that does not add up means records were lost
// somewhere on the way, and is never published.

import { GristmillError } from '../../base/errors.js';
import { isSamePath, type KeyPath, keyPathText } from '../../keys/key-path.js';
import type { CollectionManifest, KeyRule } from '../types.js';
import type { Publication, Settled } from './publication.js';

export function checkCounts({ shards }: Publication, { counts, dead }: Settled): void {
  const { read, stored, rejected, filtered = 0, added = 0, replaced } = counts;
  expectCount(
    stored + rejected + filtered + replaced,
    read + added,
    'the records stored, rejected, filtered and replaced do not add up to the records read and added',
  );
  let inShards = 0;
  for (const shard of shards) inShards += shard.records;
  expectCount(inShards, stored + replaced, 'the records in the shards do not equal the records stored and replaced');
  let marked = 0;
  for (const ordinals of dead.values()) marked += ordinals.length;
  expectCount(marked, replaced, 'the records marked dead do not equal the records replaced');
}

/** @throws GristmillError COUNT_MISMATCH */
export function expectCount(found: number, expected: number, what: string): void {
  if (found === expected) return;
  throw new GristmillError('COUNT_MISMATCH', `${what}: ${found} instead of ${expected}; nothing was published`);
}

const SAME_INDEXES =
  'use the same, name none to use those of the collection, add the missing ones with createIndex (gristmill index add)';

/** Whether records can be merged into a collection: same key rule, same indexes (in whatever order). */
export function checkSameCollection(
  stored: CollectionManifest,
  publication: Pick<Publication, 'key' | 'indexPaths' | 'uniquePaths'>,
): void {
  const refuse = (what: string, has: string, given: string, how = 'use the same'): never => {
    const message = `collection ${stored.name} has ${what} ${has}, but this import has ${given}: ${how}, or replace the collection`;
    throw new GristmillError('COLLECTION_MISMATCH', message);
  };
  const storedKey = describeKey(stored.key);
  const givenKey = describeKey(publication.key);
  if (!isSameKey(stored.key, publication.key)) refuse('its key', storedKey, givenKey);
  const storedPaths = sortedTexts(stored.secondary.map(({ path }) => path));
  const givenPaths = sortedTexts(publication.indexPaths);
  if (JSON.stringify(storedPaths) !== JSON.stringify(givenPaths)) {
    refuse('indexes', describePaths(storedPaths), describePaths(givenPaths), SAME_INDEXES);
  }
  checkUniqueNamed(stored, publication.uniquePaths ?? []);
}

/** An index that is there becomes unique only by being made again. */
function checkUniqueNamed(stored: CollectionManifest, uniquePaths: readonly KeyPath[]): void {
  const plain = stored.secondary.find(
    ({ path, unique }) => !unique && uniquePaths.some((one) => isSamePath(one, path)),
  );
  if (plain === undefined) return;
  const message = `index ${keyPathText(plain.path)} of collection ${stored.name} is not unique: drop it and make it again, or replace the collection`;
  throw new GristmillError('COLLECTION_MISMATCH', message);
}

/** Whether records have their keys from the same place. */
export function isSameKey(left: KeyRule, right: KeyRule): boolean {
  if (left.kind !== 'path' || right.kind !== 'path') return left.kind === right.kind;
  return isSamePath(left.path, right.path);
}

function sortedTexts(paths: readonly KeyPath[]): string[] {
  return paths.map(keyPathText).sort();
}

export function describeKey(key: KeyRule): string {
  if (key.kind === 'path') return `at path ${keyPathText(key.path)}`;
  return key.kind === 'name' ? 'the member name' : 'the ordinal';
}

function describePaths(paths: readonly string[]): string {
  return paths.length === 0 ? 'none' : paths.join(', ');
}
