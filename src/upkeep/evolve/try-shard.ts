// [evolve]: one shard, in a worker. The new shape of each live record is made, and thrown away.

import { type Trial, trialOf } from '../../evolve/plan/trial.js';
import { SharedProgress } from '../../parallel/shared-progress.js';
import { Cancelled } from '../../parallel/wire.js';
import { isDead } from '../../store/catalog/tombstones.js';
import type { Blobs } from '../../store/files/blobs.js';
import { formAlong } from '../../store/shards/forms.js';
import { lineBytes, lineText } from '../../store/shards/frame.js';
import { ShardReader } from '../../store/shards/read.js';
import { fileLines } from '../../store/shards/shard-lines.js';
import { Failures } from './failures.js';
import { keyCheck } from './keys.js';
import type { TrialResult, TrialTask } from './task.js';
import { formUndone } from './undone.js';

const OPEN_OBJECT = '{'.charCodeAt(0);

/** @throws GristmillError CHECKSUM_MISMATCH, IO_ERROR; Cancelled */
export async function tryShard(task: TrialTask, blobs: Blobs): Promise<TrialResult> {
  const { entry, path, route, undone, dead, shared, locates, functions, key } = task;
  const progress = new SharedProgress(shared);
  const form = formUndone(formAlong(entry, route), undone, functions);
  const check = key && keyCheck(entry, key);
  const trial = trialOfLines(task);
  const failures = new Failures(locates);
  const reader = ShardReader.open(blobs, path, entry);
  try {
    for await (const { frame, ordinalOf } of fileLines(reader)) {
      if (progress.isCancelled) throw new Cancelled();
      const count = frame.lines.length - 1;
      const areFine = trial?.passesAll(frame.plain);
      for (let line = 0; line < count; line++) {
        const ordinal = ordinalOf(line);
        if (isDead(dead, ordinal)) continue;
        const isObject = frame.plain[frame.lines[line]!] === OPEN_OBJECT;
        if (areFine || trial?.passes(lineBytes(frame, line))) failures.pass(isObject);
        else failures.look(lineText(frame, line), form, entry.shard, ordinal, check);
      }
      failures.frames++;
      progress.add(frame.plain.byteLength, count);
    }
  } finally {
    reader.close();
  }
  const { records, frames, areObjects, groups, located } = failures;
  return { records, frames, areObjects, failures: groups, located };
}

/** Tells of most lines that they have the new shape. Undefined where the shape has to be made. */
function trialOfLines({ entry, route, undone, key }: TrialTask): Trial | undefined {
  if (entry.named || key !== undefined || undone !== undefined || route === undefined || route.down.length > 0)
    return undefined;
  return trialOf(route.up);
}
