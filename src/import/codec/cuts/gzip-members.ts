// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// The members of a gzip source. No field says how long a member is (but in BGZF, which is cut in the same way). So whatever
// looks like the header of a member is taken for one. The part before it shows whether it is: that part ends exactly there, or
// it does not decode. In compressed data, chance makes such a header once in some 200 GB.

import { PART_GZIP_MEMBER_BYTES_MAX } from '../../../base/limits.js';
import {
  FLAG,
  FLAGS_AT,
  GZIP_FIXED_BYTES,
  GZIP_MAGIC,
  GZIP_TRAILER_BYTES,
  METHOD_DEFLATE,
} from '../forms/gzip-header.js';
import { WholeMembers } from './members.js';
import type { Pending } from './pending.js';

const BEGINNING = Buffer.from([...GZIP_MAGIC, METHOD_DEFLATE]);
const EXTRA_FLAGS_AT = 8;
const SYSTEM_AT = 9;
/** Extra flags: none, best compression, fastest (RFC 1952, 2.3.1). */
const EXTRA_FLAGS: ReadonlySet<number> = new Set([0, 2, 4]);
const SYSTEM_MAX = 13;
const SYSTEM_UNKNOWN = 255;
const PLAIN_SIZE_BYTES = 4;
const MEMBER_BYTES_MIN = GZIP_FIXED_BYTES + 2 + GZIP_TRAILER_BYTES;
/** Deflate makes at most about a thousand bytes of one; more is a wrong guess. */
const EXPANSION_MAX = 1032;

export class GzipMembers extends WholeMembers {
  readonly isGuess = true;
  override readonly bytesMax = PART_GZIP_MEMBER_BYTES_MAX;
  /** Offset in the source up to which no header was found. */
  #searched = 0;

  next(pending: Pending): number | 'more' {
    for (;;) {
      const from = Math.max(this.#searched, this.to + MEMBER_BYTES_MIN);
      const found = from >= pending.to ? -1 : pending.bytes.indexOf(BEGINNING, from - pending.from);
      const at = pending.from + found;
      if (found === -1 || at + GZIP_FIXED_BYTES > pending.to) {
        this.#searched = Math.max(from, found === -1 ? pending.to - BEGINNING.byteLength + 1 : at);
        return 'more';
      }
      this.#searched = at + 1;
      if (!isHeader(pending.slice(at, at + GZIP_FIXED_BYTES))) continue;
      const bytes = at - this.to;
      this.to = at;
      return Math.min(pending.slice(at - PLAIN_SIZE_BYTES, at).readUInt32LE(), bytes * EXPANSION_MAX);
    }
  }
}

function isHeader(header: Buffer): boolean {
  const system = header[SYSTEM_AT]!;
  return (
    (header[FLAGS_AT]! & FLAG.reserved) === 0 &&
    EXTRA_FLAGS.has(header[EXTRA_FLAGS_AT]!) &&
    (system <= SYSTEM_MAX || system === SYSTEM_UNKNOWN)
  );
}
