// [repair]: what it is asked to do and what it reports.

import { hook, type OptionTable, type Resolved, resolveOptions } from '../../options/check.js';
import { LONG_WORK, THREADS, TRUST } from '../../options/shared.js';
import type { Fault } from '../verify/faults.js';

/** Options of `repairStore`. */
export interface RepairOptions {
  /** Worker threads. Default: the processors this process may use. */
  readonly workers?: number | undefined;
  /** Called about ten times a second. A throw is not caught. */
  readonly onProgress?: ((progress: RepairProgress) => void) | undefined;
  /** Cancels: the repair rejects with CANCELLED and the store is as it was. Ignored once the new index is being put in place. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Makes the index from the shards even where there is one, which is not opened: for a store whose maker is not trusted
   * (docs/security.md). What only the index knows is lost. Default false.
   */
  readonly fromShards?: boolean | undefined;
  /** Id of the user whose stores are repaired beside one's own and those of root. */
  readonly trustOwner?: number | undefined;
}

/** How far a repair is. */
export interface RepairProgress {
  readonly stage: 'repair' | 'done';
  /** Bytes of shard files read, of all that are to be read. */
  readonly bytes: number;
  readonly bytesTotal: number;
  /** Records read. */
  readonly records: number;
  /** Since the repair began. */
  readonly seconds: number;
}

export interface RepairReport {
  /**
   * What the new index was made from: `catalog` when only index pages were damaged, so nothing but unreadable records is
   * lost; `shards` when the catalog was, or was not to be used: then deletes, and records of transactions not yet compacted,
   * are lost too.
   */
  readonly from: 'catalog' | 'shards';
  readonly collections: readonly { readonly name: string; readonly records: number }[];
  /** What could not be read: each with the file, the offset and the records it costs. */
  readonly lost: readonly Fault[];
  /** Shard files that are not used, and why. They stay where they are. */
  readonly unused: readonly { readonly file: string; readonly why: string }[];
  /** What else is not as it was, in sentences. */
  readonly notes: readonly string[];
  /** Where the old index was put; remove it when it is not wanted any more. */
  readonly kept?: string;
  readonly seconds: number;
}

/** Of the command line, too. */
export const REPAIR_FLAGS = {
  fromShards: {
    type: 'boolean',
    default: false,
    meaning:
      'do not open the existing index: data that only the index has is lost (for a store from somebody you do not trust)',
  },
  ...TRUST,
} as const satisfies OptionTable;

const REPAIR_OPTIONS = {
  ...THREADS,
  onProgress: hook<(progress: RepairProgress) => void>('called about ten times a second'),
  ...LONG_WORK,
  ...REPAIR_FLAGS,
} as const satisfies OptionTable;

/** @throws TypeError */
export function resolveRepairOptions(given: RepairOptions | undefined): Resolved<typeof REPAIR_OPTIONS> {
  return resolveOptions('repairStore', REPAIR_OPTIONS, given);
}
