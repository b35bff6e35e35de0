// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// The header of a tar entry: a block of 512 bytes with a checksum, as POSIX (ustar, pax), GNU tar and older ones write it.

export const BLOCK_BYTES = 512;

const CHECKSUM_AT = 148;
const CHECKSUM_BYTES = 8;
const SPACE = ' '.charCodeAt(0);
/** The first bit of a number says that it is binary (GNU): a size that octal digits have no room for. */
const BINARY = 0x80;

export interface TarHeader {
  readonly name: Buffer;
  /** Bytes of its data, which fill whole blocks. */
  readonly bytes: number;
  /** The kind of entry, a character. */
  readonly type: string;
  /** Of a sparse file (GNU): whether more blocks of its header follow this one. */
  readonly isExtended: boolean;
}

/** Whether data begins as a tar archive. @param head its first bytes */
export function beginsAsTar(head: Uint8Array): boolean {
  // No JSON text has a byte of zero, and every header ends with some.
  if (head.byteLength < BLOCK_BYTES || head[BLOCK_BYTES - 1] !== 0) return false;
  return tarHeader(Buffer.from(head.subarray(0, BLOCK_BYTES))) !== undefined;
}

/** @param block of BLOCK_BYTES bytes @returns undefined if it is no header, or is damaged */
export function tarHeader(block: Buffer): TarHeader | undefined {
  const bytes = numberAt(block, 124, 12);
  if (!isWhole(block) || bytes === undefined || block[0] === 0) return undefined;
  const isPosix = block.toString('latin1', 257, 263) === 'ustar\0';
  const [name, prefix] = [textAt(block, 0, 100), isPosix ? textAt(block, 345, 155) : Buffer.alloc(0)];
  return {
    name: prefix.byteLength === 0 ? name : Buffer.concat([prefix, Buffer.from('/'), name]),
    bytes,
    type: block[156] === 0 ? '0' : String.fromCharCode(block[156] as number),
    isExtended: block[482] === 1,
  };
}

/** Whether the checksum is right: the sum of all bytes, in which its own count as spaces. Some wrote that of signed bytes. */
function isWhole(block: Buffer): boolean {
  let [sum, signed] = [0, 0];
  for (let at = 0; at < BLOCK_BYTES; at++) {
    const isOwn = at >= CHECKSUM_AT && at < CHECKSUM_AT + CHECKSUM_BYTES;
    const byte = isOwn ? SPACE : (block[at] as number);
    sum += byte;
    signed += (byte << 24) >> 24;
  }
  const said = numberAt(block, CHECKSUM_AT, CHECKSUM_BYTES);
  return said === sum || said === signed;
}

function numberAt(block: Buffer, at: number, bytes: number): number | undefined {
  const field = block.subarray(at, at + bytes);
  if (((field[0] as number) & BINARY) !== 0) {
    const value = field.reduce((sum, byte, i) => sum * 256 + (i === 0 ? byte & ~BINARY : byte), 0);
    return Number.isSafeInteger(value) ? value : undefined;
  }
  const digits = /^ *([0-7]*)[ \0]*$/.exec(field.toString('latin1').replace(/\0.*$/s, ''))?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits || '0', 8);
}

function textAt(block: Buffer, at: number, bytes: number): Buffer {
  const field = block.subarray(at, at + bytes);
  const end = field.indexOf(0);
  return Buffer.from(end === -1 ? field : field.subarray(0, end));
}

/** The records of a pax header: `<length> <name>=<value>\n`. @returns undefined if they are damaged */
export function paxRecords(bytes: Buffer): Map<string, Buffer> | undefined {
  const records = new Map<string, Buffer>();
  for (let at = 0; at < bytes.byteLength; ) {
    const space = bytes.indexOf(SPACE, at);
    const digits = bytes.toString('latin1', at, space === -1 ? at : space);
    const end = at + Number(digits);
    const equals = bytes.indexOf('=', space);
    const isWell = /^[1-9]\d*$/.test(digits) && end <= bytes.byteLength && bytes[end - 1] === 0x0a;
    if (!isWell || equals === -1 || equals >= end) return undefined;
    records.set(bytes.toString('utf8', space + 1, equals), Buffer.from(bytes.subarray(equals + 1, end - 1)));
    at = end;
  }
  return records;
}
