// store at rest: [frame]; and sources: plan > [map] > scan
//
// What a zstd frame says of itself before its blocks (RFC 8878, 3.1.1.1):
//
//   28 b5 2f fd | descriptor 1 | [window 1] | [dictionary 1, 2, 4] | [plain size 1, 2, 4, 8]

const SINGLE_SEGMENT = 0x20;
const RESERVED = 0x08;
/** The bit of the descriptor for a checksum. */
export const HAS_CHECKSUM = 0x04;
const BLOCK_RLE = 1;
const BLOCK_RESERVED = 3;

/** The longest header: magic number, descriptor, window, dictionary, plain size. */
export const HEADER_BYTES_MAX = 4 + 1 + 1 + 4 + 8;
export const BLOCK_HEADER_BYTES = 3;
export const CHECKSUM_BYTES = 4;

/** The header of a frame after its magic number. */
export interface FrameHeader {
  /** Bytes from which plain bytes are copied; a decoder needs them in memory. */
  readonly windowBytes: number;
  /** 0: no dictionary. */
  readonly dictionary: number;
  /** Undefined if the frame does not say it. */
  readonly plainBytes: number | undefined;
  readonly hasChecksum: boolean;
}

/** Bytes of the header after its magic number, the descriptor among them. */
export function headerBytes(descriptor: number): number {
  return 1 + (isSingle(descriptor) ? 0 : 1) + dictionaryBytes(descriptor) + sizeBytes(descriptor);
}

/** @param header `headerBytes` bytes after the magic number. @returns undefined if no frame has such a header */
export function frameHeader(header: Buffer): FrameHeader | undefined {
  const descriptor = header[0]!;
  if ((descriptor & RESERVED) !== 0) return undefined;
  let at = isSingle(descriptor) ? 1 : 2;
  const dictionaryLength = dictionaryBytes(descriptor);
  const dictionary = dictionaryLength === 0 ? 0 : header.readUIntLE(at, dictionaryLength);
  at += dictionaryLength;
  const plainBytes = plainSize(header, at, sizeBytes(descriptor));
  const windowBytes = isSingle(descriptor) ? plainBytes! : windowSize(header[1]!);
  return { windowBytes, dictionary, plainBytes, hasChecksum: hasChecksum(descriptor) };
}

export function hasChecksum(descriptor: number): boolean {
  return (descriptor & HAS_CHECKSUM) !== 0;
}

/** The three bytes of the header of the block at an offset, as a number; -1 if they are not there. */
export type BlockHeaderAt = (at: number) => number;

/**
 * Where the blocks of a frame end, of which the first is at `at`.
 * @returns undefined if a header is not there or invalid, or if a block begins beyond `atMax`
 */
export function blocksEnd(at: number, blockAt: BlockHeaderAt, atMax: number): number | undefined {
  let end = at;
  for (let isLast = false; !isLast; ) {
    const bits = end > atMax ? -1 : blockAt(end);
    const type = (bits >>> 1) & 3;
    if (bits === -1 || type === BLOCK_RESERVED) return undefined;
    end += BLOCK_HEADER_BYTES + blockBytes(bits);
    isLast = (bits & 1) !== 0;
  }
  return end;
}

/** The bytes of a block after its header. */
export function blockBytes(header: number): number {
  return ((header >>> 1) & 3) === BLOCK_RLE ? 1 : header >>> 3;
}

/** The header of the block at `at`, as `BlockHeaderAt` gives it. */
export function blockHeaderIn(bytes: Uint8Array, at: number): number {
  if (at + BLOCK_HEADER_BYTES > bytes.byteLength) return -1;
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
}

function isSingle(descriptor: number): boolean {
  return (descriptor & SINGLE_SEGMENT) !== 0;
}

function dictionaryBytes(descriptor: number): number {
  const code = descriptor & 3;
  return code === 3 ? 4 : code;
}

function sizeBytes(descriptor: number): number {
  const code = descriptor >>> 6;
  return code === 0 ? Number(isSingle(descriptor)) : 1 << code;
}

function plainSize(header: Buffer, at: number, bytes: number): number | undefined {
  switch (bytes) {
    case 0:
      return undefined;
    case 2:
      return header.readUInt16LE(at) + 256;
    case 8:
      return Number(header.readBigUInt64LE(at));
    default:
      return header.readUIntLE(at, bytes);
  }
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >>> 3));
  return base + (base / 8) * (descriptor & 7);
}
