// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// The frames of a zstd source. The headers of frames and blocks say how long each of them is, so the cuts are exact.

import { FRAME_MAGIC } from '../../../store/codec/zstd/frame.js';
import {
  blockHeaderIn,
  blocksEnd,
  CHECKSUM_BYTES,
  frameHeader,
  headerBytes,
} from '../../../store/codec/zstd/header.js';
import { isSkippable, SKIPPABLE_HEADER_BYTES } from '../forms/skippable.js';
import { WholeMembers } from './members.js';
import type { Pending } from './pending.js';

/** Plain bytes for a compressed one, about, where a frame does not say it. */
const EXPANSION = 6;

export class ZstdFrames extends WholeMembers {
  readonly isGuess = false;

  next(pending: Pending): number | 'more' | 'none' {
    const rest = pending.slice(this.to, pending.to);
    const begin = FRAME_MAGIC.byteLength;
    if (rest.byteLength <= begin) return 'more';
    if (isSkippable(rest.readUInt32LE())) return this.#skippable(rest);
    if (!FRAME_MAGIC.equals(rest.subarray(0, begin))) return 'none';
    const blocks = begin + headerBytes(rest[begin]!);
    if (rest.byteLength < blocks) return 'more';
    const header = frameHeader(rest.subarray(begin, blocks));
    if (header === undefined) return 'none';
    let isShort = false;
    const blockAt = (at: number) => {
      const found = blockHeaderIn(rest, at);
      isShort ||= found === -1;
      return found;
    };
    const end = blocksEnd(blocks, blockAt, Number.POSITIVE_INFINITY);
    if (end === undefined) return isShort ? 'more' : 'none';
    const bytes = end + (header.hasChecksum ? CHECKSUM_BYTES : 0);
    if (bytes > rest.byteLength) return 'more';
    this.to += bytes;
    return header.plainBytes ?? bytes * EXPANSION;
  }

  #skippable(rest: Buffer): number | 'more' {
    if (rest.byteLength < SKIPPABLE_HEADER_BYTES) return 'more';
    const bytes = SKIPPABLE_HEADER_BYTES + rest.readUInt32LE(4);
    if (bytes > rest.byteLength) return 'more';
    this.to += bytes;
    return 0;
  }
}
