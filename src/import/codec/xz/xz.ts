// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// xz: streams one after another until the file ends, with zeros between and after them.
//
//   stream header | blocks | index: 0, count, for each block: its size, its plain size; zeros, CRC32 4 | stream footer

import { crc32 } from 'node:zlib';
import type { DecodeLimits } from '../codec.js';
import type { Compressed, Step } from '../compressed.js';
import { Idle } from '../forms/idle.js';
import { type WasmDecoders, wasmDecoders } from '../forms/wasm.js';
import type { Plain } from '../plain.js';
import { decodeBlock } from './block.js';
import { type BlockSums, NO_BLOCKS, withBlock } from './block-sums.js';
import { CHECKS } from './check.js';
import {
  ALIGNMENT,
  isFooterOf,
  Multibyte,
  STREAM_FOOTER_BYTES,
  STREAM_HEADER_BYTES,
  STREAM_MAGIC,
  streamFlags,
} from './fields.js';

/** In place of the size of a block's header. */
const INDEX = 0;

const instances = new Idle(wasmDecoders);

export function* decodeXz(compressed: Compressed, plain: Plain, limits: DecodeLimits): Step {
  const wasm = instances.take();
  yield* compressed.needed();
  for (let isFirst = true; isFirst || (yield* compressed.more()); isFirst = false) {
    const within = isFirst ? compressed.within : undefined;
    const flags = within?.flags ?? (yield* streamHeader(compressed, isFirst));
    const blocks = yield* decodeBlocks(compressed, plain, limits, wasm, flags, within ?? NO_BLOCKS);
    const { offset, faults } = compressed;
    const indexBytes = yield* readIndex(compressed, blocks);
    if (!isFooterOf(yield* compressed.take(STREAM_FOOTER_BYTES), indexBytes, flags)) {
      throw faults.damaged(offset, 'a wrong end of a stream');
    }
    yield* padding(compressed);
  }
  instances.leave(wasm);
}

/** @returns the flags of the stream */
function* streamHeader(compressed: Compressed, isFirst: boolean): Step<number> {
  const { faults, offset } = compressed;
  if (!isFirst && compressed.next !== STREAM_MAGIC[0]) throw faults.trailing(offset);
  const magic = yield* compressed.take(STREAM_MAGIC.byteLength);
  if (!STREAM_MAGIC.equals(magic)) throw isFirst ? faults.damaged(offset, 'no xz header') : faults.trailing(offset);
  const rest = yield* compressed.take(STREAM_HEADER_BYTES - STREAM_MAGIC.byteLength);
  const flags = streamFlags(Buffer.concat([magic, rest]));
  if (flags === undefined) throw faults.damaged(offset, 'a header with a wrong checksum');
  if (!CHECKS.has(flags)) throw faults.unsupported(offset, `the check ${flags}`);
  return flags;
}

/** Decodes blocks up to the index, and reads its first byte. @param before blocks of the stream that were decoded elsewhere */
function* decodeBlocks(
  compressed: Compressed,
  plain: Plain,
  limits: DecodeLimits,
  wasm: WasmDecoders,
  flags: number,
  before: BlockSums,
): Step<BlockSums> {
  for (let sums = before; ; ) {
    const size = (yield* compressed.take(1))[0]!;
    if (size === INDEX) return sums;
    sums = withBlock(sums, yield* decodeBlock(compressed, plain, limits, wasm, CHECKS.get(flags)!, size));
  }
}

/** Reads the index after its first byte, and compares it with the blocks. @returns its bytes */
function* readIndex(compressed: Compressed, expected: BlockSums): Step<number> {
  const begin = compressed.offset - 1;
  const { faults } = compressed;
  let checksum = crc32(Buffer.from([INDEX]));
  const byte = function* (): Step<number> {
    const bytes = yield* compressed.take(1);
    checksum = crc32(bytes, checksum);
    return bytes[0]!;
  };
  const number = function* (): Step<number> {
    const value = new Multibyte();
    while (!value.isComplete) value.add(yield* byte());
    return value.value;
  };
  const wrong = () => faults.damaged(begin, 'an index that does not fit its blocks');
  if ((yield* number()) !== expected.blocks) throw wrong();
  let sums = NO_BLOCKS;
  while (sums.blocks < expected.blocks) {
    sums = withBlock(sums, { bytes: yield* number(), plainBytes: yield* number() });
  }
  if (sums.checksum !== expected.checksum) throw wrong();
  while ((compressed.offset - begin) % ALIGNMENT !== 0) if ((yield* byte()) !== 0) throw wrong();
  if ((yield* compressed.take(4)).readUInt32LE() !== checksum) throw wrong();
  return compressed.offset - begin;
}

/** Leaves out zeros after a stream, in fours. */
function* padding(compressed: Compressed): Step {
  const begin = compressed.offset;
  while ((yield* compressed.more()) && compressed.next === 0) compressed.advance(1);
  if ((compressed.offset - begin) % ALIGNMENT !== 0) throw compressed.faults.trailing(begin);
}
