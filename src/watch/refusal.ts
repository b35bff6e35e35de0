// notices > schedule > readiness > sync > [event]
//
// What it means that a round failed: whether trying again without a change can help, and what is told of it.

import { type ErrorCode, GristmillError } from '../base/errors.js';
import { SourcesDisagree } from '../import/import-checks.js';

/** The sources are not what they have to be: the same again until somebody changes them. */
const BAD_SOURCES: ReadonlySet<ErrorCode> = new Set([
  'SOURCE_NOT_A_FILE',
  'SOURCE_IS_A_STORE',
  'SOURCE_EMPTY',
  'SOURCE_NOT_JSON',
  'SOURCE_UTF16',
  'SOURCE_TRUNCATED',
  'SOURCE_TRAILING_BYTES',
  'SELECT_NOT_FOUND',
  'SELECT_NOT_CONTAINER',
  'BAD_RECORD',
  'TOO_MANY_BAD_RECORDS',
  'RECORD_TOO_LARGE',
  'DUPLICATE_KEY',
  'KEY_TOO_LONG',
  'COLLECTION_MISMATCH',
]);

/** A watcher that begins with one of these was asked for what cannot be. */
const MISTAKES: ReadonlySet<ErrorCode> = new Set([
  'COLLECTION_MISMATCH',
  'SOURCE_NOT_FOUND',
  'SOURCE_IS_A_STORE',
  'STORE_CLOSED',
  'CANCELLED',
]);

export const isBadSource = (error: GristmillError) => BAD_SOURCES.has(error.code);

/** Whether to refuse to watch, instead of waiting for a better version. */
export const isMistake = (error: unknown) =>
  error instanceof TypeError || (error instanceof GristmillError && MISTAKES.has(error.code));

/** Whatever was thrown, as events tell it. */
export function refusalOf(error: unknown): GristmillError {
  if (error instanceof GristmillError) return error;
  const message = error instanceof Error ? error.message : String(error);
  // They agreed when the watcher began.
  if (error instanceof SourcesDisagree) return new GristmillError('COLLECTION_MISMATCH', message, { cause: error });
  return new GristmillError('IO_ERROR', `the sources could not be synchronised: ${message}`, { cause: error });
}
