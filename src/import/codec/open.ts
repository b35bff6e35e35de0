// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// The decoder of each form. Its code is loaded when the first source of that form is opened.

import type { CodecName, Decoder, DecoderFacts } from './codec.js';
import { Faults } from './faults.js';
import { type Decoding, SteppedDecoder } from './stepped.js';

const DECODINGS: { readonly [codec in CodecName]?: () => Promise<Decoding> } = {
  gzip: async () => (await import('./gzip.js')).decodeGzip,
  zstd: async () => (await import('./zstd.js')).decodeZstd,
  brotli: async () => (await import('./brotli.js')).decodeBrotli,
};

/** A decoder for one file; close it after use. Its errors name `facts.path`. */
export async function openDecoder(codec: CodecName, facts: DecoderFacts): Promise<Decoder> {
  const load = DECODINGS[codec];
  if (load === undefined) throw new Faults(codec, facts.path).unsupported(0, 'a decoder');
  return new SteppedDecoder(codec, facts, await load());
}
