// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// Memory of chunks goes round, also from one source to the next. It is not garbage like any other: V8 does not count memory
// that threads share, so that many sources would take much of it before any was collected.

import { threadId } from 'node:worker_threads';
import { CHUNK_LEAD_BYTES, type ChunkMemory } from './chunk.js';

/** Chunks of one source, about. */
const TAKEN_MAX = 6;
/** Those of two: one begins before the memory of the one before it is left. */
const SPARE_MAX = 2 * TAKEN_MAX;

const spare: ChunkMemory[] = [];

/** What other sources have left, as much as one needs. */
export function takeSpare(): ChunkMemory[] {
  return spare.splice(0, TAKEN_MAX);
}

/** Leaves memory that nobody reads or writes any more. */
export function leaveSpare(memory: readonly ChunkMemory[]): void {
  spare.push(...memory.slice(0, SPARE_MAX - spare.length));
}

/** An import has ended. */
export function dropSpare(): void {
  spare.length = 0;
}

/** Memory of one size, which goes round. */
export class FreeMemory {
  readonly #bytes: number;
  readonly #free: ChunkMemory[] = [];

  /** @param bytes how many bytes of text a chunk has room for */
  constructor(bytes: number) {
    this.#bytes = CHUNK_LEAD_BYTES + bytes;
  }

  /** Takes memory back. Memory of another size is left to the garbage collector. */
  giveBack(memory: ChunkMemory): void {
    if (memory.buffer.byteLength === this.#bytes) this.#free.push(memory);
  }

  /** Memory that has been used before, if there is any. */
  used(): ChunkMemory | undefined {
    return this.#free.pop();
  }

  take(): ChunkMemory {
    return this.used() ?? { id: `${threadId}:${made++}`, buffer: new SharedArrayBuffer(this.#bytes) };
  }
}

/** Of all memory of this thread. */
let made = 0;
