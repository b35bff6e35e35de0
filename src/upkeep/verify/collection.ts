// [verify]: catalog > trees > shards
//
// What the values of one collection say together: shards that follow one another, tombstones and inline records that are
// as many as their counts, live records as many as the manifest says.

import { isDead } from '../../store/catalog/tombstones.js';
import type { CollectionManifest, ShardEntry } from '../../store/types.js';
import type { FaultList } from './faults.js';
import { verifyShapes } from './shapes.js';
import type { Inventory } from './values.js';

export function verifyCollection(
  manifest: CollectionManifest,
  found: Inventory,
  file: string,
  faults: FaultList,
): void {
  const { name: collection } = manifest;
  const expect = (there: number, said: number, what: string): void => {
    if (there === said) return;
    const message = `collection ${collection} has ${there} ${what}, but its manifest says ${said}`;
    faults.add({ kind: 'count', file, collection, message });
  };
  verifyShapes(manifest, found, file, faults);
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
    if (bitmap[ordinal >>> 3] === 0) ordinal |= 7; // no record of these eight
    if (!isDead(bitmap, ordinal)) continue;
    dead++;
    if (ordinal < records) continue;
    const message = `record ${ordinal} of shard ${shard} is marked dead, but the shard has only ${records} records`;
    faults.add({ kind: 'count', file, collection, message });
  }
  const said = found.tombstones.get(shard)?.state?.dead ?? 0;
  if (said !== dead) {
    const message = `shard ${shard} of collection ${collection} has ${dead} records marked dead, but its tombstones say ${said}`;
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
  const missing = (from: number, to: number): void => {
    const which = to === from + 1 ? `record ${from}` : `records ${from} to ${to - 1}`;
    const message = `${which} of shard ${shard} of collection ${collection} ${to === from + 1 ? 'is' : 'are'} missing`;
    faults.add({
      kind: 'value',
      file,
      collection,
      records: { from: firstOrdinal + from, to: firstOrdinal + to },
      message,
    });
  };
  // Behind what anything is known of, all are missing, however many there are said to be.
  const known = Math.min(records, 8 * Math.max(there.byteLength, dead.byteLength));
  for (let ordinal = 0; ordinal < known; ordinal++) {
    if (!isDead(there, ordinal) && !isDead(dead, ordinal)) missing(ordinal, ordinal + 1);
  }
  if (known < records) missing(known, records);
}
