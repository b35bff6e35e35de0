// [verify]: catalog > trees > shards
//
// The end of each joined file, which says where its shards are: a repair without the catalog goes by it. The shards themselves
// are verified one by one.

import type { StorePlace } from '../../store/files/blobs.js';
import { shardPath } from '../../store/files/layout.js';
import { byFile, type JoinedShard, readJoined } from '../../store/shards/joined/joined.js';
import type { ShardEntry } from '../../store/types.js';
import type { FaultList } from './faults.js';

/** @throws GristmillError IO_ERROR where there is no descriptor or memory to look */
export async function verifyJoined(
  { directory, blobs }: StorePlace,
  entries: readonly ShardEntry[],
  faults: FaultList,
  pause: () => Promise<void>,
): Promise<void> {
  for (const [file, shards] of byFile(entries.filter(({ at }) => at !== undefined))) {
    await pause();
    const path = shardPath(directory, file);
    faults.guard({ kind: 'shard', file: path }, () => {
      const blob = blobs.open(path, 'shard');
      try {
        const said = readJoined(blob, path, blobs.seal);
        const wrong = shards.find((entry) => !isAt(said?.[entry.fileNumber - Number.parseInt(file, 10)], entry));
        if (wrong === undefined) return;
        throw new Error(`${path} has no entry for shard ${wrong.shard}, or an entry that contradicts the catalog`);
      } finally {
        blob.close();
      }
    });
  }
}

function isAt(said: JoinedShard | undefined, { shard, at, storedBytes }: ShardEntry): boolean {
  return said?.shard === shard && said.region.at === at && said.region.bytes === storedBytes;
}
