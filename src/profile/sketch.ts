// What the hashes of values say: how many different ones there are, and how many two paths have in common. A path keeps the
// smallest hashes of its values (KMV). The hash is the same in the kernel, so it uses nothing but 64-bit words: xor,
// multiplication, addition, shift.

import { SKETCH_SIZE, VALUE_BYTES_MAX, type ValueFacts } from './types.js';

/** Odd numbers without a pattern: of the golden ratio, and of the last steps of MurmurHash3 and SplitMix64. */
const LENGTH_FACTOR = 0x9e3779b97f4a7c15n;
const LOW_FACTOR = 0xff51afd7ed558ccdn;
const HIGH_FACTOR = 0xbf58476d1ce4e5b9n;
const BLOCK_FACTOR = 0x94d049bb133111ebn;
const LAST_FACTOR = 0xc4ceb9fe1a85ec53n;
const BLOCK_BYTES = 16;
const SPACE = 2 ** 64;

/**
 * The hash of a token as it is spelled, of 64 bits. Of a token of more than VALUE_BYTES_MAX bytes it covers the length, the
 * first half of so many bytes and the last half. So two long texts that differ only between them count as one.
 */
export function hashToken(token: Uint8Array): bigint {
  let hash = u64(BigInt(token.length) * LENGTH_FACTOR);
  const blocks = blocksOf(token);
  for (let at = 0; at < blocks.length; at += BLOCK_BYTES) {
    // The two words do not wait for each other, nor for the block before.
    const low = mixed(u64(blocks.readBigUInt64LE(at) * LOW_FACTOR));
    const high = mixed(u64(blocks.readBigUInt64LE(at + 8) * HIGH_FACTOR));
    hash = u64(u64((hash ^ low) * BLOCK_FACTOR) + high);
  }
  return mixed(u64(mixed(hash) * LAST_FACTOR));
}

function u64(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

function mixed(hash: bigint): bigint {
  return hash ^ (hash >> 32n);
}

/** Whole blocks; the last one is filled up with zeros. */
function blocksOf(token: Uint8Array): Buffer {
  const half = VALUE_BYTES_MAX / 2;
  const isLong = token.length > VALUE_BYTES_MAX;
  const covered = isLong ? Buffer.concat([token.subarray(0, half), token.subarray(-half)]) : token;
  const blocks = Buffer.alloc(Math.ceil(covered.length / BLOCK_BYTES) * BLOCK_BYTES);
  blocks.set(covered);
  return blocks;
}

/** How many different numbers and strings a path has: exact up to SKETCH_SIZE, about nine percent off above. */
export function distinctValues(facts: ValueFacts | undefined): number {
  if (facts?.counts !== undefined) return facts.counts.size;
  const sketch = facts?.sketch ?? [];
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
  if (facts?.counts === undefined) return new Set(facts?.sketch);
  return new Set([...facts.counts.keys()].map((token) => hashToken(Buffer.from(token))));
}

export function ascending(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
