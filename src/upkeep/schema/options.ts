// [schema]: what setting one is asked to do, and what it reports.

import { REASON } from '../../options/audit.js';
import { hook, type OptionTable, type Resolved, resolveOptions } from '../../options/check.js';
import { either, LONG_WORK, THREADS, WAITING, type WaitingOptions } from '../../options/shared.js';
import type { SchemaProgress } from '../profile/options.js';

/** Options of `store.setSchema`; all optional. An unknown name is a TypeError. */
export interface SetSchemaOptions extends WaitingOptions {
  /**
   * Whether only new records are held to the schema: the records that are there are not checked, and stay as they are. Default
   * false.
   */
  readonly onlyNew?: boolean | undefined;
  /** The number of worker threads. Default: the processors this process may use. */
  readonly workers?: number | undefined;
  /** Called with the progress about ten times a second. An error that it throws is not caught. */
  readonly onProgress?: ((progress: SchemaProgress) => void) | undefined;
}

/** Options of `store.unsetSchema`; all optional. An unknown name is a TypeError. */
export type UnsetSchemaOptions = WaitingOptions;

/** The result of `store.setSchema`. */
export interface SetSchemaReport {
  /** The name of the collection. */
  readonly collection: string;
  /** Live records of the collection. */
  readonly records: number;
  /** Whether they were checked: all of them are valid then. */
  readonly checked: boolean;
  /** Seconds that it took. */
  readonly seconds: number;
}

/** The schema that a collection carries: the result of `store.getSchema`. */
export interface CarriedSchema {
  /** The JSON Schema, as `JSON.parse` gives it. */
  readonly schema: object | boolean;
  /** The time when it was set (ISO 8601). */
  readonly since: string;
  /** Whether the records that were there then were not checked. */
  readonly onlyNew: boolean;
}

const SET_SCHEMA_OPTIONS = {
  onlyNew: {
    ...{ type: 'boolean', default: false },
    meaning: 'hold only new records to the schema, and do not check those that are there',
  },
  ...THREADS,
  onProgress: hook<(progress: SchemaProgress) => void>('called about ten times a second'),
  ...WAITING,
  ...LONG_WORK,
  ...REASON,
} as const satisfies OptionTable;

const UNSET_SCHEMA_OPTIONS = { ...WAITING, ...LONG_WORK, ...REASON } as const satisfies OptionTable;

export type FilledSetSchemaOptions = Resolved<typeof SET_SCHEMA_OPTIONS>;

/** @param closing cancels as the option `signal` does. @throws TypeError */
export function resolveSetSchema(given: SetSchemaOptions | undefined, closing?: AbortSignal): FilledSetSchemaOptions {
  const options = resolveOptions('setSchema', SET_SCHEMA_OPTIONS, given);
  return { ...options, signal: either(options.signal, closing) };
}

/** @param closing cancels as the option `signal` does. @throws TypeError */
export function resolveUnsetSchema(given: UnsetSchemaOptions | undefined, closing?: AbortSignal) {
  const options = resolveOptions('unsetSchema', UNSET_SCHEMA_OPTIONS, given);
  return { ...options, signal: either(options.signal, closing) };
}
