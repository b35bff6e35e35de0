// The options of a handle on a collection: how it gives the records of the collection as values, and takes values as records.

import { any, type OptionTable } from './check.js';
import { VERSION } from './shared.js';

/**
 * Turns records into the values that a program works with, and back. Both functions must be synchronous, and must not change
 * what they are given. They are called as methods of the codec.
 *
 * T is the type of the values, Stored the type of the records as JSON has them.
 */
export interface Codec<T, Stored = unknown> {
  /** Returns the record to store for a value: what `put` of a collection without a codec takes. The keys are taken from it. */
  encode(value: T): Stored;
  /**
   * Returns the value for a stored record, as JSON.parse gives it or, with `unsafeIntegers: 'bigint'`, with bigints. Not
   * undefined, which means that there is no record.
   */
  decode(stored: Stored): T;
}

/** Options of `store.collection`, and of `collection` of snapshots and transactions; all optional. */
export interface ValueOptions<
  T = unknown,
  Stored = unknown,
  Integers extends 'number' | 'bigint' = 'number' | 'bigint',
> {
  /**
   * The type of integers beyond 2^53 − 1 that are written without fraction and exponent: "number", rounded as
   * JSON.parse rounds them, or "bigint", with all digits. Default "number".
   */
  readonly unsafeIntegers?: Integers | undefined;
  /** Applied to every value that is read through the handle, and to every value that is put. Default: none. */
  readonly codec?: Codec<T, Stored> | undefined;
  /**
   * The version of the collection in which the handle reads and writes records (docs/versions.md). Keys and indexes are those
   * of the newest version. Default: option `schemaVersion` of the store, else the newest version.
   */
  readonly schemaVersion?: number | undefined;
}

export const VALUE_OPTIONS = {
  unsafeIntegers: {
    type: 'choice',
    default: 'number',
    choices: ['number', 'bigint'],
    meaning: 'type of integers beyond 2^53 - 1: number (rounded), or bigint (exact)',
  },
  codec: any<Codec<unknown>>('object that turns records into values (decode), and values into records (encode)'),
  ...VERSION,
} as const satisfies OptionTable;
