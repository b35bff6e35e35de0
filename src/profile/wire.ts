// The small forms of an encoded profile, and the checks of the way back: each fact has its type, or nothing is believed.

import type { KindCounts } from './types.js';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Members are pairs of name and path, so that no name is taken for a number or a prototype. */
type Pair = readonly [string, Json];

/** An object of the encoded text whose facts are taken with their types. Each method throws if there is another type. */
export class Wire {
  readonly #facts: { readonly [name: string]: Json };

  constructor(value: Json) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('not an object');
    this.#facts = value as { readonly [name: string]: Json };
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#facts, name);
  }

  count(name: string): number {
    return Wire.asCount(this.#facts[name]);
  }

  counts(name: string, length: number): number[] {
    const counts = this.#list(name).map(Wire.asCount);
    if (counts.length !== length) throw new Error(`${name}: not ${length} counts`);
    return counts;
  }

  text(name: string): string {
    return asText(this.#facts[name]);
  }

  texts(name: string): string[] {
    return this.#list(name).map(asText);
  }

  pairs(name: string): Pair[] {
    return this.#list(name).map((pair) => {
      if (!Array.isArray(pair) || pair.length !== 2) throw new Error(`${name}: not a pair`);
      return [asText(pair[0]), pair[1] as Json];
    });
  }

  inside(name: string): Wire {
    return new Wire(this.#facts[name] ?? null);
  }

  optional<Facts>(name: string, read: (wire: Wire) => Facts): Facts | undefined {
    return this.has(name) ? read(this.inside(name)) : undefined;
  }

  #list(name: string): readonly Json[] {
    const list = this.#facts[name];
    if (!Array.isArray(list)) throw new Error(`${name}: not a list`);
    return list as readonly Json[];
  }

  static asCount(value: Json | undefined): number {
    if (!Number.isSafeInteger(value) || (value as number) < 0) throw new Error('not a count');
    return value as number;
  }
}

function asText(value: Json | undefined): string {
  if (typeof value !== 'string') throw new Error('not a text');
  return value;
}

export function kindList({ null: nulls, false: no, true: yes, integer, decimal, string, array, object }: KindCounts) {
  return [nulls, no, yes, integer, decimal, string, array, object];
}

/** @param counts eight of them, in the order of `kindList` */
export function kindCounts(counts: readonly number[]): KindCounts {
  const [nulls, no, yes, integer, decimal, string, array, object] = counts as [
    ...[number, number, number, number],
    ...[number, number, number, number],
  ];
  return { null: nulls, false: no, true: yes, integer, decimal, string, array, object };
}

export function keyText(key: Uint8Array): string {
  return Buffer.from(key).toString('hex');
}

export function keyFrom(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'));
}

/** Hashes as hashes.ts keeps them. */
export function hashesText({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}

export function hashesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(Buffer.from(text, 'base64'));
  if (bytes.byteLength % 8 !== 0) throw new Error('not hashes');
  return bytes;
}
