// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// The fields of xz that stand before and after its data (The .xz File Format, 1.2):
//
//   stream header  fd "7zXZ" 00 | flags 2 | CRC32 4
//   block header   size 1 | flags 1 | [compressed size] | [plain size] | filters | zeros | CRC32 4
//   stream footer  CRC32 4 | size of the index 4 | flags 2 | "YZ"
//
// Sizes without a length here are numbers of seven bits a byte, the lowest first.

import { crc32 } from 'node:zlib';

export const STREAM_MAGIC = Buffer.from('fd377a585a00', 'hex');
export const STREAM_HEADER_BYTES = STREAM_MAGIC.byteLength + 2 + 4;
export const STREAM_FOOTER_BYTES = 12;
/** Everything in a file is a multiple of this. */
export const ALIGNMENT = 4;
const FOOTER_MAGIC = 'YZ';
const HAS_COMPRESSED_SIZE = 0x40;
const HAS_PLAIN_SIZE = 0x80;
const FILTERS_MASK = 0x03;
const BLOCK_RESERVED = 0x3c;
const LZMA2 = 0x21;
const DICTIONARY_CODE_MAX = 40;
const FILTERS: ReadonlyMap<number, string> = new Map([
  [0x03, 'delta'],
  [0x04, 'x86'],
  [0x05, 'PowerPC'],
  [0x06, 'IA-64'],
  [0x07, 'ARM'],
  [0x08, 'ARM-Thumb'],
  [0x09, 'SPARC'],
  [0x0a, 'ARM64'],
  [0x0b, 'RISC-V'],
]);

/** The two bytes of flags of a stream as one number; undefined if the header is damaged. */
export function streamFlags(header: Buffer): number | undefined {
  const at = STREAM_MAGIC.byteLength;
  if (crc32(header.subarray(at, at + 2)) !== header.readUInt32LE(at + 2)) return undefined;
  return header.readUInt16BE(at);
}

/** Whether a footer follows an index of so many bytes, in a stream with these flags. */
export function isFooterOf(footer: Buffer, indexBytes: number, flags: number): boolean {
  return (
    footer.toString('latin1', 10) === FOOTER_MAGIC &&
    crc32(footer.subarray(4, 10)) === footer.readUInt32LE(0) &&
    (footer.readUInt32LE(4) + 1) * ALIGNMENT === indexBytes &&
    footer.readUInt16BE(8) === flags
  );
}

/** The footer after an index of so many bytes. */
export function footerOf(indexBytes: number, flags: number): Buffer {
  const footer = Buffer.alloc(STREAM_FOOTER_BYTES);
  footer.writeUInt32LE(indexBytes / ALIGNMENT - 1, 4);
  footer.writeUInt16BE(flags, 8);
  footer.write(FOOTER_MAGIC, 10);
  footer.writeUInt32LE(crc32(footer.subarray(4, 10)), 0);
  return footer;
}

/** With the zeros that follow so many bytes. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

export interface BlockHeader {
  readonly compressedBytes: number | undefined;
  readonly plainBytes: number | undefined;
  readonly dictionaryBytes: number;
}

/** A filter that gristmill does not have. */
export interface OtherFilter {
  readonly filter: string;
}

/** @param header all of it. @returns undefined if it is damaged */
export function blockHeader(header: Buffer): BlockHeader | OtherFilter | undefined {
  const end = header.byteLength - 4;
  if (crc32(header.subarray(0, end)) !== header.readUInt32LE(end)) return undefined;
  const flags = header[1]!;
  if ((flags & BLOCK_RESERVED) !== 0) return undefined;
  const fields = new Fields(header, 2, end);
  const compressedBytes = (flags & HAS_COMPRESSED_SIZE) === 0 ? undefined : fields.number();
  const plainBytes = (flags & HAS_PLAIN_SIZE) === 0 ? undefined : fields.number();
  let dictionaryCode = -1;
  for (let i = 0; i <= (flags & FILTERS_MASK); i++) {
    const filter = fields.number();
    const properties = fields.bytes(fields.number());
    if (filter !== LZMA2) return { filter: FILTERS.get(filter) ?? `0x${filter.toString(16)}` };
    dictionaryCode = properties.byteLength === 1 ? properties[0]! : -1;
  }
  if (fields.isShort || dictionaryCode < 0 || dictionaryCode > DICTIONARY_CODE_MAX) return undefined;
  if (fields.rest().some((byte) => byte !== 0)) return undefined;
  return { compressedBytes, plainBytes, dictionaryBytes: dictionarySize(dictionaryCode) };
}

function dictionarySize(code: number): number {
  return code === DICTIONARY_CODE_MAX ? 2 ** 32 - 1 : (2 | (code & 1)) * 2 ** ((code >>> 1) + 11);
}

/** Reads fields one after another. Beyond their end it reads zeros, and says so. */
class Fields {
  isShort = false;
  readonly #bytes: Buffer;
  #at: number;
  readonly #end: number;

  constructor(bytes: Buffer, at: number, end: number) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  bytes(count: number): Buffer {
    if (count > this.#end - this.#at) this.isShort = true;
    const begin = this.#at;
    this.#at = Math.min(this.#end, begin + count);
    return this.#bytes.subarray(begin, this.#at);
  }

  number(): number {
    const number = new Multibyte();
    while (!number.isComplete && this.#at < this.#end) number.add(this.#bytes[this.#at++]!);
    if (!number.isComplete) this.isShort = true;
    return number.value;
  }

  rest(): Buffer {
    return this.bytes(this.#end - this.#at);
  }
}

/** The bytes of a number, as `Multibyte` reads them. */
export function multibyte(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push(0x80 | (rest % 0x80));
  return Buffer.from([...bytes, rest]);
}

/** A number of seven bits a byte, the lowest first. Beyond 2^53 it is no longer exact, and no size is as large. */
export class Multibyte {
  value = 0;
  isComplete = false;
  #weight = 1;

  add(byte: number): void {
    this.value += (byte & 0x7f) * this.#weight;
    this.#weight *= 0x80;
    this.isComplete = byte < 0x80 || this.#weight > 2 ** 63;
  }
}
