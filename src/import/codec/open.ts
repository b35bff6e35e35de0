// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// The decoder of each form. Its code is loaded when the first source of that form is opened.

import type { CodecName, Decoder, DecoderFacts } from './codec.js';
import { type Decoding, SteppedDecoder } from './stepped.js';

const DECODINGS: { readonly [codec in CodecName]: () => Promise<Decoding> } = {
  gzip: async () => (await import('./forms/gzip.js')).decodeGzip,
  zstd: async () => (await import('./forms/zstd.js')).decodeZstd,
  bzip2: async () => (await import('./forms/bzip2.js')).decodeBzip2,
  xz: async () => (await import('./xz/xz.js')).decodeXz,
  lz4: async () => (await import('./forms/lz4.js')).decodeLz4,
  brotli: async () => (await import('./forms/brotli.js')).decodeBrotli,
};

/** A decoder for one file; close it after use. Its errors name `facts.path`. */
export async function openDecoder(codec: CodecName, facts: DecoderFacts): Promise<Decoder> {
  return new SteppedDecoder(codec, facts, await DECODINGS[codec]());
}
