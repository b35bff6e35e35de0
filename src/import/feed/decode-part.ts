// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// Decodes one part of a compressed source, in a worker.

import { PART_PLAIN_BYTES_MAX } from '../../base/limits.js';
import type { CodecName, DecodeLimits, WithinXz } from '../codec/codec.js';
import { decoderNow } from '../codec/open.js';
import { type ChunkMemory, fill, roomIn } from './chunk.js';
import { FreeMemory } from './chunk-memory.js';

/** A part to decode. */
export interface PartTask {
  readonly codec: CodecName;
  readonly path: string;
  readonly limits: DecodeLimits;
  readonly bytes: Uint8Array;
  /** Offset in the source of its first byte. */
  readonly offset: number;
  readonly isPart: boolean;
  /** Of xz: where it begins, if it is inside of a stream. */
  readonly within: WithinXz | undefined;
  /** How many bytes of text a chunk has room for, and memory of that size that nobody uses. */
  readonly chunkBytes: number;
  readonly free: readonly ChunkMemory[];
}

/** The text of a part, in order: memory, and the bytes in it. Or that it has more text than is decoded at once. */
export type DecodedPart = readonly { readonly memory: ChunkMemory; readonly bytes: number }[] | 'too large';

/** @throws DecoderNotLoaded; SOURCE_DAMAGED, SOURCE_TRUNCATED, SOURCE_TRAILING_BYTES, SOURCE_EXPANDS, SOURCE_NOT_SUPPORTED */
export function decodePart({ codec, path, bytes, chunkBytes, free, ...facts }: PartTask): DecodedPart {
  const supply = new FreeMemory(chunkBytes);
  for (const memory of free) supply.giveBack(memory);
  const decoder = decoderNow(codec, { path, ...facts });
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
