// [convert]: shards > index > [rejected records] > in place
//
// The files of rejected records, as the store is to have them: sealed or not, and named so.

import { dirname } from 'node:path';
import { copyQuarantine } from '../../store/quarantine/copy.js';
import { collectionOf, pathOfQuarantine, quarantineNames, renamedQuarantine } from '../../store/quarantine/names.js';
import type { Converting } from './shards.js';

/**
 * @param names of the collections that there are
 * @param dropped imports that are not resumed any more: their files go with them
 */
export async function convertRejected(
  { store, made, from, to, step }: Converting,
  names: readonly string[],
  dropped: ReadonlySet<string>,
): Promise<void> {
  let last: string | undefined;
  for (const one of quarantineNames({ directory: store, blobs: from })) {
    if (dropped.has(one.id)) continue;
    const collection = collectionOf(one, names, from.seal) ?? one.collection;
    const name = collection === undefined ? one.name : renamedQuarantine(one, collection, to.seal);
    const path = pathOfQuarantine({ directory: made }, name);
    to.makeDirectory(dirname(path));
    to.remove(path);
    const reader = from.open(pathOfQuarantine({ directory: store }, one.name), 'quarantine file');
    try {
      await copyQuarantine(reader, to, path, step);
    } finally {
      reader.close();
    }
    last = path;
  }
  if (last !== undefined) to.syncDirectory(dirname(last));
}
