// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// xz: streams one after another until the file ends, with zeros between and after them.
//
//   stream header | blocks | index: 0, count, for each block: its size, its plain size; zeros, CRC32 4 | stream footer

import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { DecodeLimits } from '../codec.js';
import type { Compressed, Step } from '../compressed.js';
import { type WasmDecoders, wasmDecoders } from '../forms/wasm.js';
import type { Plain } from '../plain.js';
import { decodeBlock } from './block.js';
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

export function* decodeXz(compressed: Compressed, plain: Plain, limits: DecodeLimits): Step {
  const wasm = wasmDecoders();
  yield* compressed.needed();
  for (let isFirst = true; isFirst || (yield* compressed.more()); isFirst = false) {
    const flags = yield* streamHeader(compressed, isFirst);
    const blocks = yield* decodeBlocks(compressed, plain, limits, wasm, flags);
    const { offset, faults } = compressed;
    const indexBytes = yield* readIndex(compressed, blocks);
    if (!isFooterOf(yield* compressed.take(STREAM_FOOTER_BYTES), indexBytes, flags)) {
      throw faults.damaged(offset, 'a wrong end of a stream');
    }
    yield* padding(compressed);
  }
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

/** What the index has to say of the blocks. */
interface Blocks {
  readonly count: number;
  /** A hash of their sizes: a file may have millions of blocks. */
  readonly hash: string;
}

/** Decodes blocks up to the index, and reads its first byte. */
function* decodeBlocks(
  compressed: Compressed,
  plain: Plain,
  limits: DecodeLimits,
  wasm: WasmDecoders,
  flags: number,
): Step<Blocks> {
  const hash = createHash('sha256');
  for (let count = 0; ; count++) {
    const size = (yield* compressed.take(1))[0]!;
    if (size === INDEX) return { count, hash: hash.digest('hex') };
    const block = yield* decodeBlock(compressed, plain, limits, wasm, CHECKS.get(flags)!, size);
    hash.update(`${block.bytes},${block.plainBytes};`);
  }
}

/** Reads the index after its first byte, and compares it with the blocks. @returns its bytes */
function* readIndex(compressed: Compressed, blocks: Blocks): Step<number> {
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
  if ((yield* number()) !== blocks.count) throw wrong();
  const hash = createHash('sha256');
  for (let i = 0; i < blocks.count; i++) hash.update(`${yield* number()},${yield* number()};`);
  if (hash.digest('hex') !== blocks.hash) throw wrong();
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
