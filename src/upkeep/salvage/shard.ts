// [repair]: [shards > entries] > pages > index in place
//
// One shard, in a worker: what is readable of its text is read, frame by frame, and its keys are found as an import finds
// them, so the entries of a rebuilt index are those that were. A file that is damaged is written again without what is not
// readable; the records of that become holes, and every other record keeps its ordinal.

import { GristmillError } from '../../base/errors.js';
import { REFUSED_RECORDS_MAX } from '../../base/limits.js';
import { BadReason } from '../../kernel/contract.js';
import type { Blobs } from '../../store/files/blobs.js';
import { EntryScan, type Refuse } from './entries.js';
import { salvageFile } from './file.js';
import { readLines } from './inline-text.js';
import type { SalvageFault, SalvageResult, SalvageTask } from './task.js';

/** @throws GristmillError IO_ERROR, DISK_FULL, STORE_TOO_NEW; Cancelled. Damage is in the result. */
export function salvageShard(task: SalvageTask, blobs: Blobs): SalvageResult {
  const refused: SalvageFault[] = [];
  const entries = new EntryScan(blobs, task.setup, task.shard, task.runPath, refusing(task.shard, refused));
  try {
    if (task.path !== undefined) {
      const { faults, ...found } = salvageFile({ ...task, path: task.path }, entries, blobs);
      return { ...found, ...entries.finish(), faults: [...faults, ...refused] };
    }
    const { textPath, ordinals = new Uint32Array() } = task;
    readLines(blobs, textPath, ordinals, entries);
    return { ...entries.finish(), faults: refused };
  } finally {
    entries.close();
  }
}

/** Collects the records that no import would accept. @throws GristmillError CHECKSUM_MISMATCH if there are too many */
function refusing(shard: number, refused: SalvageFault[]): Refuse {
  return (ordinal, reason) => {
    if (refused.length === REFUSED_RECORDS_MAX) {
      const what = `shard ${shard} has more than ${REFUSED_RECORDS_MAX} records that an import would refuse`;
      throw new GristmillError('CHECKSUM_MISMATCH', `${what}: it was not made by an import`);
    }
    const message = `record ${ordinal} of shard ${shard} is one that an import would refuse: ${BadReason[reason]}`;
    refused.push({ offset: 0, records: { from: ordinal, to: ordinal + 1 }, message });
  };
}
