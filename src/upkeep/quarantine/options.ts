// [quarantine]: what a retry is asked to do, and what it reports.

import { checkNameToFind } from '../../base/names.js';
import { REASON } from '../../options/audit.js';
import { list, type OptionTable } from '../../options/check.js';
import { LONG_WORK, WAITING, type WaitingOptions } from '../../options/shared.js';

/** The text that a user gives in place of a rejected record. */
export interface CorrectedRecord {
  /** The number of the record, as `records` of the quarantine gives it. */
  readonly number: number;
  /** A JSON record, or several one after another. */
  readonly text: string;
}

export const RETRY_OPTIONS = {
  collection: {
    ...{ type: 'text', default: undefined, check: checkNameToFind },
    meaning: 'collection to import into; unset: the collection of the import that rejected the records',
  },
  corrected: list<CorrectedRecord>(
    'texts to import in place of rejected records; other records are not tried; unset: try all records as they are',
  ),
  ...WAITING,
  ...LONG_WORK,
  ...REASON,
} as const satisfies OptionTable;

/** Options of `store.quarantine.retry`; all optional. An unknown name is a TypeError. */
export interface RetryOptions extends WaitingOptions {
  /** The collection to import into. Default: the collection of the import that rejected the records. */
  readonly collection?: string | undefined;
  /** Texts in place of rejected records. Only these records are tried. Default: all records are tried as they are. */
  readonly corrected?: readonly CorrectedRecord[] | undefined;
}

/** The result of a retry. */
export interface RetryReport {
  /** The name of the collection. */
  readonly collection: string;
  /** Entries of the quarantine that were accepted: their records are stored, and the file no longer has them. */
  readonly accepted: number;
  /** Entries that the file still has. The file is removed if there are none. */
  readonly left: number;
  /** Entries that were tried and are still bad; the first hundred. */
  readonly refused: readonly { readonly number: number; readonly code: string; readonly message: string }[];
}
