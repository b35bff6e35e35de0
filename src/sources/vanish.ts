// source > [compare] > import > [vanish] > publish
//
// Records that are no longer in their sources. They are looked up before the import, with their keys, and taken out of the
// index in the publishing transaction: those that are still where they were. A record that the import has replaced is
// dead by then, and one that was put under the same key is somewhere else.

import { encodeKey } from '../keys/encode.js';
import { isDead, TombstoneMarks } from '../store/catalog/tombstones.js';
import type { StorePlace } from '../store/files/blobs.js';
import { shardPath } from '../store/files/layout.js';
import type { Change } from '../store/pages/change.js';
import { applyChanges, mergeInPlace } from '../store/pages/merge.js';
import { compareEntries } from '../store/pages/merge-page.js';
import { nextGeneration, publishState } from '../store/publish/publish-state.js';
import type { SealKeys } from '../store/seal/types.js';
import { formsOf } from '../store/shards/forms.js';
import { lineText } from '../store/shards/frame.js';
import { type LineForm, recordName, recordText } from '../store/shards/line.js';
import { ShardReader } from '../store/shards/read.js';
import { fileLines } from '../store/shards/shard-lines.js';
import type {
  Catalog,
  CatalogRead,
  CatalogWrite,
  CollectionManifest,
  IndexManifest,
  ShardEntry,
} from '../store/types.js';
import { keyPlanOf, recordOfText } from '../update/records/record.js';
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

/**
 * Takes those of `records` that are still there out of the collection, within a transaction.
 * @returns how many went
 */
export function removeRecords(catalog: Catalog, write: CatalogWrite, name: string, records: readonly Change[]): number {
  const manifest = catalog.collection(name);
  if (manifest === undefined || records.length === 0) return 0;
  const shards = catalog.shards(manifest);
  const marks = new TombstoneMarks((shard) => shards.find((entry) => entry.shard === shard)?.records, catalog);
  const live = records.filter(({ shard, ordinal }) => !marks.isDead(shard, ordinal));
  if (live.length === 0) return 0;
  const primary = manifest.primary && withoutRecords(catalog, write, manifest.primary, live);
  for (const { shard, ordinal } of live) marks.mark(shard, ordinal);
  const changed: CollectionManifest = {
    ...manifest,
    ...(primary && { primary }),
    generation: nextGeneration(catalog, write),
    records: manifest.records - live.length,
    dead: manifest.dead + live.length,
    published: new Date().toISOString(),
  };
  publishState(catalog, write, changed, shards, marks);
  return live.length;
}

function withoutRecords(
  catalog: Catalog,
  write: CatalogWrite,
  index: IndexManifest,
  live: readonly Change[],
): IndexManifest {
  const settle = (stored: Change, { shard, ordinal }: Change) =>
    stored.shard === shard && stored.ordinal === ordinal ? undefined : stored;
  return applyChanges(write, index, mergeInPlace(catalog, index, live, settle));
}

/** What gives the encoded primary key of a line. */
function keyReader(
  manifest: CollectionManifest,
  seal: SealKeys | undefined,
): (line: string, form: LineForm) => Uint8Array {
  const plan = keyPlanOf(manifest, seal);
  const { kind } = manifest.key;
  if (kind === 'name') {
    return (line) => {
      const whole = encodeKey(recordName(line));
      return plan.hidden?.primary.of(whole) ?? whole;
    };
  }
  if (kind === 'ordinal') return () => new Uint8Array();
  return (line, form) =>
    recordOfText(recordText(line, form), { ...plan, secondary: [], allowsNull: true }).primary as Uint8Array;
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
