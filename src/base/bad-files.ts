// Files that an import leaves out because of the option `onBadFile`: which errors are about one file as a whole, and the
// list of the files that were left out. None is left out without a line here.

import { type ErrorCode, GristmillError } from './errors.js';
import type { BadFile } from './import-report.js';

/** The file can be read, but has no records: it stays so until it changes. */
const WITHOUT_RECORDS: ReadonlySet<ErrorCode> = new Set(['SOURCE_EMPTY', 'SELECT_NOT_FOUND', 'SELECT_NOT_CONTAINER']);

/** The file has gone, was exchanged, cannot be read, or has no records. */
const CODES: ReadonlySet<ErrorCode> = new Set([
  ...WITHOUT_RECORDS,
  'SOURCE_NOT_FOUND',
  'SOURCE_NOT_READABLE',
  'SOURCE_NOT_A_FILE',
  'SOURCE_CHANGED',
  'SOURCE_DAMAGED',
  'SOURCE_EXPANDS',
  'SOURCE_NOT_SUPPORTED',
  'IO_ERROR',
]);

/** Whether a file with this error is known: a synchronisation reads it again only when it has changed. */
export function hasNoRecords(code: ErrorCode): boolean {
  return WITHOUT_RECORDS.has(code);
}

/** The file at this path, which is left out for an error. @throws the error, if it is about something else, or bad files are errors */
export function badFileOf(error: unknown, path: string, areLeftOut: boolean): BadFile {
  const isOfFile = error instanceof GristmillError && error.file === path && CODES.has(error.code);
  if (!areLeftOut || !isOfFile) throw error;
  return { file: path, reason: error.code, message: error.message };
}

export class BadFiles {
  readonly files: BadFile[] = [];
  /** Whether bad files are left out; otherwise they are errors. */
  readonly areLeftOut: boolean;

  constructor({ onBadFile }: { readonly onBadFile: 'fail' | 'skip' | 'quarantine' }, files: readonly BadFile[] = []) {
    this.areLeftOut = onBadFile !== 'fail';
    this.add(...files);
  }

  add(...files: readonly BadFile[]): void {
    for (const file of files) this.files.push(file);
  }

  /** Adds the file at this path. @throws the error, if bad files are errors or if the error is about something else */
  addOrThrow(error: unknown, path: string): undefined {
    this.add(badFileOf(error, path, this.areLeftOut));
  }
}
