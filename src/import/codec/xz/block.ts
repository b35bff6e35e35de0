// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// A block of xz: block header (fields.ts) | LZMA2 data | zeros | check of the plain bytes

import type { DecodeLimits } from '../codec.js';
import type { Compressed, Step } from '../compressed.js';
import { checkLayout, type WasmDecoders } from '../forms/wasm.js';
import type { Plain } from '../plain.js';
import type { BlockSizes } from './block-sums.js';
import type { CheckKind } from './check.js';
import { ALIGNMENT, type BlockHeader, blockHeader } from './fields.js';
import { decodeLzma2 } from './lzma2.js';

/** The dictionary moves once for so many plain bytes, or for half as many as it has. */
const ROOM_BYTES = 4 * 1024 * 1024;
/** What WebAssembly can address, without a rest for everything else. */
const MEMORY_BYTES_MAX = 2 ** 32 - 2 ** 20;

/** Decodes a block. @param size the first byte of its header, which is read */
export function* decodeBlock(
  compressed: Compressed,
  plain: Plain,
  limits: DecodeLimits,
  wasm: WasmDecoders,
  kind: CheckKind,
  size: number,
): Step<BlockSizes> {
  const { faults } = compressed;
  const begin = compressed.offset - 1;
  const header = yield* readHeader(compressed, size);
  layOut(compressed, limits, wasm, header);
  const data = compressed.offset;
  const check = kind.begin(wasm);
  let plainBytes = 0;
  yield* decodeLzma2(compressed, wasm, (piece) => {
    plainBytes += piece.byteLength;
    if (plainBytes > (header.plainBytes ?? plainBytes))
      throw faults.damaged(data, 'a block that is longer than it says');
    check.add(piece);
    plain.put(piece);
  });
  const compressedBytes = compressed.offset - data;
  const isAsLong = plainBytes === (header.plainBytes ?? plainBytes);
  if (!isAsLong || compressedBytes !== (header.compressedBytes ?? compressedBytes)) {
    throw faults.damaged(data, 'a block of another size than it says');
  }
  const bytes = compressed.offset - begin + kind.bytes;
  while ((compressed.offset - data) % ALIGNMENT !== 0) {
    if ((yield* compressed.take(1))[0] !== 0) throw faults.damaged(data, 'a block with a wrong end');
  }
  const stored = yield* compressed.take(kind.bytes);
  if (!stored.equals(check.end())) throw faults.damaged(data, 'a block with a wrong checksum');
  return { bytes, plainBytes };
}

function* readHeader(compressed: Compressed, size: number): Step<BlockHeader> {
  const { faults } = compressed;
  const begin = compressed.offset - 1;
  const rest = yield* compressed.take((size + 1) * ALIGNMENT - 1);
  const header = blockHeader(Buffer.concat([Buffer.from([size]), rest]));
  if (header === undefined) throw faults.damaged(begin, 'a block with an invalid header');
  if ('filter' in header) throw faults.unsupported(begin, `the filter ${header.filter}`);
  return header;
}

/** Lays memory out for the dictionary of a block. A block that says its size needs no larger one. */
function layOut(compressed: Compressed, limits: DecodeLimits, wasm: WasmDecoders, header: BlockHeader): void {
  const { faults, offset } = compressed;
  const dictionary = Math.min(header.dictionaryBytes, header.plainBytes ?? header.dictionaryBytes);
  const room = Math.max(ROOM_BYTES, Math.ceil(dictionary / 2));
  if (dictionary + room > limits.memoryMax) throw faults.memory(offset, dictionary + room, limits.memoryMax);
  if (dictionary + room > MEMORY_BYTES_MAX) throw faults.unsupported(offset, `a dictionary of ${dictionary} bytes`);
  checkLayout(wasm.lzmaLayout(dictionary, room));
}
