// Exit codes and the errors that lead to them, in one table, so that a script can tell "no such key" from "disk full".
// The README and `gristmill --help` print the same list.

import { CommanderError } from 'commander';
import { type ErrorCode, GristmillError } from '../../base/errors.js';
import { inFlags } from './flags.js';

/** What the process ends with. */
export const Exit = {
  ok: 0,
  /** A key has no record. */
  notFound: 1,
  /** A migration does not leave the versions compatible (evolve check). */
  incompatible: 1,
  /** The command line is wrong. */
  usage: 2,
  /** The source, or a record in it, is not what it has to be. */
  badInput: 3,
  /** The store is missing, damaged, busy or of a newer format. */
  store: 4,
  /** The disk is full, or reading or writing failed. */
  io: 5,
  /** A bug in gristmill itself. */
  internal: 70,
  /** SIGINT, SIGTERM or SIGHUP. */
  cancelled: 130,
} as const;

/** Shown at the end of `--help`. */
export const EXIT_HELP = `
Exit codes:
  0    done
  1    there is no record with a key (get, patch, delete), or no schema (schema get); or the answer is no (evolve check)
  2    wrong usage: unknown option, missing argument, value out of range
  3    bad input: the source is missing, not JSON or truncated, or a record is bad
  4    store: missing, damaged, busy or of a newer format; no such collection or index; verify found faults
  5    the disk is full, or a file or stdout could not be read or written
  70   a bug in gristmill: please report it
  130  cancelled (Ctrl-C, SIGTERM or SIGHUP)`;

/** Complete by type: a new error code does not compile until it has an exit code. */
const EXIT_OF: { readonly [code in ErrorCode]: number } = {
  SOURCE_NOT_FOUND: Exit.badInput,
  SOURCE_NOT_READABLE: Exit.badInput,
  SOURCE_NOT_A_FILE: Exit.badInput,
  SOURCE_IS_A_STORE: Exit.badInput,
  SOURCE_EMPTY: Exit.badInput,
  SOURCE_NOT_JSON: Exit.badInput,
  SOURCE_BAD_HEADER: Exit.badInput,
  SOURCE_UTF16: Exit.badInput,
  SOURCE_TRUNCATED: Exit.badInput,
  SOURCE_TRAILING_BYTES: Exit.badInput,
  SOURCE_FAILED: Exit.badInput,
  SOURCE_DAMAGED: Exit.badInput,
  SOURCE_EXPANDS: Exit.badInput,
  SOURCE_NOT_SUPPORTED: Exit.badInput,
  SOURCE_CHANGED: Exit.badInput,
  SOURCE_UNREACHABLE: Exit.badInput,
  SOURCE_FORBIDDEN: Exit.badInput,
  SELECT_NOT_FOUND: Exit.badInput,
  SELECT_NOT_CONTAINER: Exit.badInput,
  TRANSFORM_NOT_LOADED: Exit.badInput,
  BAD_RECORD: Exit.badInput,
  TOO_MANY_BAD_RECORDS: Exit.badInput,
  RECORD_TOO_LARGE: Exit.badInput,
  DUPLICATE_KEY: Exit.badInput,
  KEY_TOO_LONG: Exit.badInput,
  UNIQUE_VIOLATION: Exit.badInput,
  SCHEMA_VIOLATION: Exit.badInput,
  CODEC_FAILED: Exit.badInput,
  STORE_NOT_FOUND: Exit.store,
  STORE_EXISTS: Exit.store,
  STORE_NOT_A_STORE: Exit.store,
  STORE_NOT_TRUSTED: Exit.store,
  STORE_TOO_NEW: Exit.store,
  KEY_NEEDED: Exit.store,
  WRONG_KEY: Exit.store,
  NOT_ENCRYPTED: Exit.store,
  KEY_RING_DAMAGED: Exit.store,
  KEY_FILE_REFUSED: Exit.store,
  KEY_SERVICE_FAILED: Exit.store,
  STORE_CLOSED: Exit.store,
  STORE_BUSY: Exit.store,
  BACKUP_TARGET_NOT_EMPTY: Exit.store,
  SHARE_TARGET_NOT_EMPTY: Exit.store,
  COLLECTION_NOT_FOUND: Exit.store,
  COLLECTION_EXISTS: Exit.store,
  COLLECTION_EDITED: Exit.store,
  MODE_NEEDED: Exit.store,
  COLLECTION_MISMATCH: Exit.store,
  INDEX_NOT_FOUND: Exit.store,
  BAD_MIGRATION: Exit.usage,
  MIGRATION_FAILED: Exit.badInput,
  MIGRATION_REFUSED: Exit.store,
  VERSION_MISMATCH: Exit.store,
  RANGE_NEEDS_PLAINTEXT_KEYS: Exit.store,
  CURSOR_EXPIRED: Exit.store,
  CHECKSUM_MISMATCH: Exit.store,
  COUNT_MISMATCH: Exit.store,
  DISK_FULL: Exit.io,
  IO_ERROR: Exit.io,
  NOTHING_TO_RESUME: Exit.store,
  CONFIG_INVALID: Exit.usage,
  PACKAGE_NOT_FOUND: Exit.usage,
  PACKAGE_BUNDLED: Exit.usage,
  CANCELLED: Exit.cancelled,
  WORKER_FAILED: Exit.internal,
};

/** What went wrong, as the command line shows it: `code` is an error code, `USAGE` or `INTERNAL`. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly exit: number;
  /** Fields of the error: file, offset, line, … */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Codes of Node's own errors that mean the disk is full. */
const DISK_FULL_CODES: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

/** TypeErrors the engine raises on its own: a bug in gristmill, not in the command line. */
const ENGINE_TYPE_ERROR = /^Cannot |is not a (function|constructor)|is not iterable|^Assignment to constant/;

/** Turns anything thrown into what is shown and the exit code. */
export function failureOf(error: unknown): Failure {
  if (error instanceof GristmillError) {
    const { name: _name, code, cause: _cause, ...facts } = error;
    return { code, message: inFlags(error.message), exit: EXIT_OF[code], facts };
  }
  if (error instanceof CommanderError) {
    // The value of an option that there is not may be a secret, as of `--passphrase=…`: errors reach logs.
    const message = error.message.replace(/^error: /, '').replace(/^(unknown option '[^'=]*)=.*?'(?=\n|$)/s, "$1'");
    return { code: 'USAGE', message, exit: Exit.usage, facts: {} };
  }
  // The library's answer to a wrong option value is a TypeError; here the option came from the command line.
  if (error instanceof TypeError && !ENGINE_TYPE_ERROR.test(error.message)) {
    return { code: 'USAGE', message: inFlags(error.message), exit: Exit.usage, facts: {} };
  }
  const { code, path } = (error ?? {}) as NodeJS.ErrnoException;
  if (typeof code === 'string' && /^E[A-Z0-9]+$/.test(code)) {
    const full = DISK_FULL_CODES.has(code);
    const message = error instanceof Error ? error.message : String(error);
    return {
      code: full ? 'DISK_FULL' : 'IO_ERROR',
      message,
      exit: Exit.io,
      facts: path === undefined ? {} : { file: path },
    };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: 'INTERNAL', message, exit: Exit.internal, facts: {} };
}
