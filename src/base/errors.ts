// The one error class, and the closed list of its codes. docs/errors.md has a heading for each.

/** Stable codes: scripts may depend on them; a code is never reused with another meaning. */
export const ERROR_CODES = [
  'SOURCE_NOT_FOUND',
  'SOURCE_NOT_READABLE',
  'SOURCE_NOT_A_FILE',
  'SOURCE_IS_A_STORE',
  'SOURCE_EMPTY',
  'SOURCE_NOT_JSON',
  'SOURCE_UTF16',
  'SOURCE_TRUNCATED',
  'SOURCE_TRAILING_BYTES',
  'SOURCE_CHANGED',
  'SELECT_NOT_FOUND',
  'SELECT_NOT_CONTAINER',
  'BAD_RECORD',
  'TOO_MANY_BAD_RECORDS',
  'RECORD_TOO_LARGE',
  'DUPLICATE_KEY',
  'KEY_TOO_LONG',
  'STORE_NOT_FOUND',
  'STORE_NOT_A_STORE',
  'STORE_NOT_TRUSTED',
  'STORE_TOO_NEW',
  'STORE_CLOSED',
  'STORE_BUSY',
  'BACKUP_TARGET_NOT_EMPTY',
  'COLLECTION_NOT_FOUND',
  'COLLECTION_EXISTS',
  'COLLECTION_MISMATCH',
  'INDEX_NOT_FOUND',
  'CHECKSUM_MISMATCH',
  'COUNT_MISMATCH',
  'DISK_FULL',
  'IO_ERROR',
  'NOTHING_TO_RESUME',
  'CONFIG_INVALID',
  'CANCELLED',
  'WORKER_FAILED',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** The facts of an error, as fields; which ones are present depends on the code. */
export interface ErrorFacts {
  /** Path of the file concerned. */
  readonly file?: string | undefined;
  /** Byte offset in that file, from 0. */
  readonly offset?: number | undefined;
  /** Line in that file, from 1. */
  readonly line?: number | undefined;
  /** Ordinal of the record in the source, from 0; rejected records count. */
  readonly record?: number | undefined;
  /** Why the record was rejected: a `BadReasonName`. */
  readonly reason?: string | undefined;
  /** The bytes around the offset, control characters escaped. */
  readonly snippet?: string | undefined;
  /** Bytes a full disk would have needed. */
  readonly bytesNeeded?: number | undefined;
  /** The error underneath. */
  readonly cause?: unknown;
}

/**
 * Every error gristmill raises about data, files or a store. A caller's own mistake (a wrong option, a wrong type)
 * is a `TypeError` instead.
 */
export class GristmillError extends Error {
  override readonly name = 'GristmillError';
  readonly code: ErrorCode;
  readonly file?: string | undefined;
  readonly offset?: number | undefined;
  readonly line?: number | undefined;
  readonly record?: number | undefined;
  readonly reason?: string | undefined;
  readonly snippet?: string | undefined;
  readonly bytesNeeded?: number | undefined;

  /** @param message what happened and what to do about it, in one or two sentences. */
  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}) {
    const { cause, ...fields } = facts;
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    Object.assign(this, fields);
  }
}
