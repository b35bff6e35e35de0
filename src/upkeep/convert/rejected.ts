// [convert]: shards > index > [rejected records] > in place
//
// The files of rejected records, as the store is to have them: sealed or not, and named so.

import { dirname } from 'node:path';
import { collectionOf, pathOfQuarantine, quarantineNames, renamedQuarantine } from '../../store/quarantine/names.js';
import type { Converting } from './shards.js';

const READ_BYTES = 1 << 20;

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
      const writer = to.create(path, 'quarantine file');
      try {
        const chunk = Buffer.allocUnsafe(READ_BYTES);
        for (let at = 0; at < reader.size; ) {
          const read = reader.readSync(chunk, at);
          if (read === 0) break;
          writer.append(chunk.subarray(0, read));
          at += read;
          await step(0, 0);
        }
      } finally {
        writer.close();
      }
    } finally {
      reader.close();
    }
    await to.sync(path);
    last = path;
  }
  if (last !== undefined) to.syncDirectory(dirname(last));
}
