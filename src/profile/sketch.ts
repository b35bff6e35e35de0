// What the hashes of values say: how many different ones there are, and how many two paths have in common. A path keeps the
// smallest hashes of its values (KMV). The hash is the same in the kernel, so it uses nothing but 64-bit words: xor,
// multiplication, shift.

import { hashesIn, NO_HASHES } from './hashes.js';
import { SKETCH_SIZE, VALUE_BYTES_MAX, type ValueFacts } from './types.js';

/** Odd numbers without a pattern: of the golden ratio, and of MurmurHash3's last step. */
const LENGTH_FACTOR = 0x9e3779b97f4a7c15n;
const WORD_FACTOR = 0xff51afd7ed558ccdn;
const LAST_FACTOR = 0xc4ceb9fe1a85ec53n;
const SPACE = 2 ** 64;

/**
 * The hash of a token as it is spelled, of 64 bits. Of a token of more than VALUE_BYTES_MAX bytes it covers the length, the
 * first half of so many bytes and the last half. So two long texts that differ only between them count as one.
 */
export function hashToken(token: Uint8Array): bigint {
  let hash = BigInt.asUintN(64, BigInt(token.length) * LENGTH_FACTOR);
  for (const word of wordsOf(token)) hash = mixed(BigInt.asUintN(64, (hash ^ word) * WORD_FACTOR));
  return mixed(BigInt.asUintN(64, hash * LAST_FACTOR));
}

function mixed(hash: bigint): bigint {
  return hash ^ (hash >> 32n);
}

/** Eight bytes each, the first one lowest; the last word is filled up with zeros. */
function* wordsOf(token: Uint8Array): Generator<bigint> {
  const half = VALUE_BYTES_MAX / 2;
  const isLong = token.length > VALUE_BYTES_MAX;
  const covered = isLong ? Buffer.concat([token.subarray(0, half), token.subarray(-half)]) : token;
  const words = Buffer.alloc(Math.ceil(covered.length / 8) * 8);
  words.set(covered);
  for (let at = 0; at < words.length; at += 8) yield words.readBigUInt64LE(at);
}

/** How many different numbers and strings a path has: exact up to SKETCH_SIZE, about six percent off above. */
export function distinctValues(facts: ValueFacts | undefined): number {
  if (facts?.counts !== undefined) return facts.counts.size;
  const sketch = hashesIn(facts?.sketch ?? NO_HASHES);
  if (sketch.length < SKETCH_SIZE) return sketch.length;
  // The greatest of k evenly spread hashes lies at k / (n + 1) of the space.
  return Math.round(((SKETCH_SIZE - 1) * SPACE) / (Number(sketch.at(-1)) + 1));
}

/** Of the different values of two paths together, the share that both have: 0 to 1. Exact for few values, else an estimate. */
export function sharedValues(a: ValueFacts | undefined, b: ValueFacts | undefined): number {
  const [left, right] = [hashesOf(a), hashesOf(b)];
  const union = [...new Set([...left, ...right])].sort(ascending).slice(0, unionSize(left, right));
  const inBoth = union.filter((hash) => left.has(hash) && right.has(hash));
  return union.length === 0 ? 0 : inBoth.length / union.length;
}

/** Up to which of the smallest hashes of both together it is known whether a path has it. */
function unionSize(left: ReadonlySet<bigint>, right: ReadonlySet<bigint>): number {
  return left.size < SKETCH_SIZE && right.size < SKETCH_SIZE ? Number.POSITIVE_INFINITY : SKETCH_SIZE;
}

function hashesOf(facts: ValueFacts | undefined): ReadonlySet<bigint> {
  if (facts?.counts === undefined) return new Set(hashesIn(facts?.sketch ?? NO_HASHES));
  return new Set([...facts.counts.keys()].map((token) => hashToken(Buffer.from(token))));
}

export function ascending(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
