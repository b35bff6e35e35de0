// [schema]: one shard, in a worker. Most shards are clean, and most of what a schema says is about one path alone: then the profile
// of the shard proves that all its records are valid, and none of them is parsed. Otherwise each is checked.

import { SharedProgress } from '../../parallel/shared-progress.js';
import { Cancelled } from '../../parallel/wire.js';
import { Provable } from '../../profile/provable.js';
import { valuesOf } from '../../profile/types.js';
import { isDead } from '../../store/catalog/tombstones.js';
import type { Blobs } from '../../store/files/blobs.js';
import { formAlong } from '../../store/shards/forms.js';
import { lineText } from '../../store/shards/frame.js';
import { ShardReader } from '../../store/shards/read.js';
import { fileLines } from '../../store/shards/shard-lines.js';
import { profiled } from '../profile/profile-shard.js';
import { RecordCheck } from './record-check.js';
import type { CheckResult, CheckTask } from './task.js';

/** @throws GristmillError CHECKSUM_MISMATCH, IO_ERROR; Cancelled */
export async function checkShard(task: CheckTask, blobs: Blobs): Promise<CheckResult> {
  const { entry, shared } = task;
  const provable = Provable.of(task.schema);
  if (provable !== undefined) {
    const outline = await profiled(task, blobs, (profiler) => profiler.outline(), Provable.wanted([provable]));
    if (provable.holds(valuesOf(outline, entry.named).root)) return { invalid: 0, first: [] };
    // All of it is read again.
    new SharedProgress(shared).add(-entry.plainBytes, -(entry.records - entry.holes));
  }
  return checkRecords(task, blobs);
}

async function checkRecords(
  { entry, path, route, dead, shared, schema }: CheckTask,
  blobs: Blobs,
): Promise<CheckResult> {
  const progress = new SharedProgress(shared);
  const check = new RecordCheck(schema, formAlong(entry, route));
  const reader = ShardReader.open(blobs, path, entry);
  try {
    for await (const { frame, ordinalOf } of fileLines(reader)) {
      if (progress.isCancelled) throw new Cancelled();
      const count = frame.lines.length - 1;
      for (let line = 0; line < count; line++) {
        const ordinal = ordinalOf(line);
        if (!isDead(dead, ordinal)) check.take(ordinal, lineText(frame, line));
      }
      progress.add(frame.plain.byteLength, count);
    }
  } finally {
    reader.close();
  }
  const { invalid, first } = check;
  return { invalid, first };
}
