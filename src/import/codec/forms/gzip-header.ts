// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// The header of a gzip member (RFC 1952, 2.3):
//
//   1f 8b | method 8 | flags | time 4 | extra flags | system | [length 2, extra] | [name 0] | [comment 0] | [checksum 2]

import { crc32 } from 'node:zlib';
import type { Compressed, Step } from '../compressed.js';

export const GZIP_MAGIC = [0x1f, 0x8b] as const;
export const GZIP_FIXED_BYTES = 10;
export const GZIP_TRAILER_BYTES = 8;
export const FLAGS_AT = 3;
export const FLAG = { checksum: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 } as const;
export const METHOD_DEFLATE = 8;

/** Reads over the header of a member, and checks it. The first byte is there. */
export function* gzipHeader(compressed: Compressed, isFirst: boolean): Step {
  const { faults, offset } = compressed;
  if (compressed.next !== GZIP_MAGIC[0] && !isFirst) throw faults.trailing(offset);
  let checksum = 0;
  const checked = function* (count: number): Step<Buffer> {
    const bytes = yield* compressed.take(count);
    checksum = crc32(bytes, checksum);
    return bytes;
  };
  const magic = yield* checked(GZIP_MAGIC.length);
  if (magic[0] !== GZIP_MAGIC[0] || magic[1] !== GZIP_MAGIC[1]) {
    throw isFirst ? faults.damaged(offset, 'no gzip header') : faults.trailing(offset);
  }
  const fixed = yield* checked(GZIP_FIXED_BYTES - GZIP_MAGIC.length);
  const flags = fixed[FLAGS_AT - GZIP_MAGIC.length]!;
  if (fixed[0] !== METHOD_DEFLATE || (flags & FLAG.reserved) !== 0) {
    throw faults.damaged(offset, 'a header with an unknown method or unknown flags');
  }
  if ((flags & FLAG.extra) !== 0) yield* checked((yield* checked(2)).readUInt16LE());
  for (const flag of [FLAG.name, FLAG.comment]) {
    if ((flags & flag) !== 0) while ((yield* checked(1))[0] !== 0);
  }
  if ((flags & FLAG.checksum) === 0) return;
  const stored = (yield* compressed.take(2)).readUInt16LE();
  if (stored !== (checksum & 0xffff)) throw faults.damaged(compressed.offset, 'a header with a wrong checksum');
}
