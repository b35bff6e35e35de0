// The paths in the profiler's memory as a profile.

import { compareKeys, encodeKey } from '../../keys/encode.js';
import { addPaths, present } from '../add.js';
import { hashesFrom } from '../hashes.js';
import type { ArrayFacts, KindCounts, NumberFacts, ObjectFacts, PathProfile, ValueFacts } from '../types.js';
import { inOrder } from '../values.js';
import { COUNTS, PATH, SKETCH, SKETCH_TABLE } from './layout.js';

/** Reads paths of a memory that does not change meanwhile. */
export class PathReader {
  readonly #view: DataView;
  readonly #bytes: Buffer;
  readonly #base: number;
  readonly #isOutline: boolean;

  /** @param base address of the first byte. @param isOutline whether hashes and examples are left out */
  constructor({ buffer, byteOffset, byteLength }: Uint8Array, base: number, isOutline: boolean) {
    this.#view = new DataView(buffer, byteOffset, byteLength);
    this.#bytes = Buffer.from(buffer, byteOffset, byteLength);
    this.#base = base;
    this.#isOutline = isOutline;
  }

  /** @param path its address */
  read(path: number): PathProfile {
    const kinds = this.#kinds(path);
    return {
      kinds,
      repeats: this.#count(path + PATH.REPEATS),
      ...present('numbers', kinds.integer + kinds.decimal > 0 ? this.#numbers(path, kinds) : undefined),
      ...(kinds.string > 0 && {
        strings: {
          shortest: this.#u32(path + PATH.SHORTEST),
          longest: this.#u32(path + PATH.LONGEST),
          formats: this.#u32(path + PATH.FORMATS),
        },
      }),
      ...present('values', this.#values(path)),
      ...present('arrays', kinds.array > 0 ? this.#arrays(path) : undefined),
      ...present('objects', kinds.object > 0 ? this.#objects(path) : undefined),
      ...(this.#u32(path + PATH.IS_PARTIAL) !== 0 && { isPartial: true }),
    };
  }

  #kinds(path: number): KindCounts {
    const kind = (index: number): number => this.#count(path + PATH.KINDS + 8 * index);
    return {
      null: kind(0),
      false: kind(1),
      true: kind(2),
      integer: kind(3),
      decimal: kind(4),
      string: kind(5),
      array: kind(6),
      object: kind(7),
    };
  }

  #numbers(path: number, { integer, decimal }: KindCounts): NumberFacts {
    const beyondKeys = this.#count(path + PATH.BEYOND_KEYS);
    const least = [this.#key(path + PATH.OTHER_LEAST), this.#integerKey(path + PATH.INTEGER_LEAST)];
    const most = [this.#key(path + PATH.OTHER_MOST), this.#integerKey(path + PATH.INTEGER_MOST)];
    const hasKeys = integer + decimal > beyondKeys;
    const known = (keys: readonly (Uint8Array | undefined)[]) =>
      keys.filter((key) => key !== undefined).sort(compareKeys);
    return {
      ...(hasKeys && { least: known(least)[0]!, greatest: known(most).at(-1)! }),
      digits: this.#u32(path + PATH.DIGITS),
      beyondSafe: this.#count(path + PATH.BEYOND_SAFE),
      beyondKeys,
    };
  }

  #key(slot: number): Uint8Array | undefined {
    const at = this.#u32(slot);
    if (at === 0) return undefined;
    const from = at - this.#base;
    return new Uint8Array(this.#bytes.subarray(from, from + this.#u32(slot + 4)));
  }

  /** The extremes of integers that are compared as such, if there are any: none of them has 19 digits. */
  #integerKey(slot: number): Uint8Array | undefined {
    const value = this.#view.getBigInt64(slot - this.#base, true);
    return value > -(10n ** 18n) && value < 10n ** 18n ? encodeKey(value) : undefined;
  }

  #values(path: number): ValueFacts | undefined {
    const at = this.#u32(path + PATH.VALUES);
    if (at === 0) return undefined;
    if (this.#u32(path + PATH.IS_SKETCH) === 0) return { counts: this.#counts(at) };
    return this.#isOutline ? {} : this.#sketch(at);
  }

  #counts(at: number): Map<string, number> {
    const capacity = this.#u32(at);
    const entries = at + COUNTS.INDEX + 2 * capacity;
    const counts = Array.from({ length: this.#u32(at + 4) }, (_, index): [string, number] => {
      const entry = entries + index * COUNTS.ENTRY_BYTES;
      const token = this.#text(this.#u32(entry + COUNTS.ENTRY_TOKEN), this.#u32(entry + COUNTS.ENTRY_TOKEN_BYTES));
      return [token, this.#count(entry + COUNTS.ENTRY_COUNT)];
    });
    return inOrder(new Map(counts));
  }

  #sketch(at: number): ValueFacts {
    // Sorted as numbers are, which takes much less time than to compare bigints. Free places come first.
    const place = this.#bytes.byteOffset + at + SKETCH_TABLE - this.#base;
    const table = new BigUint64Array(this.#bytes.buffer, place, SKETCH.SLOTS).slice().sort();
    const used = table.subarray(table.lastIndexOf(0n) + 1);
    const hashes = this.#u32(at + SKETCH.HAS_ZERO) === 0 ? used : BigUint64Array.of(0n, ...used);
    const examples = Array.from({ length: this.#u32(at + SKETCH.EXAMPLES_SIZE) }, (_, index) => {
      const example = at + SKETCH.EXAMPLES + index * SKETCH.EXAMPLE_BYTES;
      const hash = this.#view.getBigUint64(example - this.#base, true);
      return { hash, token: this.#text(example + SKETCH.EXAMPLE_TOKEN, this.#u32(example + 8)) };
    });
    return {
      sketch: hashesFrom(hashes),
      examples: examples.map(({ token }) => token),
      exampleHashes: hashesFrom(BigUint64Array.from(examples, ({ hash }) => hash)),
    };
  }

  #arrays(path: number): ArrayFacts {
    const size = { shortest: this.#u32(path + PATH.ARRAY_SHORTEST), longest: this.#u32(path + PATH.ARRAY_LONGEST) };
    const elements = this.#u32(path + PATH.ELEMENTS);
    return { ...size, ...present('elements', elements === 0 ? undefined : this.read(elements)) };
  }

  #objects(path: number): ObjectFacts {
    const size = { fewest: this.#u32(path + PATH.OBJECT_FEWEST), most: this.#u32(path + PATH.OBJECT_MOST) };
    const folded = this.#u32(path + PATH.FOLDED);
    // Members without names are not repeated.
    if (folded !== 0) return { ...size, folded: { ...this.read(folded), repeats: 0 } };
    const members = new Map<string, PathProfile>();
    for (let member = this.#u32(path + PATH.MEMBERS); member !== 0; member = this.#u32(member + PATH.SIBLING)) {
      const name = this.#name(this.#u32(member + PATH.NAME), this.#u32(member + PATH.NAME_BYTES));
      const known = members.get(name);
      members.set(name, known === undefined ? this.read(member) : addPaths(known, this.read(member)));
    }
    return { ...size, ...present('members', members.size === 0 ? undefined : inOrder(members)) };
  }

  #text(at: number, bytes: number): string {
    return this.#bytes.toString('utf8', at - this.#base, at - this.#base + bytes);
  }

  /** A name may have lone surrogates, as the three bytes that UTF-8 would have for them. */
  #name(at: number, bytes: number): string {
    const spelled = this.#bytes.subarray(at - this.#base, at - this.#base + bytes);
    let name = '';
    let start = 0;
    for (let i = spelled.indexOf(0xed); i !== -1; i = spelled.indexOf(0xed, i + 3)) {
      if (spelled[i + 1]! < 0xa0) continue;
      const unit = 0xd000 | ((spelled[i + 1]! & 0x3f) << 6) | (spelled[i + 2]! & 0x3f);
      name += spelled.toString('utf8', start, i) + String.fromCharCode(unit);
      start = i + 3;
    }
    return name + spelled.toString('utf8', start);
  }

  /** Exact up to 2^53: no source has more values. */
  #count(at: number): number {
    return Number(this.#view.getBigUint64(at - this.#base, true));
  }

  #u32(at: number): number {
    return this.#view.getUint32(at - this.#base, true);
  }
}
