// [profile]: what it is asked to do, what it tells.

import { hook, type OptionTable, type Resolved, resolveOptions } from '../../options/check.js';
import { either, LONG_WORK, THREADS } from '../../options/shared.js';

/** Options of `collection.schema`; all optional. An unknown name is a TypeError. */
export interface SchemaOptions {
  /** The number of worker threads. Default: the processors this process may use. */
  readonly workers?: number | undefined;
  /**
   * Whether all records are read again. Otherwise only those are read that no import and no earlier call has looked at; values
   * of records that were changed or deleted since may then still count. Default false.
   */
  readonly fresh?: boolean | undefined;
  /** Called with the progress about ten times a second, if records are read. An error that it throws is not caught. */
  readonly onProgress?: ((progress: SchemaProgress) => void) | undefined;
  /** Cancels: the method rejects with CANCELLED. */
  readonly signal?: AbortSignal | undefined;
}

/** The progress of `collection.schema`. */
export interface SchemaProgress {
  readonly stage: 'schema' | 'done';
  /** Bytes of text (of records, before compression) read so far. */
  readonly bytes: number;
  /** Bytes of text in total. */
  readonly bytesTotal: number;
  /** Records read so far. */
  readonly records: number;
  /** Seconds since the work began. */
  readonly seconds: number;
}

const SCHEMA_OPTIONS = {
  ...THREADS,
  fresh: {
    ...{ type: 'boolean', default: false },
    meaning: 'whether all records are read again, and not only those that nobody has looked at',
  },
  onProgress: hook<(progress: SchemaProgress) => void>('called about ten times a second'),
  ...LONG_WORK,
} as const satisfies OptionTable;

export type FilledSchemaOptions = Resolved<typeof SCHEMA_OPTIONS>;

/** @param closing cancels as the option `signal` does. @throws TypeError */
export function resolveSchemaOptions(given: SchemaOptions | undefined, closing?: AbortSignal): FilledSchemaOptions {
  const options = resolveOptions('schema', SCHEMA_OPTIONS, given);
  return { ...options, signal: either(options.signal, closing) };
}
