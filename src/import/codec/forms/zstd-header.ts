// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// What a zstd frame says of itself before its blocks (RFC 8878, 3.1.1.1):
//
//   28 b5 2f fd | descriptor 1 | [window 1] | [dictionary 1, 2, 4] | [plain size 1, 2, 4, 8]

const SINGLE_SEGMENT = 0x20;
const RESERVED = 0x08;
const HAS_CHECKSUM = 0x04;

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
  return { windowBytes, dictionary, plainBytes, hasChecksum: (descriptor & HAS_CHECKSUM) !== 0 };
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
