// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// The blocks of a bzip2 source (forms/bzip2.ts has its layout). A block begins at any bit, with 48 bits that chance does not
// make. Blocks are copied bit by bit into streams of their own, as bzip2recover does. The checksum of a whole stream is
// compared here, because it goes over blocks of several parts.

import { PART_MEMBER_BYTES_MAX } from '../../../base/limits.js';
import type { Faults } from '../faults.js';
import { BLOCK, combinedChecksum, LEVEL_BYTES, STREAM, STREAM_END } from '../forms/bzip2.js';
import { BitWriter, bitsAt } from './bits.js';
import type { Members } from './members.js';
import type { Pending } from './pending.js';

const MAGIC_BITS = 48;
const CHECKSUM_BITS = 32;
const STREAM_HEADER_BYTES = 4;
const BEGINNING_BITS = MAGIC_BITS + CHECKSUM_BITS;
const LEVEL_AT = 3;
const ZERO = '0'.charCodeAt(0);

/** Set for each pair of bytes that may be the second and third byte of a magic number, at any of eight bits. */
const MAY_BE_MAGIC = new Uint8Array(65536);
for (const magic of [BLOCK, STREAM_END]) {
  for (let shift = 0; shift < 8; shift++) MAY_BE_MAGIC[Math.floor(magic / 2 ** (24 + shift)) & 0xffff] = 1;
}

/** A block as bits of the source. */
interface Block {
  readonly from: number;
  readonly to: number;
  readonly checksum: number;
}

export class Bzip2Blocks implements Members {
  readonly isGuess = false;
  readonly bytesMax = PART_MEMBER_BYTES_MAX;
  readonly #faults: Faults;
  #open: Block[] = [];
  /** The level of the stream, 1 to 9; 0 before its header. The highest level of the open part. */
  #level = 0;
  #levelMax = 0;
  /** The bit of the source at which a stream, a block, or the end of a stream begins. */
  #bit = 0;
  /** The first bit of the source at which the end of the block may be. */
  #searched = 0;
  #checksum = 0;
  #isFirst = true;

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  get from(): number {
    return Math.floor((this.#open[0]?.from ?? this.#bit) / 8);
  }

  get to(): number {
    return Math.floor(this.#bit / 8);
  }

  next(pending: Pending): number | 'more' | 'none' {
    for (;;) {
      if (this.#level === 0) {
        const begun = this.#beginStream(pending);
        if (begun !== undefined) return begun;
      }
      const at = this.#bit - pending.from * 8;
      if (this.#bit + BEGINNING_BITS > pending.to * 8) return 'more';
      const magic = bitsAt(pending.bytes, at, MAGIC_BITS);
      const checksum = bitsAt(pending.bytes, at + MAGIC_BITS, CHECKSUM_BITS);
      if (magic === STREAM_END) this.#endStream(checksum);
      else if (magic !== BLOCK) throw this.#faults.damaged(this.to, 'neither a block nor an end');
      else return this.#endBlock(pending, checksum);
    }
  }

  take(pending: Pending, isAll: boolean): Uint8Array {
    const blocks = this.#open;
    if (isAll && this.#bit <= STREAM_HEADER_BYTES * 8) return this.#takeWhole(pending);
    const isCutOff = isAll && this.#level !== 0;
    const bits = blocks.reduce((sum, { from, to }) => sum + to - from, 0) + (isCutOff ? pending.byteLength * 8 : 0);
    const file = new BitWriter(STREAM_HEADER_BYTES * 8 + bits + BEGINNING_BITS);
    file.add(STREAM, 24);
    file.add(ZERO + (this.#levelMax || 9), 8);
    const base = pending.from * 8;
    let combined = 0;
    for (const { from, to, checksum } of blocks) {
      file.copy(pending.bytes, from - base, to - base);
      combined = combinedChecksum(combined, checksum);
    }
    if (isCutOff) file.copy(pending.bytes, this.#bit - base, pending.to * 8 - base);
    else {
      file.add(STREAM_END, MAGIC_BITS);
      file.add(combined, CHECKSUM_BITS);
    }
    this.#open = [];
    this.#levelMax = this.#level;
    if (isAll) this.#bit = pending.to * 8;
    return file.finish();
  }

  /** All of the source, of which no block has been found. */
  #takeWhole(pending: Pending): Uint8Array {
    this.#bit = pending.to * 8;
    return new Uint8Array(pending.bytes);
  }

  #beginStream(pending: Pending): 'more' | 'none' | undefined {
    const at = this.#bit / 8;
    const header = pending.slice(at, at + STREAM_HEADER_BYTES);
    if (header.byteLength === 0 || (header.byteLength < STREAM_HEADER_BYTES && !pending.isAll)) return 'more';
    const level = header.byteLength < STREAM_HEADER_BYTES ? 0 : header[LEVEL_AT]! - ZERO;
    if (level < 1 || level > 9 || header.readUIntBE(0, 3) !== STREAM) {
      if (this.#isFirst) return 'none'; // for the decoder to say
      throw this.#faults.trailing(at);
    }
    this.#isFirst = false;
    this.#level = level;
    this.#levelMax = Math.max(this.#levelMax, level);
    this.#bit += STREAM_HEADER_BYTES * 8;
    this.#checksum = 0;
    return undefined;
  }

  #endStream(checksum: number): void {
    if (checksum !== this.#checksum) throw this.#faults.damaged(this.to, 'a stream with a wrong checksum');
    this.#bit = Math.ceil((this.#bit + BEGINNING_BITS) / 8) * 8;
    this.#level = 0;
  }

  /** Looks for what follows the block at `#bit`. */
  #endBlock(pending: Pending, checksum: number): number | 'more' {
    const base = pending.from * 8;
    const from = Math.max(this.#searched, this.#bit + BEGINNING_BITS);
    const found = findMagic(pending.bytes, from - base);
    if (found === -1) {
      const bytes = pending.to - this.to;
      if (bytes > PART_MEMBER_BYTES_MAX) throw this.#faults.damaged(this.to, 'a block without an end');
      this.#searched = Math.max(from, pending.to * 8 - MAGIC_BITS - 8);
      return 'more';
    }
    this.#open.push({ from: this.#bit, to: base + found, checksum });
    this.#bit = base + found;
    this.#checksum = combinedChecksum(this.#checksum, checksum);
    return this.#level * LEVEL_BYTES;
  }
}

/** The first bit from `from` on at which a block or the end of a stream begins; -1 if there is none. */
function findMagic(bytes: Uint8Array, from: number): number {
  const last = bytes.byteLength - Math.ceil((MAGIC_BITS + 7) / 8);
  for (let i = from >>> 3; i <= last; i++) {
    if (MAY_BE_MAGIC[(bytes[i + 1]! << 8) | bytes[i + 2]!] === 0) continue;
    for (let bit = Math.max(from, i * 8); bit < i * 8 + 8; bit++) {
      const magic = bitsAt(bytes, bit, MAGIC_BITS);
      if (magic === BLOCK || magic === STREAM_END) return bit;
    }
  }
  return -1;
}
