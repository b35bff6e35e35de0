// [repair]: [shards > entries] > pages > index in place
//
// One shard, in a worker: what is readable of its text is read, frame by frame, and its keys are found as an import finds
// them, so the entries of a rebuilt index are those that were. A file that is damaged is written again without what is not
// readable; the records of that become holes, and every other record keeps its ordinal.

import { READ_WINDOW_BYTES } from '../../base/limits.js';
import type { Run, ScanSetup } from '../../import/tasks/span.js';
import { files } from '../../store/files/file-blobs.js';
import { FileWindow } from '../../store/files/file-window.js';
import type { ShardSummary } from '../../store/shards/write.js';
import type { RecordRange } from '../verify/faults.js';
import { EntryScan } from './entries.js';
import { salvageFile } from './file.js';

export interface SalvageTask {
  readonly setup: ScanSetup;
  readonly shard: number;
  /** The shard's file; absent for an inline shard, whose live lines are in `textPath`. */
  readonly path?: string;
  /** What the catalog says of the file; absent where there is none: as the file says. */
  readonly expected?: { readonly records: number; readonly holes: number; readonly sha256: string };
  /** Tombstones: dead records have no entries. */
  readonly dead: Uint8Array;
  /** Ordinals of the lines in `textPath`. */
  readonly ordinals?: Uint32Array;
  readonly textPath: string;
  readonly runPath: string;
  /** Where the shard is written again, should it be damaged. */
  readonly rewrittenPath: string;
}

export interface SalvageFault {
  readonly offset: number;
  /** Ordinals of the records that it costs; absent where nobody can say, or it costs none. */
  readonly records?: RecordRange;
  readonly message: string;
}

export interface SalvageResult {
  readonly runs: readonly Run[];
  /** Ordinals of records that lost to another of the shard with the same key. */
  readonly losers: Uint32Array;
  readonly faults: readonly SalvageFault[];
  /** The file as it is now, or as it was written again; absent for an inline shard. */
  readonly file?: ShardSummary & { readonly isRewritten: boolean };
  /** Ordinals without a line in that file, as a bitmap; absent where there are none. */
  readonly holes?: Uint8Array;
}

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
