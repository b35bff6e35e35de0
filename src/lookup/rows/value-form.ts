// key > index page > location > frame cache > frame > record > [value]
//
// How one handle gives records as values, and takes values as records: which integers become bigints, and what the codec of
// the user makes of a record. The codec comes last in a read and first in a write: caches, indexes and patches know
// records only. So what `decode` makes belongs to its reader, and is shared with nobody.

import { GristmillError } from '../../base/errors.js';
import { shownKey } from '../../keys/decode.js';
import type { KeyValue } from '../../keys/encode.js';
import type { UnsafeIntegers } from '../../keys/json-value.js';
import { namesOf } from '../../keys/key-path.js';
import { checkedOptions, type Given, type Resolved } from '../../options/check.js';
import { type Codec, VALUE_OPTIONS, type ValueOptions } from '../../options/values.js';
import { parsedRecord } from '../../store/shards/line.js';
import type { CollectionManifest } from '../../store/types.js';
import { simpleKeyIn } from './own-key.js';

/** A key, or what finds it out: that is needed for errors only. */
type KeyOf = KeyValue | (() => KeyValue | undefined);

export class ValueForm<T = unknown> {
  readonly unsafeIntegers: UnsafeIntegers;
  /** Undefined: what the store says. */
  readonly schemaVersion: number | undefined;
  readonly #collection: string;
  readonly #codec: Codec<T> | undefined;

  /** @param method that was given the options, for errors @throws TypeError for a wrong option */
  constructor(method: string, collection: string, given?: ValueOptions<T>) {
    const options: Given<Resolved<typeof VALUE_OPTIONS>> =
      given === undefined ? {} : checkedOptions(method, VALUE_OPTIONS, given);
    const { unsafeIntegers = VALUE_OPTIONS.unsafeIntegers.default, schemaVersion, codec } = options;
    this.unsafeIntegers = unsafeIntegers;
    this.schemaVersion = schemaVersion;
    this.#collection = collection;
    this.#codec = codec === undefined ? undefined : checkedCodec<T>(codec, `${method}: options.codec`);
  }

  /** Whether no option is given. */
  get isPlain(): boolean {
    if (this.schemaVersion !== undefined) return false;
    return this.#codec === undefined && this.unsafeIntegers === VALUE_OPTIONS.unsafeIntegers.default;
  }

  /** The record of a text, as `decoded` takes it. @throws as `parsedRecord` */
  parsed(text: string): unknown {
    return parsedRecord(text, this.unsafeIntegers);
  }

  /** The value of a record; of undefined, which is no record, undefined. @throws GristmillError CODEC_FAILED; TypeError */
  decoded(record: unknown, key: KeyOf): T | undefined {
    if (this.#codec === undefined || record === undefined) return record as T | undefined;
    let value: T;
    try {
      value = this.#codec.decode(record);
    } catch (cause) {
      throw failed('decode', this.#collection, `failed: ${messageOf(cause)}`, key, cause);
    }
    refusePromise('decode', this.#collection, value);
    if (value === undefined)
      throw failed('decode', this.#collection, 'returned undefined, which means that there is no record', key);
    return value;
  }

  /** The record that is stored for a value. @param name given with it @throws GristmillError CODEC_FAILED; TypeError */
  encoded(value: T, { key }: Pick<CollectionManifest, 'key'>, name: string | undefined): unknown {
    if (this.#codec === undefined) return value;
    let record: unknown;
    try {
      record = this.#codec.encode(value);
    } catch (cause) {
      // The record is not there yet. Most values have their key where it will be.
      const keyOf = () => name ?? (key.kind === 'path' ? simpleKeyIn(value, namesOf(key.path)) : undefined);
      throw failed('encode', this.#collection, `failed: ${messageOf(cause)}; nothing was changed`, keyOf, cause);
    }
    refusePromise('encode', this.#collection, record);
    return record;
  }
}

// Functions: with private methods, making a handle takes several microseconds, and each transaction makes one.

function failed(method: keyof Codec<unknown>, collection: string, what: string, of: KeyOf, cause?: unknown): Error {
  const key = typeof of === 'function' ? of() : of;
  const which = key === undefined ? 'a record' : `the record ${shownKey(key)}`;
  const message = `${method} of the codec, for ${which} of collection ${collection}, ${what}`;
  return new GristmillError('CODEC_FAILED', message, { cause });
}

function refusePromise(method: keyof Codec<unknown>, collection: string, result: unknown): void {
  if (typeof (result as PromiseLike<unknown> | null | undefined)?.then !== 'function') return;
  // That it fails, too, is said here.
  Promise.resolve(result).catch(() => {});
  const message = `the codec of collection ${collection} must not be async: ${method} returned a promise`;
  throw new TypeError(method === 'encode' ? `${message}; nothing was changed` : message);
}

/** @throws TypeError */
function checkedCodec<T>(codec: unknown, option: string): Codec<T> {
  for (const name of ['encode', 'decode'] as const) {
    const method: unknown = (codec as Partial<Codec<T>> | null)?.[name];
    if (typeof method !== 'function') throw new TypeError(`${option} must have a function ${name}`);
    if (method.constructor.name === 'AsyncFunction') throw new TypeError(`${option}.${name} must not be async`);
  }
  return codec as Codec<T>;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
