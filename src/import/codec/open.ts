// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// The decoder of each form. Its code is loaded when the first source of that form is opened.

import type { Decoder, DecoderFacts } from './codec.js';
import type { FormName } from './faults.js';
import { type Decoding, SteppedDecoder } from './stepped.js';

const DECODINGS: { readonly [form in FormName]: () => Promise<Decoding> } = {
  gzip: async () => (await import('./forms/gzip.js')).decodeGzip,
  zstd: async () => (await import('./forms/zstd.js')).decodeZstd,
  bzip2: async () => (await import('./forms/bzip2.js')).decodeBzip2,
  xz: async () => (await import('./xz/xz.js')).decodeXz,
  lz4: async () => (await import('./forms/lz4.js')).decodeLz4,
  brotli: async () => (await import('./forms/brotli.js')).decodeBrotli,
  deflate: async () => (await import('./forms/deflate.js')).decodeDeflate,
};

const loaded = new Map<FormName, Decoding>();

/** Thrown where a decoder is needed whose code is not loaded: load it (`loadDecoder`), and begin again. */
export class DecoderNotLoaded extends Error {
  readonly codec: FormName;

  constructor(codec: FormName) {
    super(`the decoder of ${codec} is not loaded`);
    this.codec = codec;
  }
}

export async function loadDecoder(codec: FormName): Promise<void> {
  if (!loaded.has(codec)) loaded.set(codec, await DECODINGS[codec]());
}

/** A decoder for one file; close it after use. Its errors name `facts.path`. */
export async function openDecoder(codec: FormName, facts: DecoderFacts): Promise<Decoder> {
  await loadDecoder(codec);
  return decoderNow(codec, facts);
}

/** The same at once. @throws DecoderNotLoaded */
export function decoderNow(codec: FormName, facts: DecoderFacts): Decoder {
  const decoding = loaded.get(codec);
  if (decoding === undefined) throw new DecoderNotLoaded(codec);
  return new SteppedDecoder(codec, facts, decoding);
}
