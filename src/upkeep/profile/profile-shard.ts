// [profile]: one shard, in a worker. Its live records, frame by frame, go to the profiler of the thread.

import { Cancelled } from '../../import/scan/scan-span.js';
import { liveText } from '../../lookup/live-text.js';
import { SharedProgress } from '../../parallel/shared-progress.js';
import { encodeProfile } from '../../profile/encode.js';
import { threadProfiler } from '../../profile/simd/thread-profiler.js';
import type { Blobs } from '../../store/files/blobs.js';
import { formAlong } from '../../store/shards/forms.js';
import { ShardReader } from '../../store/shards/read.js';
import { fileLines } from '../../store/shards/shard-lines.js';
import type { ProfileTask } from './task.js';

/** @throws GristmillError CHECKSUM_MISMATCH, IO_ERROR; Cancelled */
export async function profileShard({ entry, path, route, dead, shared }: ProfileTask, blobs: Blobs): Promise<string> {
  const progress = new SharedProgress(shared);
  const profiler = threadProfiler();
  // What a shard that failed has left.
  profiler.take();
  const form = formAlong(entry, route);
  const reader = ShardReader.open(blobs, path, entry);
  try {
    for await (const lines of fileLines(reader)) {
      if (progress.isCancelled) throw new Cancelled();
      for (const text of liveText(lines, dead, form)) profiler.add(text);
      progress.add(lines.frame.plain.byteLength, lines.frame.lines.length - 1);
    }
  } finally {
    reader.close();
  }
  return Buffer.from(encodeProfile(profiler.take())).toString();
}
