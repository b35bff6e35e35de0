// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// The index at the end of a stream of xz says how large each block is. It is compared with the blocks by a checksum: a stream may
// have millions of them. A part of a stream that is decoded by itself gets an end with an index of its own.
//
//   index: 0 | count | for each block: its size, its plain size | zeros | CRC32 4

import { crc32 } from 'node:zlib';
import { aligned, footerOf, Multibyte, multibyte } from './fields.js';

/** What the index says of a block. */
export interface BlockSizes {
  /** Header, data and check, without the zeros. */
  readonly bytes: number;
  readonly plainBytes: number;
}

/** The blocks of a stream up to some place: how many, and a checksum of their sizes. */
export interface BlockSums {
  readonly blocks: number;
  readonly checksum: number;
}

export const NO_BLOCKS: BlockSums = { blocks: 0, checksum: 0 };

/** The sums with one more block. */
export function withBlock({ blocks, checksum }: BlockSums, { bytes, plainBytes }: BlockSizes): BlockSums {
  return { blocks: blocks + 1, checksum: crc32(`${bytes},${plainBytes};`, checksum) };
}

/** The end of a stream with these blocks: index and footer. */
export function streamEnd(blocks: readonly BlockSizes[], flags: number): Buffer {
  const numbers = [0, blocks.length, ...blocks.flatMap(({ bytes, plainBytes }) => [bytes, plainBytes])];
  const fields = Buffer.concat(numbers.map(multibyte));
  const index = Buffer.alloc(aligned(fields.byteLength) + 4);
  index.set(fields);
  index.writeUInt32LE(crc32(index.subarray(0, -4)), index.byteLength - 4);
  return Buffer.concat([index, footerOf(index.byteLength, flags)]);
}

/** The bytes of an index that is about these blocks. @returns 'more' if its end has not come; 'none' if it is about others */
export function indexBytes(bytes: Buffer, expected: BlockSums): number | 'more' | 'none' {
  let at = 1;
  const number = () => {
    const value = new Multibyte();
    while (!value.isComplete && at < bytes.byteLength) value.add(bytes[at++]!);
    return value.value;
  };
  const blocks = number();
  let sums = NO_BLOCKS;
  while (sums.blocks < blocks && at < bytes.byteLength) {
    sums = withBlock(sums, { bytes: number(), plainBytes: number() });
  }
  const end = aligned(at) + 4;
  if (end > bytes.byteLength) return 'more';
  const zeros = bytes.subarray(at, end - 4);
  const isSound =
    zeros.every((byte) => byte === 0) && crc32(bytes.subarray(0, end - 4)) === bytes.readUInt32LE(end - 4);
  return isSound && sums.blocks === expected.blocks && sums.checksum === expected.checksum ? end : 'none';
}
