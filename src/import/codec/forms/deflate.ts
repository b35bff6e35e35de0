// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// Deflate data (RFC 1951) by itself, as entries of zip archives have it. Nothing in it says that it is whole: the checksum
// stands in the archive.

import { constants, createInflateRaw } from 'node:zlib';
import type { Compressed, Step } from '../compressed.js';
import type { Plain } from '../plain.js';
import { NodeZlib } from './node-zlib.js';

const FLUSHES = { more: constants.Z_NO_FLUSH, last: constants.Z_FINISH };

export function* decodeDeflate(compressed: Compressed, plain: Plain): Step {
  const inflate = new NodeZlib(createInflateRaw(), FLUSHES);
  try {
    yield* compressed.needed();
    yield* inflate.decode(compressed, (piece) => plain.put(piece));
    if (yield* compressed.more()) throw compressed.faults.trailing(compressed.offset);
  } finally {
    inflate.close();
  }
}
