// [repair]: [shards > entries] > pages > index in place
//
// One shard, in a worker: what is readable of its text is read, frame by frame, and its keys are found as an import finds
// them, so the entries of a rebuilt index are those that were. A file that is damaged is written again without what is not
// readable; the records of that become holes, and every other record keeps its ordinal.

import { READ_WINDOW_BYTES } from '../../base/limits.js';
import { files } from '../../store/files/file-blobs.js';
import { FileWindow } from '../../store/files/file-window.js';
import { EntryScan } from './entries.js';
import { salvageFile } from './file.js';
import type { SalvageResult, SalvageTask } from './task.js';

/** @throws GristmillError IO_ERROR, DISK_FULL, STORE_TOO_NEW; Cancelled. Damage is in the result. */
export function salvageShard(task: SalvageTask): SalvageResult {
  const entries = new EntryScan(task.setup, task.shard, task.runPath);
  try {
    if (task.path !== undefined) {
      const { faults, ...found } = salvageFile({ ...task, path: task.path }, entries);
      return { ...found, ...entries.finish(), faults: [...faults, ...entries.refused] };
    }
    scanText(task, entries);
    return { ...entries.finish(), faults: entries.refused };
  } finally {
    entries.close();
  }
}

/** The lines of an inline shard. */
function scanText({ textPath, ordinals = new Uint32Array() }: SalvageTask, entries: EntryScan): void {
  for (const ordinal of ordinals) entries.expect(ordinal, 1);
  const file = files.open(textPath, 'text');
  try {
    const window = new FileWindow(file);
    for (let at = 0; at < window.size; at += READ_WINDOW_BYTES) entries.add(window.at(at, READ_WINDOW_BYTES));
  } finally {
    file.close();
  }
}
