// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// Memory of chunks goes round, also from one source to the next. It is not garbage like any other: V8 does not count memory
// that threads share, so that many sources would take much of it before any was collected.

import type { ChunkMemory } from './chunk.js';

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
