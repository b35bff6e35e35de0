// The one error class, and the closed list of its codes. docs/errors.md has a heading for each.

/** All error codes. They are stable: scripts may depend on them. A code never gets another meaning. */
export const ERROR_CODES = [
  'SOURCE_NOT_FOUND',
  'SOURCE_NOT_READABLE',
  'SOURCE_NOT_A_FILE',
  'SOURCE_IS_A_STORE',
  'SOURCE_EMPTY',
  'SOURCE_NOT_JSON',
  'SOURCE_UTF16',
  'SOURCE_BAD_HEADER',
  'SOURCE_TRUNCATED',
  'SOURCE_TRAILING_BYTES',
  'SOURCE_DAMAGED',
  'SOURCE_EXPANDS',
  'SOURCE_NOT_SUPPORTED',
  'SOURCE_CHANGED',
  'SOURCE_FAILED',
  'SOURCE_UNREACHABLE',
  'SOURCE_FORBIDDEN',
  'SELECT_NOT_FOUND',
  'SELECT_NOT_CONTAINER',
  'TRANSFORM_NOT_LOADED',
  'BAD_RECORD',
  'TOO_MANY_BAD_RECORDS',
  'RECORD_TOO_LARGE',
  'DUPLICATE_KEY',
  'KEY_TOO_LONG',
  'UNIQUE_VIOLATION',
  'SCHEMA_VIOLATION',
  'CODEC_FAILED',
  'STORE_NOT_FOUND',
  'STORE_EXISTS',
  'STORE_NOT_A_STORE',
  'STORE_NOT_TRUSTED',
  'STORE_TOO_NEW',
  'KEY_NEEDED',
  'WRONG_KEY',
  'NOT_ENCRYPTED',
  'KEY_RING_DAMAGED',
  'KEY_FILE_REFUSED',
  'KEY_SERVICE_FAILED',
  'STORE_CLOSED',
  'STORE_BUSY',
  'BACKUP_TARGET_NOT_EMPTY',
  'SHARE_TARGET_NOT_EMPTY',
  'COLLECTION_NOT_FOUND',
  'COLLECTION_EXISTS',
  'COLLECTION_MISMATCH',
  'COLLECTION_EDITED',
  'MODE_NEEDED',
  'INDEX_NOT_FOUND',
  'BAD_MIGRATION',
  'MIGRATION_FAILED',
  'MIGRATION_REFUSED',
  'VERSION_MISMATCH',
  'RANGE_NEEDS_PLAINTEXT_KEYS',
  'CURSOR_EXPIRED',
  'CHECKSUM_MISMATCH',
  'COUNT_MISMATCH',
  'DISK_FULL',
  'IO_ERROR',
  'NOTHING_TO_RESUME',
  'CONFIG_INVALID',
  'PACKAGE_NOT_FOUND',
  'PACKAGE_BUNDLED',
  'CANCELLED',
  'WORKER_FAILED',
] as const;

/** The code of a `GristmillError`, such as "BAD_RECORD". docs/errors.md explains each one. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** A record that is not valid against a schema. An error about an encrypted store has the keyword only. */
export interface SchemaViolation {
  /** The key of the record. If the collection has no key: its ordinal, or none if it was not stored. */
  readonly key?: unknown;
  /** JSON Pointer (RFC 6901) to the value in the record. */
  readonly pointer?: string;
  /** The keyword of the schema that the value does not fit. */
  readonly keyword: string;
}

/** The facts of an error, as fields. The code decides which of them are present. */
export interface ErrorFacts {
  /** The path of the file that the error is about, or the address of the remote object, without its query string. */
  readonly file?: string | undefined;
  /** The byte offset in that file, from 0. */
  readonly offset?: number | undefined;
  /** The line in that file, from 1. */
  readonly line?: number | undefined;
  /** The ordinal of the record in the source, from 0. Rejected records count too. */
  readonly record?: number | undefined;
  /** The reason why the record was rejected, such as "BAD_NUMBER" or "KEY_MISSING". */
  readonly reason?: string | undefined;
  /** The bytes around the offset, with control characters escaped. */
  readonly snippet?: string | undefined;
  /** The number of bytes that the operation needed on the full disk. */
  readonly bytesNeeded?: number | undefined;
  /** Of SCHEMA_VIOLATION: the number of stored records that are not valid. */
  readonly records?: number | undefined;
  /** Of SCHEMA_VIOLATION: the first few records that are not valid. */
  readonly violations?: readonly SchemaViolation[] | undefined;
  /** The original error, for example of the operating system. */
  readonly cause?: unknown;
}

/**
 * The error that gristmill raises for everything about data, files or a store. `code` says which error it is. A mistake in
 * a call (a wrong option, a wrong type) is a `TypeError` instead.
 */
export class GristmillError extends Error {
  override readonly name = 'GristmillError';
  readonly code: ErrorCode;
  // Declared only: an error has the fields that its facts give, and no others that are undefined.
  declare readonly file?: string | undefined;
  declare readonly offset?: number | undefined;
  declare readonly line?: number | undefined;
  declare readonly record?: number | undefined;
  declare readonly reason?: string | undefined;
  declare readonly snippet?: string | undefined;
  declare readonly bytesNeeded?: number | undefined;
  declare readonly records?: number | undefined;
  declare readonly violations?: readonly SchemaViolation[] | undefined;

  /** @param message what happened and what to do about it, in one or two sentences. */
  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}) {
    const { cause, ...fields } = facts;
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    for (const [name, fact] of Object.entries(fields)) if (fact !== undefined) Object.assign(this, { [name]: fact });
  }
}
