// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// Opens a file as JSON text, to be read at any offset, whether it is compressed, converted, or neither.

import type { DecodeLimits } from '../codec/codec.js';
import { DecoderNotLoaded, loadDecoder } from '../codec/open.js';
import { CODEC_HEAD_BYTES, codecOf } from '../codec/recognise.js';
import { type Coding, formatOf } from '../format/coding.js';
import { type CodingFacts, codingNow } from '../format/open.js';
import type { FilledImportOptions } from '../options/resolve.js';
import { openSource } from '../source/open.js';
import type { Access, Fingerprint, Source } from '../source/source.js';
import { DecodedFile } from './decoded-file.js';

/** The options that say how sources are decompressed and converted. They can be cloned to a thread. */
export type CodingOptions = Pick<
  FilledImportOptions,
  'codec' | 'maxExpansion' | 'maxDecoderMemory' | 'format' | 'types' | 'key' | 'recordBytesMax'
>;

/** How a file is compressed and converted, if it is. @param head its first bytes, CODEC_HEAD_BYTES or all there are */
export function codingFor(path: string, head: Uint8Array, how: Partial<CodingOptions>): Coding | undefined {
  const codec = how.codec === 'none' ? undefined : (how.codec ?? codecOf(path, head));
  const format = formatOf(path, how);
  return codec || format ? { ...(codec && { codec }), ...(format && { format }) } : undefined;
}

/** How an open file is compressed and converted, if it is. @throws as Source.read */
export function codingIn(file: Source, how: Partial<CodingOptions>): Coding | undefined {
  return codingFor(file.path, file.bytesAt(0, CODEC_HEAD_BYTES), how);
}

/** What makes the decoder of a source. */
export function codingFacts(path: string, how: CodingOptions): CodingFacts {
  const { types, key, recordBytesMax } = how;
  return { path, limits: limitsOf(how), types, isKeyed: key !== undefined, recordBytesMax };
}

export function limitsOf({ maxExpansion, maxDecoderMemory }: CodingOptions): DecodeLimits {
  return { ratioMax: maxExpansion, memoryMax: maxDecoderMemory };
}

/** What a file is opened with. */
interface PlainOptions {
  readonly how: CodingOptions;
  /** How its bytes become its text. Absent: they are the text. */
  readonly coding?: Coding | undefined;
  readonly access?: Access;
  readonly expected?: Fingerprint | undefined;
}

/** @throws as `openSource`; DecoderNotLoaded; SOURCE_DAMAGED, SOURCE_TRUNCATED, SOURCE_EXPANDS, SOURCE_BAD_HEADER */
export function openPlain(path: string, { how, coding, access, expected }: PlainOptions): Source {
  const file = openSource(path, access, expected);
  if (coding === undefined) return file;
  try {
    return new DecodedFile(file, () => codingNow(coding, codingFacts(path, how)), coding);
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
