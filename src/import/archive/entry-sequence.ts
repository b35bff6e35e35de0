// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// An entry of an archive that is read in sequence, as a source of its own that is read in sequence: the same chunks, with
// offsets that begin at the entry.

import type { ChunkRun } from '../feed/chunk.js';
import type { Sequence } from '../sequence/sequence.js';
import type { Fingerprint, Source } from '../source/source.js';

/** The archive that an entry is in. */
export interface Archive {
  readonly sequence: Sequence;
  /** Nothing before this offset of the archive is needed any more. */
  discardBefore(offset: number): void;
  /** The error of an archive that ends too early. */
  truncated(): Error;
}

export class EntrySequence implements Source {
  readonly path: string;
  readonly fingerprint: Fingerprint;
  readonly end: number;
  readonly #archive: Archive;
  readonly #at: number;
  known: { readonly at: number; readonly line: number } = { at: 0, line: 1 };

  /** @param at offset of its first byte in the text of the archive */
  constructor(archive: Archive, path: string, at: number, bytes: number) {
    this.path = path;
    this.fingerprint = archive.sequence.fingerprint;
    this.end = bytes;
    this.#archive = archive;
    this.#at = at;
  }

  get available(): number {
    return Math.max(0, Math.min(this.#archive.sequence.available - this.#at, this.end));
  }

  get kept(): number {
    return Math.max(0, this.#archive.sequence.kept - this.#at);
  }

  upTo(to: number): Promise<void> | undefined {
    return this.available >= Math.min(to, this.end) ? undefined : this.#wait(Math.min(to, this.end));
  }

  read(target: Uint8Array, offset: number): void {
    this.#archive.sequence.read(target, this.#at + offset);
  }

  bytesAt(from: number, to: number): Uint8Array {
    return this.#archive.sequence.bytesAt(this.#at + from, this.#at + Math.max(from, Math.min(to, this.end)));
  }

  chunkAt(offset: number): { readonly from: number; readonly to: number } | undefined {
    const chunk = offset < this.end ? this.#archive.sequence.chunkAt(this.#at + offset) : undefined;
    return chunk && { from: Math.max(0, chunk.from - this.#at), to: Math.min(this.end, chunk.to - this.#at) };
  }

  lend(offset: number): ChunkRun {
    const { chunks, to } = this.#archive.sequence.lend(this.#at + offset, this.#at + this.end);
    return {
      chunks: chunks.map((chunk) => {
        const bytes = Math.min(chunk.bytes, this.#at + this.end - chunk.from);
        const sourceBytes = (chunk.sourceBytes * bytes) / chunk.bytes;
        return { ...chunk, from: chunk.from - this.#at, bytes, sourceBytes };
      }),
      to: to - this.#at,
      isEnd: to === this.#at + this.end,
    };
  }

  giveBack(run: ChunkRun): void {
    this.#archive.sequence.giveBack(run);
  }

  pass(offset: number, lines: number): void {
    this.known = { at: offset, line: this.known.line + lines };
  }

  discardBefore(offset: number): void {
    this.#archive.discardBefore(this.#at + offset);
  }

  /** The archive goes on after it. */
  close(): void {}

  async #wait(to: number): Promise<void> {
    await this.#archive.sequence.upTo(this.#at + to);
    if (this.available < to) throw this.#archive.truncated();
  }
}
