// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// LZ4 frames, one after another until the file ends, and skippable frames among them (its "Frame Format Description"):
//
//   04 22 4d 18 | flags 1 | sizes 1 | [plain size 8] | [dictionary 4] | checksum 1
//   | for each block: size 4, data, [checksum 4] | 0 4 | [checksum of the plain bytes 4]

import type { Compressed, Step } from '../compressed.js';
import type { Plain } from '../plain.js';
import { isSkippable, mayBeSkippable, skipFrame } from './skippable.js';
import { bytesAt, checkLayout, type WasmDecoders, wasmDecoders } from './wasm.js';

const MAGIC = 0x184d2204;
const MAGIC_BYTES = 4;
const FLAG = { dictionary: 0x01, reserved: 0x02, checksum: 0x04, size: 0x08, blockChecksum: 0x10, independent: 0x20 };
const VERSION_MASK = 0xc0;
const VERSION = 0x40;
/** In the byte of sizes: bits that are 0, and the largest block, 64 KiB to 4 MiB, as 4 to 7. */
const SIZES_RESERVED = 0x8f;
const BLOCK_CODE_MIN = 4;
/** The high bit of the size of a block. */
const IS_STORED = 0x8000_0000;
const END = 0;

interface Frame {
  readonly blockBytes: number;
  readonly isLinked: boolean;
  readonly hasBlockChecksum: boolean;
  readonly hasChecksum: boolean;
  readonly plainBytes: number | undefined;
}

export function* decodeLz4(compressed: Compressed, plain: Plain): Step {
  const wasm = wasmDecoders();
  yield* compressed.needed();
  for (let isFirst = true; isFirst || (yield* compressed.more()); isFirst = false) {
    const { faults, offset, next } = compressed;
    if (!isFirst && next !== (MAGIC & 0xff) && !mayBeSkippable(next)) throw faults.trailing(offset);
    const magic = (yield* compressed.take(MAGIC_BYTES)).readUInt32LE();
    if (isSkippable(magic)) yield* skipFrame(compressed);
    else if (magic === MAGIC) yield* blocks(compressed, plain, wasm, yield* header(compressed, wasm));
    else throw isFirst ? faults.damaged(offset, 'no LZ4 frame') : faults.trailing(offset);
  }
}

/** Reads the header of a frame, after its magic number, and lays out memory for it. */
function* header(compressed: Compressed, wasm: WasmDecoders): Step<Frame> {
  const { faults, offset } = compressed;
  const fixed = yield* compressed.take(2);
  const [flags, sizes] = [fixed[0]!, fixed[1]!];
  const blockCode = (sizes >>> 4) & 7;
  if ((flags & VERSION_MASK) !== VERSION || (flags & FLAG.reserved) !== 0) {
    throw faults.damaged(offset, 'a header with an unknown version or unknown flags');
  }
  if ((sizes & SIZES_RESERVED) !== 0 || blockCode < BLOCK_CODE_MIN) {
    throw faults.damaged(offset, 'a header with an unknown size of blocks');
  }
  const size = yield* compressed.take((flags & FLAG.size) === 0 ? 0 : 8);
  const dictionary = yield* compressed.take((flags & FLAG.dictionary) === 0 ? 0 : 4);
  const blockBytes = 1 << (2 * blockCode + 8);
  checkLayout(wasm.lz4Layout(blockBytes));
  const all = Buffer.concat([fixed, size, dictionary]);
  bytesAt(wasm, wasm.lz4Input(), all.byteLength).set(all);
  const checksum = (wasm.lz4Checksum(all.byteLength) >>> 8) & 0xff;
  if ((yield* compressed.take(1))[0] !== checksum) throw faults.damaged(offset, 'a header with a wrong checksum');
  if (dictionary.byteLength > 0) throw faults.unsupported(offset, `the dictionary ${dictionary.readUInt32LE()}`);
  return {
    blockBytes,
    isLinked: (flags & FLAG.independent) === 0,
    hasBlockChecksum: (flags & FLAG.blockChecksum) !== 0,
    hasChecksum: (flags & FLAG.checksum) !== 0,
    plainBytes: size.byteLength === 0 ? undefined : Number(size.readBigUInt64LE()),
  };
}

/** Decodes the blocks of a frame, and checks the frame's checksum and size. */
function* blocks(compressed: Compressed, plain: Plain, wasm: WasmDecoders, frame: Frame): Step {
  const { faults } = compressed;
  let bytes = 0;
  for (;;) {
    const size = (yield* compressed.take(4)).readUInt32LE();
    if (size === END) break;
    yield* block(compressed, wasm, frame, size);
    if (frame.hasChecksum) wasm.lz4Add();
    const output = wasm.lz4Output();
    bytes += output;
    plain.put(bytesAt(wasm, wasm.lz4Plain(), output));
  }
  const { offset } = compressed;
  if (frame.hasChecksum && (yield* compressed.take(4)).readInt32LE() !== wasm.lz4FrameChecksum()) {
    throw faults.damaged(offset, 'a frame with a wrong checksum');
  }
  if (frame.plainBytes !== undefined && frame.plainBytes !== bytes) {
    throw faults.damaged(offset, `a frame of ${bytes} plain bytes that says it has ${frame.plainBytes}`);
  }
}

/** Decodes one block. @param size as the block says it */
function* block(compressed: Compressed, wasm: WasmDecoders, frame: Frame, size: number): Step {
  const { faults, offset } = compressed;
  const bytes = size % IS_STORED;
  if (bytes > frame.blockBytes) throw faults.damaged(offset, 'a block that is larger than its frame allows');
  yield* compressed.fill(bytesAt(wasm, wasm.lz4Input(), bytes));
  if (frame.hasBlockChecksum && (yield* compressed.take(4)).readInt32LE() !== wasm.lz4Checksum(bytes)) {
    throw faults.damaged(offset, 'a block with a wrong checksum');
  }
  if (size >= IS_STORED) wasm.lz4Stored(bytes, frame.isLinked);
  else if (wasm.lz4Block(bytes, frame.isLinked) === 0) throw faults.damaged(offset, 'a block that cannot be decoded');
}
