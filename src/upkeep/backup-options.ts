// [verify] [repair] [backup]: what they are asked to do, what they tell, what they report.

import type { OptionTable } from '../options/check.js';

/** Options of `store.backup`; all optional. */
export interface BackupOptions {
  /** Whether to copy shards also where a hard link is possible. Default false. */
  readonly copy?: boolean | undefined;
}

/** The result of a backup. */
export interface BackupReport {
  /** The absolute path of the copy. */
  readonly directory: string;
  /** The number of the publication that the copy has. */
  readonly generation: number;
  /** The number of collections. */
  readonly collections: number;
  /** The numbers of shards that are hard links, and of shards that were copied. */
  readonly shards: { readonly linked: number; readonly copied: number };
  /** Seconds that it took. */
  readonly seconds: number;
}

export const BACKUP_OPTIONS = {
  copy: { type: 'boolean', default: false, meaning: 'copy shards, also where a hard link is possible' },
} as const satisfies OptionTable;
