// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// Brotli (RFC 7932): one stream, which ends where the file ends. The form has no checksum, so damage that leaves a valid
// stream cannot be found.

import { constants, createBrotliDecompress } from 'node:zlib';
import type { DecodeLimits } from '../codec.js';
import type { Compressed, Step } from '../compressed.js';
import type { Plain } from '../plain.js';
import { NodeZlib } from './node-zlib.js';

const FLUSHES = { more: constants.BROTLI_OPERATION_PROCESS, last: constants.BROTLI_OPERATION_FINISH };

export function* decodeBrotli(compressed: Compressed, plain: Plain, limits: DecodeLimits): Step {
  yield* compressed.needed();
  const window = windowBytes(compressed.next);
  if (window > limits.memoryMax) throw compressed.faults.memory(0, window, limits.memoryMax);
  const brotli = new NodeZlib(createBrotliDecompress(), FLUSHES);
  try {
    yield* brotli.decode(compressed, plain, (piece) => plain.put(piece));
    if (yield* compressed.more()) throw compressed.faults.trailing(compressed.offset);
  } finally {
    brotli.close();
  }
}

/** The size in bytes of the window that a stream with this first byte needs (RFC 7932, 9.1). */
function windowBytes(first: number): number {
  if ((first & 1) === 0) return 2 ** 16;
  const large = (first >>> 1) & 7;
  if (large !== 0) return 2 ** (17 + large);
  const small = (first >>> 4) & 7;
  return 2 ** (small === 0 ? 17 : 8 + small);
}
