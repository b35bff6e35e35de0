// Archives, written field by field, so that each field can be wrong: zip (APPNOTE.TXT) and tar (POSIX, GNU). A test of these
// (test/archives/tools.test.ts) has tools that others wrote read what is written here.

import { crc32, deflateRawSync } from 'node:zlib';

/** Fields of an entry of a zip archive that are not those that follow from its data. */
export interface ZipFields {
  readonly flags?: number;
  readonly method?: number;
  readonly crc?: number;
  readonly plainBytes?: number;
  readonly bytes?: number;
  /** Offset of the local header. */
  readonly at?: number;
  /** The name in the directory. */
  readonly name?: string | Uint8Array;
  readonly mode?: number;
}

export interface ZipFile {
  readonly name: string | Uint8Array;
  readonly data: string | Uint8Array;
  /** Data as it is stored. Absent: `data`, compressed with deflate, or as it is with method 0. */
  readonly stored?: Uint8Array;
  readonly method?: number;
  readonly flags?: number;
  /** Whether sizes and checksum follow the data. */
  readonly follows?: boolean;
  readonly is64?: boolean;
  /** What only the directory says. */
  readonly directory?: ZipFields;
}

interface ZipOptions {
  readonly before?: string;
  readonly comment?: string;
  readonly is64?: boolean;
  /** Whether offsets count what stands before the archive. */
  readonly countsBefore?: boolean;
  readonly entries?: number;
}

const HUGE = 0xffffffff;

const u16 = (value: number) => Buffer.of(value & 0xff, value >> 8);
const u32 = (value: number) => Buffer.of(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24);
const u64 = (value: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};

export function zipOf(files: readonly ZipFile[], options: ZipOptions = {}): Buffer {
  const { before = '', comment = '', is64 = false, countsBefore = false } = options;
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = countsBefore ? Buffer.byteLength(before) : 0;
  for (const file of files) {
    const local = localOf(file);
    directory.push(centralOf(file, at));
    parts.push(local);
    at += local.byteLength;
  }
  const central = Buffer.concat(directory);
  const entries = options.entries ?? files.length;
  const count = is64 ? 0xffff : entries;
  const end64 = Buffer.concat([
    ...[u32(0x06064b50), u64(44), u16(45), u16(45), u32(0), u32(0), u64(entries), u64(entries)],
    ...[u64(central.byteLength), u64(at)],
    ...[u32(0x07064b50), u32(0), u64(at + central.byteLength), u32(1)],
  ]);
  const end = Buffer.concat([
    ...[u32(0x06054b50), u16(0), u16(0), u16(count), u16(count)],
    ...[u32(is64 ? HUGE : central.byteLength), u32(is64 ? HUGE : at)],
    ...[u16(Buffer.byteLength(comment)), Buffer.from(comment)],
  ]);
  return Buffer.concat([Buffer.from(before), ...parts, central, ...(is64 ? [end64] : []), end]);
}

function storedOf({ data, stored, method = 8 }: ZipFile): Uint8Array {
  return stored ?? (method === 0 ? Buffer.from(data) : deflateRawSync(data));
}

function localOf(file: ZipFile): Buffer {
  const { name, data, method = 8, follows = false, is64 = false } = file;
  const stored = storedOf(file);
  const plain = Buffer.from(data);
  const [flags, crc] = [file.flags ?? (follows ? 8 : 0), crc32(plain)];
  const extra = is64 && !follows ? Buffer.concat([u16(1), u16(16), u64(plain.byteLength), u64(stored.byteLength)]) : '';
  const sizes = follows ? [0, 0] : is64 ? [HUGE, HUGE] : [stored.byteLength, plain.byteLength];
  const long = is64 ? u64 : u32;
  return Buffer.concat([
    ...[u32(0x04034b50), u16(45), u16(flags), u16(method), u32(0), u32(follows ? 0 : crc)],
    ...[u32(sizes[0]!), u32(sizes[1]!), u16(Buffer.from(name).byteLength), u16(extra.length)],
    ...[Buffer.from(name), Buffer.from(extra), stored],
    ...(follows ? [u32(0x08074b50), u32(crc), long(stored.byteLength), long(plain.byteLength)] : []),
  ]);
}

function centralOf(file: ZipFile, offset: number): Buffer {
  const { data, method = 8, follows = false, is64 = false, directory = {} } = file;
  const plain = Buffer.from(data);
  const { name = file.name, at = offset, mode = 0, flags = file.flags ?? (follows ? 8 : 0) } = directory;
  const { plainBytes = plain.byteLength, bytes = storedOf(file).byteLength, crc = crc32(plain) } = directory;
  const extra = is64 ? Buffer.concat([u16(1), u16(24), u64(plainBytes), u64(bytes), u64(at)]) : Buffer.alloc(0);
  const [short, small, place] = is64 ? [HUGE, HUGE, HUGE] : [bytes, plainBytes, at];
  return Buffer.concat([
    ...[u32(0x02014b50), u16(0x032d), u16(45), u16(flags), u16(directory.method ?? method), u32(0), u32(crc)],
    ...[u32(short), u32(small), u16(Buffer.from(name).byteLength), u16(extra.byteLength), u16(0), u16(0), u16(0)],
    ...[u32(mode * 65_536), u32(place), Buffer.from(name), extra],
  ]);
}

export interface TarFile {
  readonly name: string | Uint8Array;
  readonly data?: string | Uint8Array;
  readonly type?: string;
  /** The size that its header says. */
  readonly bytes?: number;
  readonly prefix?: string;
  /** Whether the size is written as a binary number. */
  readonly isBinary?: boolean;
  /** Ends with a header without magic, as before POSIX. */
  readonly isOld?: boolean;
}

export const TAR_END = Buffer.alloc(1024);

/** Without its end: add TAR_END. */
export function tarOf(files: readonly TarFile[]): Buffer {
  return Buffer.concat(files.flatMap(({ data = '', ...file }) => blocksOf(Buffer.from(data), file)));
}

function blocksOf(data: Buffer, { name, type = '0', prefix = '', isBinary, isOld, ...given }: TarFile): Buffer[] {
  const header = Buffer.alloc(512);
  header.set(Buffer.from(name).subarray(0, 100), 0);
  header.write('0000644\0', 100);
  const bytes = given.bytes ?? data.byteLength;
  if (isBinary) {
    header[124] = 0x80;
    header.writeUIntBE(bytes, 130, 6);
  } else header.write(`${bytes.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write(type, 156);
  if (!isOld) header.write('ustar\u000000', 257, 'latin1');
  header.write(prefix, 345);
  header.write(' '.repeat(8), 148);
  const sum = header.reduce((all, byte) => all + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return [header, data, Buffer.alloc((512 - (data.byteLength % 512)) % 512)];
}

/** An entry after a header of pax. */
export function paxOf(records: Readonly<Record<string, string>>, file: TarFile): TarFile[] {
  const text = Object.entries(records).map(([name, value]) => {
    const rest = ` ${name}=${value}\n`;
    let length = Buffer.byteLength(rest);
    while (`${length}`.length + Buffer.byteLength(rest) !== length)
      length = `${length}`.length + Buffer.byteLength(rest);
    return `${length}${rest}`;
  });
  return [{ name: 'pax', type: 'x', data: text.join('') }, file];
}
