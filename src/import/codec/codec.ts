// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// What a decoder of a compressed source is: bytes of the file in, plain bytes out. Files, threads and options are others'
// matter; open.ts gives the decoder of each form.

/** The compressed forms that a source may have. */
export type CodecName = 'gzip' | 'zstd' | 'bzip2' | 'xz' | 'lz4' | 'brotli';

/** Compressed bytes that are decoded at a time: they may become a thousand times as many. */
export const SLICE_BYTES = 16 * 1024;

/** Takes plain bytes; they are valid only during the call. */
export type Out = (plain: Uint8Array) => void;
/** Memory for the next plain bytes, at least one: a decoder may write them there, and hands them out from there. */
export type Room = () => Uint8Array;

/** Turns compressed bytes into plain ones, piece by piece, synchronously in the calling thread. */
export interface Decoder {
  /**
   * Takes the next bytes of the file, all of them. Hands out plain bytes, in pieces; each is valid only during the call of
   * `out`. After an error the decoder can only be closed.
   * @param room where whoever takes the plain bytes wants them, which saves a copy. Not every decoder writes there
   * @throws GristmillError SOURCE_DAMAGED, SOURCE_TRAILING_BYTES, SOURCE_EXPANDS, SOURCE_NOT_SUPPORTED
   */
  push(input: Uint8Array, out: Out, room?: Room): void;
  /**
   * The file has ended.
   * @throws GristmillError SOURCE_TRUNCATED if the file ends inside its compressed form, and the errors of `push`
   */
  end(out: Out, room?: Room): void;
  /** Gives back the memory. May be called at any time, and again. */
  close(): void;
}

export interface DecodeLimits {
  /** The most plain bytes for each compressed byte, from 64 MiB of plain bytes on. */
  readonly ratioMax: number;
  /** The most bytes that a decoder may take for itself: the window of zstd and Brotli, the dictionary of xz. */
  readonly memoryMax: number;
}

/** A place inside of a stream of xz. */
export interface WithinXz {
  /** Offset of the stream in the source. */
  readonly stream: number;
  /** What its header says. */
  readonly flags: number;
  /** Its blocks before the place: how many, and a checksum of their sizes. */
  readonly blocks: number;
  readonly checksum: number;
}

export interface DecoderFacts {
  /** The path of the file, for errors. */
  readonly path: string;
  readonly limits: DecodeLimits;
  /** Offset in the file of the first byte that the decoder gets, for errors. Default 0. */
  readonly offset?: number;
  /** Whether the file goes on after the bytes that the decoder gets. Default false. */
  readonly isPart?: boolean;
  /** Of xz: where the decoder begins, if it is inside of a stream. */
  readonly within?: WithinXz | undefined;
}
