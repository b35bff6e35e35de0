// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// Decodes or converts one part of a source, in a worker.

import { PART_PLAIN_BYTES_MAX } from '../../base/limits.js';
import type { Coding } from '../format/coding.js';
import { type CodingFacts, codingNow } from '../format/open.js';
import { type ChunkMemory, fill, roomIn } from './chunk.js';
import { FreeMemory } from './chunk-memory.js';

/** A part to decode. */
export interface PartTask {
  readonly coding: Coding;
  /** Of the part: where it begins, and whether its source goes on after it. */
  readonly facts: CodingFacts & { readonly offset: number };
  readonly bytes: Uint8Array;
  /** How many bytes of text a chunk has room for, and memory of that size that nobody uses. */
  readonly chunkBytes: number;
  readonly free: readonly ChunkMemory[];
}

/** The text of a part, in order: memory, and the bytes in it. Or that it has more text than is decoded at once. */
export type DecodedPart = readonly { readonly memory: ChunkMemory; readonly bytes: number }[] | 'too large';

/** @throws DecoderNotLoaded; SOURCE_DAMAGED, SOURCE_TRUNCATED, SOURCE_TRAILING_BYTES, SOURCE_EXPANDS, SOURCE_NOT_SUPPORTED, SOURCE_BAD_HEADER, … */
export function decodePart({ coding, facts, bytes, chunkBytes, free }: PartTask): DecodedPart {
  const supply = new FreeMemory(chunkBytes);
  for (const memory of free) supply.giveBack(memory);
  const decoder = codingNow(coding, facts);
  const chunks: { memory: ChunkMemory; bytes: number }[] = [];
  const lastWithRoom = () => {
    const last = chunks.at(-1);
    if (last !== undefined && last.bytes < chunkBytes) return last;
    const next = { memory: supply.take(), bytes: 0 };
    chunks.push(next);
    return next;
  };
  const room = () => {
    const { memory, bytes } = lastWithRoom();
    return roomIn(memory, bytes, chunkBytes);
  };
  let total = 0;
  const write = (plain: Uint8Array) => {
    total += plain.byteLength;
    if (total > PART_PLAIN_BYTES_MAX) throw new TooLarge();
    for (let at = 0; at < plain.byteLength; ) {
      const last = lastWithRoom();
      const piece = plain.subarray(at, at + chunkBytes - last.bytes);
      fill(last.memory, last.bytes, piece);
      last.bytes += piece.byteLength;
      at += piece.byteLength;
    }
  };
  try {
    decoder.push(bytes, write, room);
    decoder.end(write, room);
    return chunks.filter(({ bytes }) => bytes > 0);
  } catch (error) {
    if (error instanceof TooLarge) return 'too large';
    throw error;
  } finally {
    decoder.close();
  }
}

class TooLarge extends Error {}
