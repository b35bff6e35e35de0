// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// gzip (RFC 1952): members one after another until the file ends. Node's own gunzip takes anything after a member for
// garbage and drops it without an error. So only the deflate data inside a member is given to Node; headers, checksums and
// the end of the file are checked here.

import { constants, crc32, createInflateRaw } from 'node:zlib';
import type { Compressed, Step } from '../compressed.js';
import type { Plain } from '../plain.js';
import { GZIP_TRAILER_BYTES, gzipHeader } from './gzip-header.js';
import { Idle } from './idle.js';
import { NodeZlib } from './node-zlib.js';

const FLUSHES = { more: constants.Z_NO_FLUSH, last: constants.Z_FINISH };

const idle = new Idle(() => {
  const stream = createInflateRaw();
  return { stream, inflate: new NodeZlib(stream, FLUSHES) };
});

export function* decodeGzip(compressed: Compressed, plain: Plain): Step {
  const one = idle.take();
  let isSound = false;
  try {
    yield* members(compressed, plain, one);
    isSound = true;
  } finally {
    if (isSound) idle.leave(one, ({ inflate }) => inflate.close());
    else one.inflate.close();
  }
}

function* members(compressed: Compressed, plain: Plain, { stream, inflate }: ReturnType<typeof idle.take>): Step {
  yield* compressed.needed();
  for (let isFirst = true; isFirst || (yield* compressed.more()); isFirst = false) {
    // gzip pads the last block of a tape with zeros.
    if (compressed.next === 0 && !isFirst && !compressed.isPart) return yield* compressed.zerosToEnd();
    yield* gzipHeader(compressed, isFirst);
    stream.reset();
    yield* member(compressed, plain, inflate);
  }
}

/** The data and the trailer of a member: checksum and length of its plain bytes. */
function* member(compressed: Compressed, plain: Plain, inflate: NodeZlib): Step {
  let checksum = 0;
  let length = 0;
  yield* inflate.decode(compressed, plain, (piece) => {
    checksum = crc32(piece, checksum);
    length = (length + piece.byteLength) >>> 0;
    plain.put(piece);
  });
  const { faults, offset } = compressed;
  const trailer = yield* compressed.take(GZIP_TRAILER_BYTES);
  if (trailer.readUInt32LE(0) !== checksum) throw faults.damaged(offset, 'a member with a wrong checksum');
  if (trailer.readUInt32LE(4) !== length) throw faults.damaged(offset, 'a member with a wrong length');
}
