// [verify] [repair] [backup]: what they are asked to do, what they tell, what they report.

import type { OptionTable } from '../options/check.js';

/** Options of `store.backup`. */
export interface BackupOptions {
  /** Copies shards even where they could be hard-linked. Default false. */
  readonly copy?: boolean | undefined;
}

export interface BackupReport {
  /** Absolute path of the copy. */
  readonly directory: string;
  /** Publication it holds. */
  readonly generation: number;
  readonly collections: number;
  readonly shards: { readonly linked: number; readonly copied: number };
  readonly seconds: number;
}

export const BACKUP_OPTIONS = {
  copy: { type: 'boolean', default: false, meaning: 'copy shards, also where a hard link is possible' },
} as const satisfies OptionTable;
