// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// A source that is read in sequence (compressed, piped, generated) lies in memory in chunks, as far as it has come and is
// still needed. The bytes of a chunk are shared with the workers, not copied to them.

import { SNIPPET_BYTES } from '../../base/snippet.js';
import type { Fingerprint, Source } from '../source/source.js';

/** Memory of a chunk. A thread that it is posted to has another object for it, so it is known by its id. */
export interface ChunkMemory {
  readonly id: string;
  readonly buffer: SharedArrayBuffer;
}

/** Room before the bytes of a chunk, for the end of the text before it: as much of it as an error shows. */
export const CHUNK_LEAD_BYTES = SNIPPET_BYTES;

/** Room in the memory of a chunk that has some bytes of `chunkBytes` already. */
export function roomIn({ buffer }: ChunkMemory, filled: number, chunkBytes: number): Uint8Array {
  return new Uint8Array(buffer, CHUNK_LEAD_BYTES + filled, chunkBytes - filled);
}

/** Puts bytes after those that the memory of a chunk has, unless they have been written there. */
export function fill({ buffer }: ChunkMemory, filled: number, bytes: Uint8Array): void {
  const at = CHUNK_LEAD_BYTES + filled;
  if (bytes.buffer !== buffer || bytes.byteOffset !== at) new Uint8Array(buffer).set(bytes, at);
}

/** A piece of the plain text of a source. */
export interface Chunk {
  /** Its own bytes begin at CHUNK_LEAD_BYTES. Before them stands the end of the text before, so that a span can look back. */
  readonly memory: ChunkMemory;
  /** How many bytes of the text before it there are. */
  readonly lead: number;
  /** Offset of its first own byte. */
  readonly from: number;
  readonly bytes: number;
  /** Bytes of the source that it was made of: of the compressed ones, where the source is compressed. */
  readonly sourceBytes: number;
}

/** Chunks that follow one another, as a worker gets them. */
export interface ChunkRun {
  readonly chunks: readonly Chunk[];
  /** Offset of the end of the last of them. */
  readonly to: number;
  /** Whether the source ends with the last of them. */
  readonly isEnd: boolean;
}

/** Thrown where a scan needs bytes that have not come yet. It is done again when they have. */
export class RanOut extends Error {}

/** Copies bytes of chunks that follow one another. @throws RanOut where the last of them ends too early */
export function copyFrom(chunks: readonly Chunk[], target: Uint8Array, offset: number): void {
  let at = offset;
  let done = 0;
  for (const { memory, lead, from, bytes } of chunks) {
    if (done === target.byteLength) return;
    if (at >= from + bytes || at < from - lead) continue;
    const piece = new Uint8Array(
      memory.buffer,
      CHUNK_LEAD_BYTES + at - from,
      Math.min(from + bytes - at, target.byteLength - done),
    );
    target.set(piece, done);
    done += piece.byteLength;
    at += piece.byteLength;
  }
  if (done < target.byteLength) throw new RanOut();
}

/** A run of chunks as a source: what a worker reads. */
export class ChunkSource implements Source {
  readonly path: string;
  readonly fingerprint: Fingerprint;
  readonly available: number;
  readonly end: number;
  readonly #chunks: readonly Chunk[];

  constructor(path: string, fingerprint: Fingerprint, run: ChunkRun) {
    this.path = path;
    this.fingerprint = fingerprint;
    this.available = run.to;
    this.end = run.isEnd ? this.available : Number.POSITIVE_INFINITY;
    this.#chunks = run.chunks;
  }

  upTo(): undefined {}

  discardBefore(): void {}

  read(target: Uint8Array, offset: number): void {
    copyFrom(this.#chunks, target, offset);
  }

  /** @throws RanOut where the source goes on, but the bytes that are there do not */
  bytesAt(from: number, to: number): Uint8Array {
    if (to > this.available && this.available < this.end) throw new RanOut();
    const bytes = new Uint8Array(Math.max(0, Math.min(to, this.available) - from));
    this.read(bytes, from);
    return bytes;
  }

  close(): void {}
}
