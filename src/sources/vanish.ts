// source > [compare] > import > [vanish] > publish
//
// Records that are no longer in their sources. They are looked up before the import, with their keys, and taken out of the
// index in the publishing transaction: those that are still where they were. A record that the import has replaced is
// dead by then, and one that was put under the same key is somewhere else.

import { isDead } from '../store/catalog/tombstones.js';
import type { StorePlace } from '../store/files/blobs.js';
import { shardPath } from '../store/files/layout.js';
import type { Change } from '../store/pages/change.js';
import { compareEntries } from '../store/pages/merge-page.js';
import { formsOf } from '../store/shards/forms.js';
import { lineText } from '../store/shards/frame.js';
import { ShardReader } from '../store/shards/read.js';
import { fileLines } from '../store/shards/shard-lines.js';
import type { CatalogRead, CollectionManifest, ShardEntry } from '../store/types.js';
import { keyReader } from '../update/records/line-key.js';
import type { RecordRange } from './manifest.js';

/** Live records in these ranges, in the order of their keys; without a primary key in that of their places. */
export async function recordsIn(
  read: CatalogRead,
  place: StorePlace,
  manifest: CollectionManifest,
  ranges: readonly RecordRange[],
  pause: () => Promise<void>,
): Promise<Change[]> {
  const byShard = new Map<number, RecordRange[]>();
  for (const range of ranges) byShard.set(range.shard, [...(byShard.get(range.shard) ?? []), range]);
  const keyOf = keyReader(manifest, place.seal);
  const forms = formsOf(read, manifest);
  const found: Change[] = [];
  for (const entry of read.shards(manifest)) {
    const wanted = byShard.get(entry.shard);
    if (wanted === undefined) continue;
    const { shard } = entry;
    const form = forms.of(entry);
    const dead = read.tombstones(entry);
    for await (const { ordinal, line } of linesIn(place, entry, wanted)) {
      if (isDead(dead, ordinal)) continue;
      found.push({ key: keyOf(line, form), shard, ordinal, isRemoval: true });
    }
    await pause();
  }
  return found.sort(compareEntries);
}

/** The lines of some ranges of a shard; holes have none. */
async function* linesIn(
  { directory, blobs }: StorePlace,
  entry: ShardEntry,
  ranges: readonly RecordRange[],
): AsyncGenerator<{ readonly ordinal: number; readonly line: string }> {
  const reader = ShardReader.open(blobs, shardPath(directory, entry.file), entry);
  try {
    // After the file has said that it has so many.
    const wanted = new Uint8Array(entry.records);
    for (const { first, count } of ranges) wanted.fill(1, first, first + count);
    for await (const { frame, ordinalOf } of fileLines(reader)) {
      for (let i = 0; i < frame.lines.length - 1; i++) {
        const ordinal = ordinalOf(i);
        if (wanted[ordinal] === 1) yield { ordinal, line: lineText(frame, i) };
      }
    }
  } finally {
    reader.close();
  }
}
