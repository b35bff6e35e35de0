// gzip members built by hand around Node's deflate (RFC 1952), right ones and wrong ones; and BGZF.

import { crc32, deflateRawSync } from 'node:zlib';

export const FLAG = { text: 1, checksum: 2, extra: 4, name: 8, comment: 16, reserved: 32 };

export interface Fields {
  readonly flags?: number;
  readonly method?: number;
  readonly extra?: Buffer;
  readonly headerChecksum?: number;
  readonly checksum?: number;
  readonly length?: number;
}

/** A member whose header and trailer say what they are told to. */
export function member(plain: Buffer, fields: Fields = {}): Buffer {
  const { flags = 0, method = 8, extra = Buffer.from('xyz') } = fields;
  const parts: Uint8Array[] = [Buffer.from([0x1f, 0x8b, method, flags, 1, 2, 3, 4, 0, 3])];
  if ((flags & FLAG.extra) !== 0) parts.push(u16(extra.byteLength), extra);
  if ((flags & FLAG.name) !== 0) parts.push(Buffer.from('users.json\0'));
  if ((flags & FLAG.comment) !== 0) parts.push(Buffer.from('a comment\0'));
  if ((flags & FLAG.checksum) !== 0) parts.push(u16(fields.headerChecksum ?? crc32(Buffer.concat(parts)) & 0xffff));
  const trailer = [u32(fields.checksum ?? crc32(plain)), u32(fields.length ?? plain.byteLength)];
  return Buffer.concat([...parts, deflateRawSync(plain), ...trailer]);
}

const u16 = (value: number) => Buffer.from(Uint16Array.of(value).buffer);
const u32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer);

/** A member of BGZF: its header says its size. @param before fields of the header before that one */
export function bgzfMember(plain: Buffer, before = Buffer.alloc(0)): Buffer {
  const extra = (bytes: number) => Buffer.concat([before, Buffer.from('BC'), u16(2), u16(bytes - 1)]);
  const { byteLength } = member(plain, { flags: FLAG.extra, extra: extra(1) });
  return member(plain, { flags: FLAG.extra, extra: extra(byteLength) });
}
