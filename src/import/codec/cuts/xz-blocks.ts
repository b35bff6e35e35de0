// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// The blocks of an xz source. Each chunk of LZMA2 says how long it is, so the end of a block is found without decoding it, also
// where its header and the index of the stream do not help: in a pipe. What is not as it should be is left to the decoder.

import type { WithinXz } from '../codec.js';
import { type BlockSizes, indexBytes, NO_BLOCKS, streamEnd, withBlock } from '../xz/block-sums.js';
import { CHECKS } from '../xz/check.js';
import {
  ALIGNMENT,
  aligned,
  blockHeader,
  isFooterOf,
  STREAM_FOOTER_BYTES,
  STREAM_HEADER_BYTES,
  STREAM_MAGIC,
  streamFlags,
} from '../xz/fields.js';
import { chunkSizes } from '../xz/lzma2.js';
import { WholeMembers } from './members.js';
import type { Pending } from './pending.js';

export class XzBlocks extends WholeMembers {
  readonly isGuess = false;
  /** The stream that `to` stands in. */
  #within: WithinXz | undefined;
  /** The same of `from`. */
  #begun: WithinXz | undefined;
  /** Blocks of the open part that are in the same stream as its end. */
  #blocks: BlockSizes[] = [];
  /** How far the block at `to` has been walked over, and the plain bytes up to there. */
  #walked: { readonly at: number; readonly plainBytes: number } | undefined;

  next(pending: Pending): number | 'more' | 'none' {
    if (this.#within === undefined) return this.#beginStream(pending);
    const [size] = pending.slice(this.to, this.to + 1);
    if (size === undefined) return 'more';
    return size === 0 ? this.#endStream(pending, this.#within) : this.#block(pending, this.#within, size);
  }

  within(isAll: boolean): WithinXz | undefined {
    // The end that is written after these blocks knows of no others.
    const isOwnEnd = !isAll && this.#within !== undefined && this.#begun?.stream === this.#within.stream;
    return isOwnEnd && this.#begun ? { ...this.#begun, ...NO_BLOCKS } : this.#begun;
  }

  override take(pending: Pending, isAll: boolean): Uint8Array {
    const bytes = super.take(pending, isAll);
    const within = this.#within;
    const blocks = this.#blocks;
    this.#begun = within;
    this.#blocks = [];
    if (isAll || within === undefined) return bytes;
    return Buffer.concat([bytes, streamEnd(blocks, within.flags)]);
  }

  #beginStream(pending: Pending): number | 'more' | 'none' {
    const header = pending.slice(this.to, this.to + STREAM_HEADER_BYTES);
    if (header.byteLength < STREAM_HEADER_BYTES) return 'more';
    const flags = flagsIn(header);
    if (flags === undefined) return 'none';
    this.#within = { stream: this.to, flags, ...NO_BLOCKS };
    this.to += STREAM_HEADER_BYTES;
    return 0;
  }

  #block(pending: Pending, within: WithinXz, size: number): number | 'more' | 'none' {
    const headerBytes = (size + 1) * ALIGNMENT;
    const begin = this.to + headerBytes;
    if (this.#walked === undefined) {
      const header = pending.slice(this.to, begin);
      if (header.byteLength < headerBytes) return 'more';
      if (blockHeader(header) === undefined) return 'none';
      this.#walked = { at: begin, plainBytes: 0 };
    }
    let { at, plainBytes } = this.#walked;
    for (;;) {
      const chunk = chunkSizes(pending.slice(at, pending.to));
      if (chunk === undefined) return 'none';
      if (chunk === 'more' || at + chunk.bytes > pending.to) {
        this.#walked = { at, plainBytes };
        return 'more';
      }
      at += chunk.bytes;
      plainBytes += chunk.plainBytes;
      if (chunk.isEnd) break;
    }
    const checkBytes = CHECKS.get(within.flags)!.bytes;
    const end = begin + aligned(at - begin) + checkBytes;
    if (end > pending.to) return 'more';
    const sizes = { bytes: at - this.to + checkBytes, plainBytes };
    this.#walked = undefined;
    this.#blocks.push(sizes);
    this.#within = { ...within, ...withBlock(within, sizes) };
    this.to = end;
    return plainBytes;
  }

  /** The index is compared with the blocks here, because it is about blocks of several parts. */
  #endStream(pending: Pending, within: WithinXz): number | 'more' | 'none' {
    const bytes = indexBytes(pending.slice(this.to, pending.to), within);
    if (bytes === 'more' || bytes === 'none') return bytes;
    const end = this.to + bytes + STREAM_FOOTER_BYTES;
    if (end > pending.to) return 'more';
    if (!isFooterOf(pending.slice(end - STREAM_FOOTER_BYTES, end), bytes, within.flags)) return 'none';
    const next = nextStream(pending, end);
    if (next === 'more' || next === 'none') return next;
    this.to = next;
    this.#within = undefined;
    this.#blocks = [];
    return 0;
  }
}

/** Where the next stream begins, or the source ends: zeros may stand before it, in fours. */
function nextStream(pending: Pending, end: number): number | 'more' | 'none' {
  const rest = pending.slice(end, pending.to);
  const zeros = rest.findIndex((byte) => byte !== 0);
  if (zeros === -1)
    return pending.isAll && rest.byteLength % ALIGNMENT === 0 ? pending.to : pending.isAll ? 'none' : 'more';
  if (zeros % ALIGNMENT !== 0) return 'none';
  const header = rest.subarray(zeros, zeros + STREAM_HEADER_BYTES);
  if (header.byteLength < STREAM_HEADER_BYTES) return 'more';
  return flagsIn(header) === undefined ? 'none' : end + zeros;
}

/** The flags of the stream with this header; undefined if it is no header, or not one that can be decoded. */
function flagsIn(header: Buffer): number | undefined {
  if (!STREAM_MAGIC.equals(header.subarray(0, STREAM_MAGIC.byteLength))) return undefined;
  const flags = streamFlags(header);
  return flags !== undefined && CHECKS.has(flags) ? flags : undefined;
}
