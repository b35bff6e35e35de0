// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// Puts filled memory in its place in the text of a source.

import { CHUNK_LEAD_BYTES, type Chunk, type ChunkMemory } from './chunk.js';

/** Memory with text at CHUNK_LEAD_BYTES. */
export interface Filled {
  readonly memory: ChunkMemory;
  readonly bytes: number;
  /** Bytes of the source that it was made of. */
  readonly sourceBytes: number;
}

export class ChunkOrder {
  #from = 0;
  /** The end of the text so far. */
  #tail = new Uint8Array(0);

  /** The next chunk of the text. The end of the text before it is written before it. */
  next({ memory, bytes, sourceBytes }: Filled): Chunk {
    const all = new Uint8Array(memory.buffer);
    const lead = this.#tail.byteLength;
    all.set(this.#tail, CHUNK_LEAD_BYTES - lead);
    const end = CHUNK_LEAD_BYTES + bytes;
    this.#tail = all.slice(Math.max(CHUNK_LEAD_BYTES - lead, end - CHUNK_LEAD_BYTES), end);
    const from = this.#from;
    this.#from += bytes;
    return { memory, lead, from, bytes, sourceBytes };
  }
}
