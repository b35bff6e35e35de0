// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// Cuts a compressed source, as it comes, into parts that are decoded side by side. Each part is a file of its form by itself:
// its decoder verifies it, and that it ends where the part ends.

import { PART_BYTES, SEQUENCE_CHUNK_BYTES } from '../../../base/limits.js';
import type { CodecName, WithinXz } from '../codec.js';
import { Faults } from '../faults.js';
import { Bzip2Blocks } from './bzip2-blocks.js';
import { GzipMembers } from './gzip-members.js';
import type { Members } from './members.js';
import { Pending } from './pending.js';
import { XzBlocks } from './xz-blocks.js';
import { ZstdFrames } from './zstd-frames.js';

/** A part of a compressed source. */
export interface Part {
  /** A file of the form; of xz it may begin inside of a stream. */
  readonly bytes: Uint8Array;
  /** Offset in the source of its first byte, and of its end. */
  readonly from: number;
  readonly to: number;
  /** Whether its end is a guess. If it does not decode, it has to be decoded with all that follows it. */
  readonly isGuess: boolean;
  /** Whether the source goes on after it in the same member: what follows cannot be cut. */
  readonly isBeginning: boolean;
  /** Of xz: where it begins, if it is inside of a stream. */
  readonly within?: WithinXz | undefined;
}

const CUT: ReadonlySet<CodecName> = new Set(['zstd', 'gzip', 'bzip2', 'xz']);

/** Whether sources of this form can be cut. */
export function canCut(codec: CodecName): boolean {
  return CUT.has(codec);
}

export class Cutter {
  readonly #members: Members;
  readonly #pending = new Pending();
  readonly #partBytes: number;
  #plainBytes = 0;
  #isOver = false;

  /** @param spanBytes plain bytes of a part, about; by default as many as a chunk has */
  constructor(codec: CodecName, path: string, spanBytes = SEQUENCE_CHUNK_BYTES) {
    if (codec === 'zstd') this.#members = new ZstdFrames();
    else if (codec === 'gzip') this.#members = new GzipMembers();
    else if (codec === 'xz') this.#members = new XzBlocks();
    else this.#members = new Bzip2Blocks(new Faults(codec, path));
    this.#partBytes = spanBytes;
  }

  /**
   * Takes the next bytes. @returns the parts that end in them; after one that is a beginning, nothing is to be pushed
   * @throws GristmillError SOURCE_DAMAGED, SOURCE_TRAILING_BYTES
   */
  *push(piece: Uint8Array): Generator<Part, void> {
    this.#pending.add(piece);
    yield* this.#parts();
    if (!this.#isOver && this.#pending.to - this.#members.to > this.#members.bytesMax) yield this.#part(true, true);
  }

  /** The source has ended. @returns the last parts */
  *end(): Generator<Part, void> {
    this.#pending.isAll = true;
    yield* this.#parts();
    if (!this.#isOver && this.#pending.byteLength > 0) yield this.#part(true, false);
  }

  *#parts(): Generator<Part, void> {
    while (!this.#isOver) {
      const plain = this.#members.next(this.#pending);
      if (plain === 'more') return;
      if (plain === 'none') return yield this.#part(true, !this.#pending.isAll);
      this.#plainBytes += plain;
      const { from, to } = this.#members;
      if (this.#plainBytes >= this.#partBytes || to - from >= PART_BYTES) yield this.#part(false, false);
    }
  }

  #part(isAll: boolean, isBeginning: boolean): Part {
    const { from, isGuess } = this.#members;
    const within = this.#members.within?.(isAll);
    const bytes = this.#members.take(this.#pending, isAll);
    const { to } = this.#members;
    this.#pending.dropBefore(to);
    this.#plainBytes = 0;
    this.#isOver = isAll;
    return { bytes, from, to, isGuess: isGuess && !isAll, isBeginning, ...(within && { within }) };
  }
}
