// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// bzip2: streams one after another until the file ends. A stream is a row of bits, padded to a byte at its end:
//
//   "BZh" digit | for each block: 31 41 59 26 53 59, checksum 4, data | 17 72 45 38 50 90 | checksum of the checksums 4
//
// The digit is the size of the blocks, in 100,000 bytes.

import type { Compressed, Step } from '../compressed.js';
import type { Plain } from '../plain.js';
import { BitInput } from './bit-input.js';
import { Idle } from './idle.js';
import { bytesAt, checkLayout, type WasmDecoders, wasmDecoders } from './wasm.js';

export const STREAM = 0x425a68;
const STREAM_FIRST = STREAM >>> 16;
export const LEVEL_BYTES = 100_000;
export const BLOCK = 0x314159265359;
export const STREAM_END = 0x177245385090;

/** `Status` in src/kernel/assembly/decoders/bzip2-tables.ts. */
const STATUS = { ok: 0, short: 1, damaged: 2, randomised: 3 } as const;

const instances = new Idle(wasmDecoders);

export function* decodeBzip2(compressed: Compressed, plain: Plain): Step {
  const wasm = instances.take();
  checkLayout(wasm.bzip2Layout());
  wasm.bzip2Stand(0, 0);
  const input = new BitInput(compressed, wasm);
  for (let isFirst = true; isFirst || (yield* input.more()); isFirst = false) {
    const blockBytes = yield* streamHeader(compressed, input, isFirst);
    yield* blocks(compressed, plain, wasm, input, blockBytes);
    input.align();
  }
  instances.leave(wasm);
}

/** Reads the header of a stream. @returns the bytes of its blocks, at most */
function* streamHeader(compressed: Compressed, input: BitInput, isFirst: boolean): Step<number> {
  const { faults, offset } = compressed;
  const first = yield* input.read(8);
  if (first !== STREAM_FIRST && !isFirst) throw faults.trailing(offset);
  const magic = (first << 16) | (yield* input.read(16));
  const level = (yield* input.read(8)) - '0'.charCodeAt(0);
  if (magic === STREAM && level >= 1 && level <= 9) return level * LEVEL_BYTES;
  throw isFirst ? faults.damaged(offset, 'no bzip2 header') : faults.trailing(offset);
}

/** Decodes the blocks of a stream, and checks the checksum of the stream. */
function* blocks(compressed: Compressed, plain: Plain, wasm: WasmDecoders, input: BitInput, blockBytes: number): Step {
  const { faults } = compressed;
  let combined = 0;
  for (;;) {
    const { offset } = compressed;
    const magic = (yield* input.read(24)) * 2 ** 24 + (yield* input.read(24));
    const checksum = yield* input.read(32);
    if (magic === STREAM_END) {
      if (checksum !== combined) throw faults.damaged(offset, 'a stream with a wrong checksum');
      return;
    }
    if (magic !== BLOCK) throw faults.damaged(offset, 'neither a block nor an end');
    yield* block(compressed, plain, wasm, input, blockBytes);
    if (checksum !== wasm.bzip2Checksum() >>> 0) throw faults.damaged(offset, 'a block with a wrong checksum');
    combined = combinedChecksum(combined, checksum);
  }
}

/** The checksum of a stream up to a block. @param combined that of the blocks before it, 0 for the first */
export function combinedChecksum(combined: number, checksum: number): number {
  return ((combined << 1) ^ (combined >>> 31) ^ checksum) >>> 0;
}

/** Decodes one block, after its checksum. */
function* block(compressed: Compressed, plain: Plain, wasm: WasmDecoders, input: BitInput, blockBytes: number): Step {
  const { faults, offset } = compressed;
  const isLast = yield* input.block();
  const status = wasm.bzip2Block(blockBytes);
  if (status === STATUS.short && isLast) throw input.truncated();
  if (status === STATUS.randomised) throw faults.unsupported(offset, 'the blocks of bzip2 before 0.9.5');
  if (status !== STATUS.ok) throw faults.damaged(offset, 'a block that cannot be decoded');
  input.settle();
  for (let bytes = wasm.bzip2Output(); bytes > 0; bytes = wasm.bzip2Output()) {
    plain.put(bytesAt(wasm, wasm.bzip2Plain(), bytes));
  }
}
