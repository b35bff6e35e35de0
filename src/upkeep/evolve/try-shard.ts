// [evolve]: one shard, in a worker. The new shape of each live record is made, and thrown away.

import { SharedProgress } from '../../parallel/shared-progress.js';
import { Cancelled } from '../../parallel/wire.js';
import { isDead } from '../../store/catalog/tombstones.js';
import type { Blobs } from '../../store/files/blobs.js';
import { formAlong } from '../../store/shards/forms.js';
import { lineText } from '../../store/shards/frame.js';
import { ShardReader } from '../../store/shards/read.js';
import { fileLines } from '../../store/shards/shard-lines.js';
import { Failures } from './failures.js';
import type { TrialResult, TrialTask } from './task.js';
import { formUndone } from './undone.js';

/** @throws GristmillError CHECKSUM_MISMATCH, IO_ERROR; Cancelled */
export async function tryShard(task: TrialTask, blobs: Blobs): Promise<TrialResult> {
  const { entry, path, route, undone, dead, shared } = task;
  const progress = new SharedProgress(shared);
  const form = formUndone(formAlong(entry, route), undone);
  const failures = new Failures();
  const reader = ShardReader.open(blobs, path, entry);
  try {
    for await (const { frame, ordinalOf } of fileLines(reader)) {
      if (progress.isCancelled) throw new Cancelled();
      const count = frame.lines.length - 1;
      for (let line = 0; line < count; line++) {
        const ordinal = ordinalOf(line);
        if (!isDead(dead, ordinal)) failures.look(lineText(frame, line), form, entry.shard, ordinal);
      }
      failures.frames++;
      progress.add(frame.plain.byteLength, count);
    }
  } finally {
    reader.close();
  }
  const { records, frames, areObjects, groups } = failures;
  return { records, frames, areObjects, failures: groups };
}
