// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// LZMA2, the data of a block of xz: chunks, each with a byte that says what it is.
//
//   00 end | 01, 02: size 2, plain bytes | 80 and above: plain size 2, compressed size 2, [properties 1], data
//
// Sizes are one less than they are, and of plain sizes the control byte has five bits more.

import type { Out } from '../codec.js';
import type { Compressed, Step } from '../compressed.js';
import { bytesAt, type WasmDecoders } from '../forms/wasm.js';

const END = 0x00;
const STORED_FIRST = 0x01;
const STORED = 0x02;
/** From here on the chunk is compressed; the constants below add to each other. */
const COMPRESSED = 0x80;
const RESTARTS = 0xa0;
const WITH_PROPERTIES = 0xc0;
const FIRST = 0xe0;
const SIZE_MASK = 0x1f;

/** How long a chunk is, and its text. @param bytes from the chunk on. @returns 'more' if they are too few; undefined if it is none */
export function chunkSizes(bytes: Buffer): ChunkSizes | 'more' | undefined {
  const [control] = bytes;
  if (control === undefined) return 'more';
  if (control === END) return { bytes: 1, plainBytes: 0, isEnd: true };
  if (control > STORED && control < COMPRESSED) return undefined;
  if (bytes.byteLength < 5) return 'more';
  const low = bytes.readUInt16BE(1) + 1;
  if (control < COMPRESSED) return { bytes: 3 + low, plainBytes: low, isEnd: false };
  const header = control >= WITH_PROPERTIES ? 6 : 5;
  return { bytes: header + bytes.readUInt16BE(3) + 1, plainBytes: (control & SIZE_MASK) * 2 ** 16 + low, isEnd: false };
}

interface ChunkSizes {
  readonly bytes: number;
  readonly plainBytes: number;
  /** Whether it is the end of the chunks. */
  readonly isEnd: boolean;
}

/** Which beginnings are still to come: of the dictionary, of the properties. */
interface Missing {
  dictionary: boolean;
  properties: boolean;
}

/** Decodes chunks up to the end that they say. @param wasm laid out */
export function* decodeLzma2(compressed: Compressed, wasm: WasmDecoders, out: Out): Step {
  const missing: Missing = { dictionary: true, properties: true };
  for (;;) {
    const { faults, offset } = compressed;
    const control = (yield* compressed.take(1))[0]!;
    if (control === END) return;
    if (control > STORED && control < COMPRESSED) throw faults.damaged(offset, 'an unknown chunk');
    if (control === STORED_FIRST || control >= FIRST) {
      wasm.lzmaForget();
      missing.dictionary = false;
      missing.properties = true;
    }
    if (missing.dictionary) throw faults.damaged(offset, 'a chunk that needs an earlier chunk');
    const bytes =
      control >= COMPRESSED ? yield* chunk(compressed, wasm, control, missing) : yield* stored(compressed, wasm);
    out(bytesAt(wasm, wasm.lzmaPlain(), bytes));
  }
}

/** A chunk that is not compressed. @returns its bytes */
function* stored(compressed: Compressed, wasm: WasmDecoders): Step<number> {
  const bytes = (yield* compressed.take(2)).readUInt16BE() + 1;
  yield* compressed.fill(bytesAt(wasm, wasm.lzmaInput(), bytes));
  wasm.lzmaStored(bytes);
  return bytes;
}

/** A compressed chunk. @returns its plain bytes */
function* chunk(compressed: Compressed, wasm: WasmDecoders, control: number, missing: Missing): Step<number> {
  const { faults, offset } = compressed;
  const sizes = yield* compressed.take(4);
  const plainBytes = (control & SIZE_MASK) * 2 ** 16 + sizes.readUInt16BE(0) + 1;
  const inputBytes = sizes.readUInt16BE(2) + 1;
  if (control >= WITH_PROPERTIES) {
    const properties = (yield* compressed.take(1))[0]!;
    if (wasm.lzmaProperties(properties) === 0) throw faults.damaged(offset, 'a chunk with unknown properties');
    missing.properties = false;
  } else if (missing.properties) throw faults.damaged(offset, 'a chunk that needs an earlier chunk');
  else if (control >= RESTARTS) wasm.lzmaRestart();
  yield* compressed.fill(bytesAt(wasm, wasm.lzmaInput(), inputBytes));
  if (wasm.lzmaChunk(inputBytes, plainBytes) === 0) throw faults.damaged(offset, 'a chunk that cannot be decoded');
  return plainBytes;
}
