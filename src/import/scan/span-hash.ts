// source > [compare] > import > vanish > publish
//
// A hash of part of a file, of any size: blocks are hashed one after another, each behind the hash of all before it.

import { CHECKSUM_BYTES, putChecksum, xxh64 } from '../../store/files/checksum.js';
import type { Source } from '../source/source.js';

const BLOCK_BYTES = 256 * 1024;

/** Hashes the bytes from `from` to `to`; yields after each block, to let others have a turn. @throws as Source.read */
export function* hashOf(file: Source, from: number, to: number): Generator<void, string> {
  const block = new Uint8Array(CHECKSUM_BYTES + Math.min(BLOCK_BYTES, to - from));
  for (let at = from; at < to; ) {
    const bytes = Math.min(BLOCK_BYTES, to - at);
    file.read(block.subarray(CHECKSUM_BYTES, CHECKSUM_BYTES + bytes), at);
    putChecksum(block, 0, block, 0, CHECKSUM_BYTES + bytes);
    at += bytes;
    yield;
  }
  return xxh64(block, 0, CHECKSUM_BYTES).toString(16);
}

/** The same at one go. */
export function hashAtOnce(file: Source, from: number, to: number): string {
  const steps = hashOf(file, from, to);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}
