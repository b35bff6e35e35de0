// records > form > [pack]: one gzip member (RFC 1952) of blocks that were compressed apart. Readers that stop after the first
// member read all of it.

import type { Piece } from './piece.js';

/** Deflate, no flags, no time, no name, unknown system. */
const HEADER = Buffer.from('1f8b08000000000000ff', 'hex');
/** An empty block that is the last one. */
const LAST_BLOCK = Buffer.from('0300', 'hex');
const TRAILER_BYTES = 8;

export async function* gzipMember(pieces: AsyncIterable<Piece>): AsyncGenerator<Uint8Array> {
  yield Buffer.from(HEADER);
  let crc = 0;
  let bytes = 0;
  for await (const piece of pieces) {
    crc = combinedCrc(crc, piece.crc, piece.plainBytes);
    bytes += piece.plainBytes;
    yield piece.bytes;
  }
  const trailer = Buffer.alloc(TRAILER_BYTES);
  trailer.writeUInt32LE(crc, 0);
  // The length is kept modulo 2^32.
  trailer.writeUInt32LE(bytes % 2 ** 32, 4);
  yield Buffer.concat([LAST_BLOCK, trailer]);
}

/** A polynomial over GF(2) of degree below 32; the highest bit is the coefficient of x^0. */
type Polynomial = number;
/** The polynomial of CRC-32, without x^32. */
const CRC_POLYNOMIAL: Polynomial = 0xedb88320;
const ONE: Polynomial = 0x80000000;
/** x^8: what a byte that follows multiplies a sum by. */
const ONE_BYTE: Polynomial = 0x00800000;

/** The CRC-32 of two texts, one after the other, from their own; as zlib's crc32_combine. @param bytes of the second text */
export function combinedCrc(first: number, second: number, bytes: number): number {
  let shift: Polynomial = ONE;
  let power = ONE_BYTE;
  for (let left = bytes; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) shift = product(shift, power);
    power = product(power, power);
  }
  return (product(first, shift) ^ second) >>> 0;
}

/** Multiplied modulo the polynomial of CRC-32. */
function product(left: Polynomial, right: Polynomial): Polynomial {
  let sum = 0;
  let shifted = right;
  for (let bit = ONE; bit !== 0; bit >>>= 1) {
    if ((left & bit) !== 0) sum ^= shifted;
    shifted = (shifted & 1) === 0 ? shifted >>> 1 : (shifted >>> 1) ^ CRC_POLYNOMIAL;
  }
  return sum >>> 0;
}
