// [index]: [shards] > entries > pages > publish
//
// The live records of an inline shard, a few at a time.

import { GristmillError } from '../../base/errors.js';
import { isDead } from '../../store/catalog/tombstones.js';
import type { CatalogRead, InlineRecord, ShardEntry } from '../../store/types.js';

/** Records taken together. */
const BATCH = 256;

/** @param dead tombstones of the shard @param first ordinal of the first one @throws GristmillError CHECKSUM_MISMATCH when records are missing */
export function* liveRecords(
  read: CatalogRead,
  { shard, records }: Pick<ShardEntry, 'shard' | 'records'>,
  dead: Uint8Array,
  first = 0,
): Generator<InlineRecord> {
  for (let from = first; from < records; ) {
    const batch = read.inlineRecords(shard, from, Math.min(BATCH, records - from));
    const last = batch.at(-1);
    if (last === undefined) {
      throw new GristmillError(
        'CHECKSUM_MISMATCH',
        `records of inline shard ${shard} are missing, from record ${from} on`,
      );
    }
    for (const record of batch) if (record.ordinal < records && !isDead(dead, record.ordinal)) yield record;
    from = last.ordinal + 1;
  }
}
