// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// The parts of a zip archive, field by field (APPNOTE.TXT 4.3 and 4.5). All numbers are little-endian.

/** What a part begins with, and its bytes before anything of variable length. */
const part = (signature: number, bytes: number) => ({ signature, bytes }) as const;

export const LOCAL = part(0x04034b50, 30);
export const CENTRAL = part(0x02014b50, 46);
export const END = part(0x06054b50, 22);
export const LOCATOR64 = part(0x07064b50, 20);
export const END64 = part(0x06064b50, 56);

/** Of a field that is too small for its value: the value stands in a part for zip64. */
const SEE_64_16 = 0xffff;
export const SEE_64_32 = 0xffffffff;
const EXTRA_64 = 0x0001;

export interface LocalHeader {
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly bytes: number;
  readonly plainBytes: number;
  readonly nameBytes: number;
  readonly extraBytes: number;
}

/** @param header its LOCAL.bytes bytes @returns undefined if it is none */
export function localHeader(header: Buffer): LocalHeader | undefined {
  if (header.byteLength < LOCAL.bytes || header.readUInt32LE(0) !== LOCAL.signature) return undefined;
  return {
    flags: header.readUInt16LE(6),
    method: header.readUInt16LE(8),
    crc: header.readUInt32LE(14),
    bytes: header.readUInt32LE(18),
    plainBytes: header.readUInt32LE(22),
    nameBytes: header.readUInt16LE(26),
    extraBytes: header.readUInt16LE(28),
  };
}

export interface CentralHeader {
  /** The system of whoever made it. */
  readonly madeBy: number;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly bytes: number;
  readonly plainBytes: number;
  readonly name: Buffer;
  /** Offset of the local header, from the beginning of the archive. */
  readonly at: number;
  /** The mode of a file, where Unix made it. */
  readonly mode: number;
  /** Where the next header begins. */
  readonly next: number;
}

/** @returns undefined if no whole header stands at this offset of the directory */
export function centralHeader(directory: Buffer, from: number): CentralHeader | undefined {
  const header = directory.subarray(from);
  if (header.byteLength < CENTRAL.bytes || header.readUInt32LE(0) !== CENTRAL.signature) return undefined;
  const nameEnd = CENTRAL.bytes + header.readUInt16LE(28);
  const extraEnd = nameEnd + header.readUInt16LE(30);
  const end = extraEnd + header.readUInt16LE(32);
  if (end > header.byteLength) return undefined;
  const given = [header.readUInt32LE(24), header.readUInt32LE(20), header.readUInt32LE(42)] as const;
  const whole = with64(given, header.subarray(nameEnd, extraEnd));
  if (whole === undefined) return undefined;
  const [plainBytes, bytes, at] = whole as [number, number, number];
  return {
    ...{ plainBytes, bytes, at },
    madeBy: header.readUInt8(5),
    flags: header.readUInt16LE(8),
    method: header.readUInt16LE(10),
    crc: header.readUInt32LE(16),
    name: header.subarray(CENTRAL.bytes, nameEnd),
    mode: header.readUInt32LE(38) >>> 16,
    next: from + end,
  };
}

/** Values with those of the extra field for zip64, which has only those that are needed, in this order. */
function with64(given: readonly number[], extra: Buffer): number[] | undefined {
  if (!given.includes(SEE_64_32)) return [...given];
  const field = extraField(extra);
  let at = 0;
  const values = given.map((value) => {
    if (value !== SEE_64_32) return value;
    at += 8;
    return field !== undefined && field.byteLength >= at ? Number(field.readBigUInt64LE(at - 8)) : Number.NaN;
  });
  return values.every(Number.isSafeInteger) ? values : undefined;
}

function extraField(extra: Buffer): Buffer | undefined {
  for (let at = 0; at + 4 <= extra.byteLength; ) {
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === EXTRA_64) return extra.subarray(at + 4, end);
    at = end;
  }
  return undefined;
}

/** What the end of an archive says of its directory. */
export interface Ending {
  readonly entries: number;
  /** Bytes of the directory, and its offset from the beginning of the archive. */
  readonly bytes: number;
  readonly from: number;
  /** Whether the archive is one file. */
  readonly isOne: boolean;
  /** Whether one of these does not fit: then the part for zip64 has all of them. */
  readonly needs64: boolean;
}

export function ending(end: Buffer): Ending {
  const [entries, bytes, from] = [end.readUInt16LE(10), end.readUInt32LE(12), end.readUInt32LE(16)];
  const needs64 = entries === SEE_64_16 || bytes === SEE_64_32 || from === SEE_64_32;
  const isOne = end.readUInt16LE(4) === end.readUInt16LE(6) && end.readUInt16LE(8) === entries;
  return { entries, bytes, from, isOne, needs64 };
}

/** @returns undefined if it is none */
export function ending64(end: Buffer): Ending | undefined {
  if (end.byteLength < END64.bytes || end.readUInt32LE(0) !== END64.signature) return undefined;
  const [entries, bytes, from] = [32, 40, 48].map((at) => Number(end.readBigUInt64LE(at))) as [number, number, number];
  const isOne = end.readUInt32LE(16) === end.readUInt32LE(20) && Number(end.readBigUInt64LE(24)) === entries;
  return { entries, bytes, from, isOne, needs64: false };
}
