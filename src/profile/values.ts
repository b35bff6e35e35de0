// The different values of a path: each with its count as long as there are few and short ones, then the smallest hashes and a
// few examples. What is known depends only on which values there are and how often, never on their order.

import { ascending, hashToken } from './sketch.js';
import { EXAMPLES_MAX, SKETCH_SIZE, VALUE_BYTES_MAX, VALUES_MAX, type ValueFacts } from './types.js';

interface Example {
  readonly hash: bigint;
  readonly token: string;
}

/** About what one kept value takes in memory, beside its text. */
export const VALUE_BYTES = 64;

export class Values {
  /** Absent: there are too many, or too long ones. */
  #counts: Map<string, number> | undefined = new Map();
  #sketch: bigint[] = [];
  #examples: Example[] = [];
  /** About what is kept takes in memory, in bytes. */
  bytes = 0;

  add(token: string, count = 1): void {
    if (this.#counts !== undefined) {
      const known = this.#counts.get(token);
      if (known !== undefined || (this.#counts.size < VALUES_MAX && isKept(token))) {
        this.#counts.set(token, (known ?? 0) + count);
        if (known === undefined) this.bytes += VALUE_BYTES + token.length;
        return;
      }
      this.#toSketch();
    }
    this.#addHashed(token);
  }

  addFacts({ counts, sketch = [], examples = [] }: ValueFacts): void {
    for (const [token, count] of counts ?? []) this.add(token, count);
    if (counts !== undefined) return;
    this.#toSketch();
    for (const hash of sketch) this.#addHash(hash);
    for (const token of examples) this.#addExample(hashOf(token), token);
  }

  /** Absent: there are no values. */
  facts(): ValueFacts | undefined {
    if (this.#counts === undefined) {
      return { sketch: [...this.#sketch], examples: this.#examples.map(({ token }) => token) };
    }
    return this.#counts.size === 0 ? undefined : { counts: inOrder(this.#counts) };
  }

  #toSketch(): void {
    const counts = this.#counts;
    this.#counts = undefined;
    this.bytes = 0;
    for (const token of counts?.keys() ?? []) this.#addHashed(token);
  }

  #addHashed(token: string): void {
    const hash = hashOf(token);
    this.#addHash(hash);
    if (isKept(token)) this.#addExample(hash, token);
  }

  #addHash(hash: bigint): void {
    const at = placeOf(this.#sketch, hash);
    if (at === SKETCH_SIZE || this.#sketch[at] === hash) return;
    this.#sketch.splice(at, 0, hash);
    if (this.#sketch.length > SKETCH_SIZE) this.#sketch.pop();
    else this.bytes += VALUE_BYTES;
  }

  /** Of two tokens with one hash, the lesser is kept. */
  #addExample(hash: bigint, token: string): void {
    const same = this.#examples.findIndex((example) => example.hash === hash);
    if (same === -1) this.#examples.push({ hash, token });
    else if (Buffer.compare(Buffer.from(token), Buffer.from(this.#examples[same]!.token)) < 0) {
      this.#examples[same] = { hash, token };
    }
    this.#examples.sort((a, b) => ascending(a.hash, b.hash));
    if (this.#examples.length > EXAMPLES_MAX) this.#examples.pop();
  }
}

/** All values of two paths together. */
export function addValues(a: ValueFacts | undefined, b: ValueFacts | undefined): ValueFacts | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const values = new Values();
  values.addFacts(a);
  values.addFacts(b);
  return values.facts();
}

/** By the order of the texts' UTF-16 code units. */
export function inOrder<Value>(map: ReadonlyMap<string, Value>): Map<string, Value> {
  return new Map([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isKept(token: string): boolean {
  return token.length <= VALUE_BYTES_MAX && Buffer.byteLength(token) <= VALUE_BYTES_MAX;
}

function hashOf(token: string): bigint {
  return hashToken(Buffer.from(token));
}

/** Where a hash is in an ascending list, or would be. */
function placeOf(hashes: readonly bigint[], hash: bigint): number {
  let low = 0;
  let high = hashes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (hashes[middle]! < hash) low = middle + 1;
    else high = middle;
  }
  return low;
}
