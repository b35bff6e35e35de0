// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// Deflate data (RFC 1951) by itself, as entries of zip archives have it. Nothing in it says that it is whole: the checksum
// stands in the archive.

import { constants, createInflateRaw, type InflateRaw } from 'node:zlib';
import type { Compressed, Step } from '../compressed.js';
import type { Plain } from '../plain.js';
import { NodeZlib } from './node-zlib.js';

const FLUSHES = { more: constants.Z_NO_FLUSH, last: constants.Z_FINISH };

interface Inflate {
  readonly stream: InflateRaw;
  readonly zlib: NodeZlib;
}

/** Archives have thousands of small entries, and an inflater takes longer to make than most of them to decode. */
let spare: Inflate | undefined;

export function* decodeDeflate(compressed: Compressed, plain: Plain): Step {
  const { stream, zlib } = takeInflate();
  let isWhole = false;
  try {
    yield* compressed.needed();
    yield* zlib.decode(compressed, plain, (piece) => plain.put(piece));
    if (yield* compressed.more()) throw compressed.faults.trailing(compressed.offset);
    isWhole = true;
  } finally {
    if (isWhole && spare === undefined) spare = { stream, zlib };
    else zlib.close();
  }
}

function takeInflate(): Inflate {
  const held = spare;
  spare = undefined;
  if (held !== undefined) {
    held.stream.reset();
    return held;
  }
  const stream = createInflateRaw();
  return { stream, zlib: new NodeZlib(stream, FLUSHES) };
}
