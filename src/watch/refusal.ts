// notices > schedule > readiness > sync > [event]
//
// What it means that a round failed: whether trying again without a change can help, and what is told of it.

import { type ErrorCode, GristmillError } from '../base/errors.js';
import { SourcesDisagree } from '../import/import-checks.js';
import { Passing } from '../import/transport/http/attempts.js';

/** The sources are not what they have to be: the same again until somebody changes them. */
const BAD_SOURCES: ReadonlySet<ErrorCode> = new Set([
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
  'SOURCE_FORBIDDEN',
  'SOURCE_IS_A_STORE',
  'CONFIG_INVALID',
  'STORE_CLOSED',
  'CANCELLED',
]);

/** A remote object whose connection broke off is as truncated as a bad file, but the next attempt may be a good one. */
export const isBadSource = (error: GristmillError) => BAD_SOURCES.has(error.code) && !(error.cause instanceof Passing);

/** Milliseconds that a server asks us to wait before we ask again. */
export const waitOf = ({ cause }: GristmillError) => (cause instanceof Passing ? cause.waitMs : 0);

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
