// Decodes bytes as an import does: pushed in pieces, gathered from pieces.

import type { CodecName, DecodeLimits, WithinXz } from '../../src/import/codec/codec.js';
import { openDecoder } from '../../src/import/codec/open.js';
import { type Random, randomFrom } from './random.js';

export const PATH = '/data/records';
export const LIMITS: DecodeLimits = { ratioMax: 2000, memoryMax: 128 * 1024 * 1024 };

/** How a file is cut into pieces: the size of the next one. */
export type Pieces = () => number;

export const whole: Pieces = () => Number.POSITIVE_INFINITY;
export const piecesOf =
  (bytes: number): Pieces =>
  () =>
    bytes;
/** From one byte to some thousands; short ones are as likely as long ones. */
export const randomPieces =
  (random: Random): Pieces =>
  () =>
    1 + random(2 ** random(14));

/** @param within where the bytes begin, if they are a part of xz. @throws the error of the decoder */
export async function decode(
  codec: CodecName,
  file: Uint8Array,
  pieces = whole,
  limits = LIMITS,
  within?: WithinXz,
): Promise<Buffer> {
  const decoder = await openDecoder(codec, { path: PATH, limits, within });
  const plain: Buffer[] = [];
  // A copy: the bytes are only valid during the call.
  const out = (piece: Uint8Array) => void plain.push(Buffer.from(piece));
  try {
    for (let at = 0; at < file.byteLength; ) {
      const end = Math.min(file.byteLength, at + pieces());
      // A buffer of its own, which is overwritten afterwards: a decoder must not keep it.
      const piece = Uint8Array.from(file.subarray(at, end));
      decoder.push(piece, out);
      piece.fill(0xa5);
      at = end;
    }
    decoder.end(out);
    return Buffer.concat(plain);
  } finally {
    decoder.close();
  }
}

/** Lines of JSON, so many bytes or a few more, with texts that repeat and numbers that do not. */
export function jsonLines(bytes: number, seed = 1): Buffer {
  const random = randomFrom(seed);
  const words = ['ada', 'turing', 'grace', 'naïve', '東京', 'x'.repeat(40)];
  const lines: string[] = [];
  for (let length = 0; length < bytes; length += lines.at(-1)!.length + 1) {
    lines.push(`{"id":${lines.length},"name":"${words[random(6)]} ${words[random(6)]}","n":${random(2 ** 31)}}`);
  }
  return Buffer.from(`${lines.join('\n')}\n`);
}

/** Bytes that nothing can compress. */
export function noise(bytes: number, seed = 1): Buffer {
  const random = randomFrom(seed);
  return Buffer.from(Array.from({ length: bytes }, () => random(256)));
}
