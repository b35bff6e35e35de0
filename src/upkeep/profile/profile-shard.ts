// [profile]: one shard, in a worker. Its live records, frame by frame, go to the profiler of the thread.

import { liveText } from '../../lookup/live-text.js';
import { SharedProgress } from '../../parallel/shared-progress.js';
import { Cancelled } from '../../parallel/wire.js';
import type { ProfileImage } from '../../profile/simd/image.js';
import { ThreadProfiler } from '../../profile/simd/thread-profiler.js';
import type { WantedFacts } from '../../profile/types.js';
import type { Blobs } from '../../store/files/blobs.js';
import { formAlong } from '../../store/shards/forms.js';
import { ShardReader } from '../../store/shards/read.js';
import { fileLines } from '../../store/shards/shard-lines.js';
import type { ProfileTask } from './task.js';

/** @throws GristmillError CHECKSUM_MISMATCH, IO_ERROR; Cancelled */
export function profileShard(task: ProfileTask, blobs: Blobs): Promise<ProfileImage> {
  return profiled(task, blobs, (profiler) => profiler.image());
}

/** What `take` makes of the profile. @param wanted as for `ThreadProfiler.lend`. @throws as `profileShard` */
export async function profiled<T>(
  task: ProfileTask,
  blobs: Blobs,
  take: (profiler: ThreadProfiler) => T,
  wanted?: WantedFacts,
): Promise<T> {
  const { entry, path, route, dead, link, shared } = task;
  const progress = new SharedProgress(shared);
  const form = formAlong(entry, route);
  const reader = ShardReader.open(blobs, path, entry);
  const profiler = ThreadProfiler.lend(link, wanted);
  let isWhole = false;
  try {
    for await (const lines of fileLines(reader)) {
      if (progress.isCancelled) throw new Cancelled();
      for (const text of liveText(lines, dead, form)) profiler.add(text);
      progress.add(lines.frame.plain.byteLength, lines.frame.lines.length - 1);
    }
    isWhole = true;
    return take(profiler);
  } finally {
    profiler.giveBack(isWhole);
    reader.close();
  }
}
