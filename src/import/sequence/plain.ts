// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// Opens a file as plain text, to be read at any offset, whether it is compressed or not.

import type { CodecName, DecodeLimits } from '../codec/codec.js';
import { DecoderNotLoaded, decoderNow, loadDecoder } from '../codec/open.js';
import { CODEC_HEAD_BYTES, codecOf } from '../codec/recognise.js';
import type { FilledImportOptions } from '../options/resolve.js';
import { openSource } from '../source/open.js';
import type { Access, Fingerprint, Source } from '../source/source.js';
import { DecodedFile } from './decoded-file.js';

/** How sources are decompressed. It can be cloned to a thread. */
export type Decompression = Pick<FilledImportOptions, 'codec' | 'maxExpansion' | 'maxDecoderMemory'>;

/** How a file is compressed, if it is. @param head its first bytes, CODEC_HEAD_BYTES or all there are */
export function codecFor(path: string, head: Uint8Array, { codec }: Partial<Decompression>): CodecName | undefined {
  return codec === 'none' ? undefined : (codec ?? codecOf(path, head));
}

/** How an open file is compressed, if it is. @throws as Source.read */
export function codecIn(file: Source, how: Partial<Decompression>): CodecName | undefined {
  return codecFor(file.path, file.bytesAt(0, CODEC_HEAD_BYTES), how);
}

export function limitsOf({ maxExpansion, maxDecoderMemory }: Decompression): DecodeLimits {
  return { ratioMax: maxExpansion, memoryMax: maxDecoderMemory };
}

/** What a file is opened with. */
interface PlainOptions {
  readonly how: Decompression;
  /** How it is compressed. Absent: it is not. */
  readonly codec?: CodecName | undefined;
  readonly access?: Access;
  readonly expected?: Fingerprint | undefined;
}

/** @throws as `openSource`; DecoderNotLoaded; SOURCE_DAMAGED, SOURCE_TRUNCATED, SOURCE_EXPANDS */
export function openPlain(path: string, { how, codec, access, expected }: PlainOptions): Source {
  const file = openSource(path, access, expected);
  if (codec === undefined) return file;
  try {
    return new DecodedFile(file, () => decoderNow(codec, { path, limits: limitsOf(how) }), codec);
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Runs work that opens files; again, where it needs a decoder that is not loaded. */
export async function withDecoders<T>(work: () => T): Promise<T> {
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof DecoderNotLoaded)) throw error;
      await loadDecoder(error.codec);
    }
  }
}
