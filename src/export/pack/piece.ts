// records > form > [pack]: the text of one piece, compressed by itself, so that threads compress beside each other.
//
// zstd: a frame. gzip: blocks of one stream, which end at a byte, with no reference to what is before (as pigz does it). The
// sum over the whole text is put together from those of the pieces (gzip.ts). Brotli has no such cut: brotli.ts compresses
// pieces one after another.

import { constants, crc32, deflateRawSync } from 'node:zlib';
import { GristmillError } from '../../base/errors.js';
import { type FrameEncoder, zstdFrames } from '../../store/codec/frame-codec.js';

export interface PiecePacking {
  readonly codec: 'none' | 'gz' | 'zst';
  readonly level: number;
}

/** Bytes of an export. */
export interface Piece {
  /** They belong to whoever gets the piece, with the memory that they are in. */
  readonly bytes: Uint8Array;
  /** Bytes of text that they are made of, and the CRC-32 of it where the codec asks for one. */
  readonly plainBytes: number;
  readonly crc: number;
}

/** The error of an export that was cancelled. */
export function stopped(): GristmillError {
  return new GristmillError('CANCELLED', 'the export was stopped');
}

/** A piece as it goes to the file. */
interface PackedText {
  /** The text itself where there is no codec, else bytes in memory of their own. */
  readonly bytes: Uint8Array;
  readonly crc: number;
}

/** One for each level; a thread exports with one most often. */
const encoders = new Map<number, FrameEncoder>();

export function packText(text: Uint8Array, { codec, level }: PiecePacking): PackedText {
  switch (codec) {
    case 'none':
      return { bytes: text, crc: 0 };
    case 'gz':
      return {
        bytes: copyOf(deflateRawSync(text, { level, finishFlush: constants.Z_FULL_FLUSH })),
        crc: crc32(text),
      };
    case 'zst':
      return { bytes: copyOf(text.byteLength === 0 ? text : encoderOf(level).encode(text)), crc: 0 };
  }
}

/** Neither an encoder's own memory nor Node's pool, which threads cannot give away. */
function copyOf(bytes: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.byteLength);
  copy.set(bytes);
  return copy;
}

function encoderOf(level: number): FrameEncoder {
  const known = encoders.get(level) ?? zstdFrames.encoder(level);
  encoders.set(level, known);
  return known;
}
