// [repair]: what it is asked to do and what it reports.

import { REASON, type Reason } from '../../options/audit.js';
import { any, hook, type OptionTable, type Resolved, resolveOptions } from '../../options/check.js';
import { checkEncryption, type EncryptionOptions } from '../../options/encryption.js';
import { LONG_WORK, THREADS, TRUST } from '../../options/shared.js';
import type { Fault } from '../verify/faults.js';

/** Options of `repairStore`; all optional. An unknown name is a TypeError. */
export interface RepairOptions extends Reason {
  /** The number of worker threads. Default: the processors this process may use. */
  readonly workers?: number | undefined;
  /** Called with the progress about ten times a second. An error that it throws is not caught. */
  readonly onProgress?: ((progress: RepairProgress) => void) | undefined;
  /**
   * Cancels the repair: it rejects with CANCELLED, and the store was not changed. It has no effect once the repair has begun to
   * put the new index in place.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether to make the index from the shards without opening the existing index. Use it for a store from somebody you do
   * not trust (docs/security.md). Data that only the index has is lost. Default false.
   */
  readonly fromShards?: boolean | undefined;
  /** The id of a user whose stores are trusted, in addition to your own and those of root. Default: none. */
  readonly trustOwner?: number | undefined;
  /** Whether to repair a store that its group can write to, or that is behind a symbolic link. Default false. */
  readonly trustShared?: boolean | undefined;
  /** Where the key of an encrypted store comes from, as in `openStore`. */
  readonly encryption?: EncryptionOptions | undefined;
}

/** The progress of a repair. */
export interface RepairProgress {
  readonly stage: 'repair' | 'done';
  /** Bytes of shard files read so far. */
  readonly bytes: number;
  /** Bytes of shard files in total. */
  readonly bytesTotal: number;
  /** Records read so far. */
  readonly records: number;
  /** Seconds since the repair began. */
  readonly seconds: number;
}

/** The result of a repair. */
export interface RepairReport {
  /**
   * The source of the new index. "catalog": only index pages were damaged, so only unreadable records are lost. "shards":
   * the catalog was damaged, or was not used. Then deletes are lost too, and so are records of transactions that were not
   * compacted.
   */
  readonly from: 'catalog' | 'shards';
  /** The repaired collections, with their numbers of records. */
  readonly collections: readonly { readonly name: string; readonly records: number }[];
  /** The damage that was found, each with the file, the offset and the lost records. */
  readonly lost: readonly Fault[];
  /** Shard files that the repair did not use, with the reason. They stay where they are. */
  readonly unused: readonly { readonly file: string; readonly why: string }[];
  /** Sentences about other differences from the store before. */
  readonly notes: readonly string[];
  /** The path of the old index, if it was kept. Remove it when you do not need it any more. */
  readonly kept?: string;
  /** Seconds that it took. */
  readonly seconds: number;
}

/** Of the command line, too. */
export const REPAIR_FLAGS = {
  fromShards: {
    type: 'boolean',
    default: false,
    meaning:
      'do not open the existing index, for a store from somebody you do not trust; data that only the index has is lost',
  },
  ...TRUST,
} as const satisfies OptionTable;

const REPAIR_OPTIONS = {
  ...THREADS,
  onProgress: hook<(progress: RepairProgress) => void>('called about ten times a second'),
  ...LONG_WORK,
  ...REPAIR_FLAGS,
  encryption: any<EncryptionOptions>('where the key of an encrypted store comes from'),
  ...REASON,
} as const satisfies OptionTable;

/** @throws TypeError */
export function resolveRepairOptions(given: RepairOptions | undefined): Resolved<typeof REPAIR_OPTIONS> {
  const options = resolveOptions('repairStore', REPAIR_OPTIONS, given);
  if (options.encryption !== undefined) checkEncryption('repairStore', options.encryption);
  return options;
}
