// [verify]: catalog > trees > shards
//
// What the values of one collection say together: shards that follow one another, tombstones and inline records that are
// as many as their counts, live records as many as the manifest says.

import { isDead } from '../store/tombstones.js';
import type { CollectionManifest, ShardEntry } from '../store/types.js';
import type { FaultList } from './faults.js';
import type { Inventory } from './verify-values.js';

export function verifyCollection(
  manifest: CollectionManifest,
  found: Inventory,
  file: string,
  faults: FaultList,
): void {
  const { name: collection } = manifest;
  const expect = (there: number, said: number, what: string): void => {
    if (there === said) return;
    const message = `collection ${collection} has ${there} ${what}, its manifest says ${said}`;
    faults.add({ kind: 'count', file, collection, message });
  };
  const shards = found.shardsOf(manifest);
  let records = 0;
  let dead = 0;
  let holes = 0;
  let inline = 0;
  for (const entry of shards) {
    if (entry.firstOrdinal !== records) {
      const message = `shard ${entry.shard} of collection ${collection} begins with record ${entry.firstOrdinal} instead of ${records}`;
      faults.add({ kind: 'count', file, collection, message });
    }
    records += entry.records;
    holes += entry.holes;
    dead += verifyTombstones(entry, collection, found, file, faults);
    if (entry.fileNumber !== 0) continue;
    inline += entry.records;
    verifyInline(entry, collection, found, file, faults);
  }
  expect(shards.length, manifest.shards, 'shards');
  expect(dead, manifest.dead, 'dead records');
  expect(records - dead, manifest.records, 'live records');
  expect(holes, manifest.holes, 'records whose text is gone');
  expect(inline, manifest.inline, 'inline records');
}

/** @returns how many records of the shard are dead */
function verifyTombstones(
  { shard, records }: ShardEntry,
  collection: string,
  found: Inventory,
  file: string,
  faults: FaultList,
): number {
  const bitmap = found.bitmapOf(shard);
  let dead = 0;
  for (let ordinal = 0; ordinal < 8 * bitmap.byteLength; ordinal++) {
    if (!isDead(bitmap, ordinal)) continue;
    dead++;
    if (ordinal < records) continue;
    const message = `record ${ordinal} of shard ${shard} is marked dead, and the shard has ${records}`;
    faults.add({ kind: 'count', file, collection, message });
  }
  const said = found.tombstones.get(shard)?.state?.dead ?? 0;
  if (said !== dead) {
    const message = `${dead} records of shard ${shard} of collection ${collection} are marked dead, ${said} are said to be`;
    faults.add({ kind: 'count', file, collection, message });
  }
  return dead;
}

function verifyInline(
  { shard, records, firstOrdinal }: ShardEntry,
  collection: string,
  found: Inventory,
  file: string,
  faults: FaultList,
): void {
  const there = found.inline.get(shard) ?? new Uint8Array();
  const dead = found.bitmapOf(shard);
  for (let ordinal = 0; ordinal < records; ordinal++) {
    if (isDead(there, ordinal) || isDead(dead, ordinal)) continue;
    const range = { from: firstOrdinal + ordinal, to: firstOrdinal + ordinal + 1 };
    const message = `record ${ordinal} of shard ${shard} of collection ${collection} is missing`;
    faults.add({ kind: 'value', file, collection, records: range, message });
  }
}
