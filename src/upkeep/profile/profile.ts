// [profile]: shards > profile > catalog
//
// The profile of a collection as it is now: what the catalog keeps of it, and the records that came since, which workers look
// at shard by shard. Where shards of the kept one are gone (a compaction dropped them, or an import replaced them), all is made
// anew: profiles add up, and nothing can be taken out of one.

import type { GristmillError } from '../../base/errors.js';
import { THREADLESS_BYTES_MAX } from '../../base/limits.js';
import { inOrder } from '../../parallel/in-order.js';
import { mergeProfiles } from '../../profile/merge.js';
import { PlainProfiler } from '../../profile/plain/plain.js';
import { ImageSum, type ProfileImage } from '../../profile/simd/image.js';
import { decodeStored, type StoredProfile } from '../../profile/stored.js';
import type { Profile } from '../../profile/types.js';
import type { StorePlace } from '../../store/files/blobs.js';
import { shardPath } from '../../store/files/layout.js';
import { type Forms, formsOf } from '../../store/shards/forms.js';
import { reshapedBytes } from '../../store/shards/line.js';
import type { CatalogSnapshot, CollectionManifest, ShardEntry } from '../../store/types.js';
import { liveRecords } from '../indexes/live-records.js';
import { RepairWatch } from '../repair/progress.js';
import type { FilledSchemaOptions } from './options.js';
import type { Profilers } from './task.js';

export interface ProfileTarget extends StorePlace {
  /** The state to look at. */
  readonly snapshot: CatalogSnapshot;
  /** Starts so many threads; 0: the calling thread does the work. */
  readonly startWorkers: (threads: number) => Profilers;
}

/** A profile of all records of a collection. */
export interface CollectionProfile extends StoredProfile {
  /** Whether it says more than the catalog keeps. */
  readonly isNewer: boolean;
}

const NEWLINE = Buffer.of(10);
/** Calls so far: each has its own profiles in the threads. */
let calls = 0;

/** @throws GristmillError CHECKSUM_MISMATCH, IO_ERROR, CANCELLED */
export async function profileCollection(
  target: ProfileTarget,
  manifest: CollectionManifest,
  options: FilledSchemaOptions,
): Promise<CollectionProfile> {
  const { snapshot } = target;
  const shards = snapshot.shards(manifest);
  const kept = options.fresh ? undefined : keptFor(snapshot, manifest, shards);
  const rest = shards.filter(({ shard, records }) => records > (kept?.shards.get(shard) ?? 0));
  const covered = new Map(shards.map(({ shard, records }) => [shard, records]));
  if (kept !== undefined && rest.length === 0) return { shards: covered, profile: kept.profile, isNewer: false };
  const watch = new RepairWatch(options, 'schema');
  watch.begin(rest.reduce((sum, { plainBytes }) => sum + plainBytes, 0));
  try {
    const profile = await profileShards(target, rest, formsOf(snapshot, manifest), kept, watch, options.workers);
    return { shards: covered, profile, isNewer: true };
  } catch (error) {
    throw watch.errorOf(error as GristmillError);
  } finally {
    watch.close();
  }
}

/** What the catalog keeps, where it is of no record that has gone with its shard. */
export function keptFor(
  snapshot: CatalogSnapshot,
  { id }: CollectionManifest,
  shards: readonly ShardEntry[],
): StoredProfile | undefined {
  const bytes = snapshot.profile(id);
  const kept = bytes && decodeStored(bytes);
  const there = new Map(shards.map((entry) => [entry.shard, entry]));
  // Of a shard in a file, a part cannot be told from the rest.
  const fits = ([shard, records]: [number, number]): boolean => {
    const entry = there.get(shard);
    return entry !== undefined && (entry.fileNumber === 0 || entry.records === records);
  };
  return kept && [...kept.shards].every(fits) ? kept : undefined;
}

async function profileShards(
  { snapshot, directory, startWorkers }: ProfileTarget,
  rest: readonly ShardEntry[],
  forms: Forms,
  kept: StoredProfile | undefined,
  watch: RepairWatch<'schema'>,
  workersMax: number,
): Promise<Profile> {
  const files = rest.filter(({ fileNumber }) => fileNumber !== 0);
  const inline = new PlainProfiler();
  for (const entry of rest) {
    if (entry.fileNumber !== 0) continue;
    const from = kept?.shards.get(entry.shard) ?? 0;
    const form = forms.of(entry);
    for (const { ordinal, line } of liveRecords(snapshot, entry, snapshot.tombstones(entry))) {
      if (ordinal >= from) inline.add(Buffer.concat([reshapedBytes(line, form), NEWLINE]));
    }
    await watch.pause();
  }
  const others = kept === undefined ? inline.take() : mergeProfiles(inline.take(), kept.profile);
  const bytes = files.reduce((sum, { plainBytes }) => sum + plainBytes, 0);
  const threads = bytes <= THREADLESS_BYTES_MAX ? 0 : Math.min(workersMax, files.length);
  const workers = startWorkers(threads);
  const images = new ImageSum();
  const work = `schema ${++calls}`;
  let turn = 0;
  try {
    const start = (entry: ShardEntry): Promise<ProfileImage> => {
      const dead = snapshot.tombstones(entry);
      const { buffer: shared } = watch.shared;
      const where = { path: shardPath(directory, entry.file), route: forms.routeOf(entry) };
      const link = { work, chain: '', turn: turn++ };
      return workers.profile({ entry, dead, ...where, link, shared });
    };
    for await (const { result } of inOrder(files, threads + 1, start, () => watch.shared.cancel())) {
      await watch.pause();
      images.add(result);
    }
  } finally {
    await workers.close();
  }
  watch.done();
  const profile = images.profile();
  return profile === undefined ? others : mergeProfiles(others, profile);
}
