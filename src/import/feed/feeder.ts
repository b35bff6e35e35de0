// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// Makes chunks of the bytes of a source as they come, decoded if they are compressed. It works in whichever thread has the
// bytes, and only as far ahead as it is permitted: what has not been permitted is not read.

import { SEQUENCE_CHUNK_BYTES, SEQUENCE_CHUNK_BYTES_LATER, SEQUENCE_CHUNKS_SMALL } from '../../base/limits.js';
import { type Decoder, SLICE_BYTES } from '../codec/codec.js';
import { type Chunk, type ChunkMemory, fill, roomIn } from './chunk.js';
import { FreeMemory } from './chunk-memory.js';
import { ChunkOrder } from './chunk-order.js';
import type { Pieces } from './pieces.js';

/** Hears of what comes. After `ended` or `failed` nothing comes any more. */
export interface FeedListener {
  chunk(chunk: Chunk): void;
  ended(): void;
  failed(error: unknown): void;
}

/** What makes chunks: here, or in a thread of its own. */
export interface Feed {
  /** Permits so many chunks, counted from the first one. */
  permit(chunks: number): void;
  /** Takes back the memory of a chunk that nobody reads any more. */
  giveBack(memory: ChunkMemory): void;
  /** Stops. Nothing is heard of it any more. */
  close(): Promise<void>;
}

/** What a feeder works on. */
interface Feeding {
  readonly pieces: Pieces;
  /** Absent where the bytes are plain already. */
  readonly decoder?: Decoder | undefined;
  /** Bytes of a chunk, where an option says it. */
  readonly spanBytes?: number | undefined;
}

export class Feeder implements Feed {
  readonly #listener: FeedListener;
  readonly #feeding: Feeding;
  readonly #order = new ChunkOrder();
  #free: FreeMemory;
  #chunkBytes: number;
  #permitted = 0;
  #emitted = 0;
  #isClosed = false;
  #wake: (() => void) | undefined;
  /** The chunk that is being filled. */
  #memory: ChunkMemory | undefined;
  #filled = 0;
  /** Bytes of the source taken since the last chunk. */
  #sourceBytes = 0;

  constructor(feeding: Feeding, listener: FeedListener) {
    this.#feeding = feeding;
    this.#listener = listener;
    this.#chunkBytes = chunkBytes(0, feeding.spanBytes);
    this.#free = new FreeMemory(this.#chunkBytes);
    void this.#run();
  }

  permit(chunks: number): void {
    this.#permitted = Math.max(this.#permitted, chunks);
    this.#wake?.();
  }

  giveBack(memory: ChunkMemory): void {
    this.#free.giveBack(memory);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wake?.();
    this.#feeding.pieces.close();
  }

  async #run(): Promise<void> {
    const { pieces, decoder } = this.#feeding;
    try {
      await this.#feed(pieces, decoder);
    } catch (error) {
      if (this.#isClosed) return;
      // What came before the fault may be all that is wanted.
      this.#emit();
      this.#listener.failed(error);
    } finally {
      decoder?.close();
      pieces.close();
    }
  }

  async #feed(pieces: Pieces, decoder: Decoder | undefined): Promise<void> {
    await this.#permission();
    for await (const piece of pieces) {
      for (let at = 0; at < piece.byteLength; at += SLICE_BYTES) {
        await this.#permission();
        if (this.#isClosed) return;
        const slice = piece.subarray(at, at + SLICE_BYTES);
        this.#sourceBytes += slice.byteLength;
        if (decoder === undefined) this.#write(slice);
        else decoder.push(slice, this.#write, this.#room);
      }
    }
    if (this.#isClosed) return;
    decoder?.end(this.#write, this.#room);
    this.#emit();
    this.#listener.ended();
  }

  /** Resolves when another chunk is permitted. */
  async #permission(): Promise<void> {
    while (this.#emitted >= this.#permitted && !this.#isClosed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  readonly #room = (): Uint8Array => {
    this.#memory ??= this.#take();
    return roomIn(this.#memory, this.#filled, this.#chunkBytes);
  };

  readonly #write = (plain: Uint8Array): void => {
    for (let at = 0; at < plain.byteLength; ) {
      this.#memory ??= this.#take();
      const room = this.#chunkBytes - this.#filled;
      const piece = plain.subarray(at, at + room);
      fill(this.#memory, this.#filled, piece);
      this.#filled += piece.byteLength;
      at += piece.byteLength;
      if (piece.byteLength === room) this.#emit();
    }
  };

  #emit(): void {
    if (this.#memory === undefined || this.#filled === 0) return;
    const chunk = this.#order.next({ memory: this.#memory, bytes: this.#filled, sourceBytes: this.#sourceBytes });
    this.#memory = undefined;
    this.#filled = 0;
    this.#sourceBytes = 0;
    this.#emitted++;
    this.#listener.chunk(chunk);
  }

  /** Memory for the next chunk. */
  #take(): ChunkMemory {
    const bytes = chunkBytes(this.#emitted, this.#feeding.spanBytes);
    if (bytes !== this.#chunkBytes) {
      this.#chunkBytes = bytes;
      this.#free = new FreeMemory(bytes);
    }
    return this.#free.take();
  }
}

/** Sizes depend on the text alone, so that the shards are the same bytes however fast it comes. */
function chunkBytes(number: number, given?: number): number {
  return given ?? (number < SEQUENCE_CHUNKS_SMALL ? SEQUENCE_CHUNK_BYTES : SEQUENCE_CHUNK_BYTES_LATER);
}
