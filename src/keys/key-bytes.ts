// source > plan > map > scan > [key] > frame > shard > verify > merge > publish      lookup: [key] > index page > …
//
// The bytes of one key while it is encoded (encode.ts), and what becomes of a key that is longer than keys may be. A
// secondary index has it cut: its first bytes, and a last byte that sorts it after the whole key of these bytes and that no
// whole key has. So entries are in the order of the keys, except among those that are cut to the same bytes.

import { KEY_BYTES_MAX } from '../base/limits.js';

/** First byte of a key. The gaps are reserved. */
export const KeyType = {
  /** Pseudonyms (pseudonyms.ts): of a key that is null, or has a component that is, and of any other. */
  pseudonymOfNull: 0x00,
  pseudonym: 0x01,
  null: 0x02,
  false: 0x03,
  true: 0x04,
  negative: 0x10,
  zero: 0x11,
  positive: 0x12,
  string: 0x20,
  composite: 0x30,
};

/** U+0000 and U+0001 of a string are written as this and their code + 1: 00 is left for the end, and order is kept. */
export const LOW_ESCAPE = 0x01;

/**
 * What becomes of a key that is longer than keys may be: it is refused; it is cut, as secondary indexes have it; or it is
 * kept whole, to be compared with others.
 */
export type LongKeys = 'refuse' | 'cut' | 'keep';

/** One key is built at a time, so all share these bytes: a lookup allocates nothing but its key. */
export const scratch = new Uint8Array(KEY_BYTES_MAX);

/** Collects the bytes of one key; goes on counting beyond the limit, without keeping more unless it is to be kept. */
export class KeyBytes {
  readonly #long: LongKeys;
  #bytes = scratch;
  #length = 0;

  constructor(long: LongKeys) {
    this.#long = long;
  }

  put(byte: number): void {
    if (this.#length === this.#bytes.length && this.#long === 'keep') this.#grow();
    this.#bytes[this.#length++] = byte; // beyond the end: ignored by the typed array
  }

  putStringByte(byte: number): void {
    if (byte <= LOW_ESCAPE) {
      this.put(LOW_ESCAPE);
      this.put(byte + 1);
    } else {
      this.put(byte);
    }
  }

  /** UTF-8, generalised: a lone surrogate is written as the three bytes its code point would have. */
  putCodePoint(point: number): void {
    if (point < 0x80) this.putStringByte(point);
    else if (point < 0x800) this.#putSequence(0xc0, point, 6);
    else if (point < 0x10000) this.#putSequence(0xe0, point, 12);
    else this.#putSequence(0xf0, point, 18);
  }

  #putSequence(lead: number, point: number, leadShift: number): void {
    this.put(lead | (point >> leadShift));
    for (let shift = leadShift - 6; shift >= 0; shift -= 6) this.put(0x80 | ((point >> shift) & 0x3f));
  }

  #grow(): void {
    const grown = new Uint8Array(2 * this.#bytes.length);
    grown.set(this.#bytes);
    this.#bytes = grown;
  }

  finish(): Uint8Array | 'KEY_TOO_LONG' {
    const isLong = this.#length > KEY_BYTES_MAX;
    if (isLong && this.#long === 'refuse') return 'KEY_TOO_LONG';
    const key = this.#bytes.slice(0, this.#length);
    return isLong && this.#long === 'cut' ? cutKey(key) : key;
  }
}

/** A key that is longer than keys may be as a secondary index has it. @param key at least its first bytes */
export function cutKey(key: Uint8Array): Uint8Array {
  const cut = key.slice(0, KEY_BYTES_MAX);
  cut[KEY_BYTES_MAX - 1] = cutMark(key);
  return cut;
}

/** Whether the key of an entry is cut. */
export function isCutKey(key: Uint8Array): boolean {
  return key.byteLength === KEY_BYTES_MAX && key[KEY_BYTES_MAX - 1] === cutMark(key);
}

/** The last byte of a cut key: next to the byte that ends a whole key, on the side where longer ones are. */
function cutMark(key: Uint8Array): number {
  return key[0] === KeyType.negative ? 0xfe : 0x01;
}
