// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// A source that is read in sequence, as the coordinator has it: the chunks that have come and are still needed. Reading ahead
// is bounded; whoever waits for a byte that is further on (of a record larger than some chunks) has it come nevertheless.

import { countNewlines } from '../../kernel/plain/bytes.js';
import { type Chunk, type ChunkMemory, type ChunkRun, copyFrom } from '../feed/chunk.js';
import { leaveSpare, takeSpare } from '../feed/chunk-memory.js';
import type { Feed, FeedListener } from '../feed/feeder.js';
import type { Fingerprint, Source } from '../source/source.js';

/** What is known of such a source when it is opened. */
interface SequenceFacts {
  readonly path: string;
  readonly fingerprint: Fingerprint;
  readonly isFile: boolean;
  readonly signal?: AbortSignal | undefined;
}

export class Sequence implements Source {
  readonly path: string;
  readonly fingerprint: Fingerprint;
  /** Whether it is a file, and not a stream whose length nobody knows. */
  readonly isFile: boolean;
  readonly #feed: Feed;
  readonly #signal: AbortSignal | undefined;
  readonly #chunks: Chunk[] = [];
  /** How many tasks that are under way read a chunk. */
  readonly #users = new Map<string, number>();
  /** The memory of all chunks, and of those to come. */
  readonly #memory = new Map<string, ChunkMemory>();
  /** Chunks that are not needed, but still read. */
  readonly #left = new Set<string>();
  #received = 0;
  #discarded = 0;
  #ahead = 1;
  #available = 0;
  #isEnded = false;
  #failure: { readonly error: unknown } | undefined;
  #waiting: (() => void)[] = [];
  #sourceBytes = 0;
  #leaving: Promise<void> | undefined;
  #known = { at: 0, line: 1 };

  /** @param signal closes it. @param start begins to read, and tells the listener what comes */
  constructor({ path, fingerprint, isFile, signal }: SequenceFacts, start: (listener: FeedListener) => Feed) {
    this.path = path;
    this.fingerprint = fingerprint;
    this.isFile = isFile;
    this.#signal = signal;
    signal?.addEventListener('abort', this.close);
    this.#feed = start({
      chunk: (chunk) => this.#receive(chunk),
      ended: () => {
        this.#isEnded = true;
        this.#wake();
      },
      failed: (error) => {
        this.#failure = { error };
        this.#wake();
      },
    });
    for (const memory of takeSpare()) {
      this.#memory.set(memory.id, memory);
      this.#feed.giveBack(memory);
    }
    this.#permit();
  }

  get end(): number {
    return this.#isEnded ? this.#available : Number.POSITIVE_INFINITY;
  }

  get available(): number {
    return this.#available;
  }

  /** Bytes of the source that have come, compressed ones where it is compressed. */
  get sourceBytes(): number {
    return this.#sourceBytes;
  }

  /** Bytes of the source, compressed ones where it is compressed. Infinity until its end has come. */
  get sourceEnd(): number {
    return this.#isEnded ? this.#sourceBytes : Number.POSITIVE_INFINITY;
  }

  /** Offset of the first byte that can still be read. */
  get kept(): number {
    const [first] = this.#chunks;
    return first === undefined ? this.#available : first.from - first.lead;
  }

  /** A place whose line is known, counted from 1. */
  get known(): { readonly at: number; readonly line: number } {
    return this.#known;
  }

  /** Reads ahead so many chunks. */
  readAhead(chunks: number): void {
    this.#ahead = chunks;
    this.#permit();
  }

  /** @throws what reading or decoding throws, when what came before it is used up */
  upTo(to: number): Promise<void> | undefined {
    return this.#available >= to || this.#isEnded ? undefined : this.#wait(to);
  }

  read(target: Uint8Array, offset: number): void {
    copyFrom(this.#chunks, target, offset);
  }

  bytesAt(from: number, to: number): Uint8Array {
    const bytes = new Uint8Array(Math.max(0, Math.min(to, this.#available) - from));
    this.read(bytes, from);
    return bytes;
  }

  /** Where the chunk lies that holds this offset. Undefined if it has not come. */
  chunkAt(offset: number): { readonly from: number; readonly to: number } | undefined {
    const chunk = this.#chunks.find(({ from, bytes }) => from <= offset && offset < from + bytes);
    return chunk && { from: chunk.from, to: chunk.from + chunk.bytes };
  }

  /**
   * All that has come, from the chunk with this offset on, for a task. It stays as it is until it is given back.
   * @param end nothing from there on is needed
   */
  lend(offset: number, end = Number.POSITIVE_INFINITY): ChunkRun {
    const chunks = this.#chunks.filter(({ from, bytes }) => from + bytes > offset && from < end);
    for (const { memory } of chunks) this.#users.set(memory.id, (this.#users.get(memory.id) ?? 0) + 1);
    return { chunks, to: Math.min(this.#available, end), isEnd: this.#isEnded && this.#available <= end };
  }

  giveBack({ chunks }: ChunkRun): void {
    for (const { memory } of chunks) {
      const users = (this.#users.get(memory.id) ?? 0) - 1;
      if (users > 0) this.#users.set(memory.id, users);
      else this.#users.delete(memory.id);
      if (users === 0 && this.#left.delete(memory.id)) this.#feed.giveBack(memory);
    }
  }

  /** @param lines newlines before this offset, from where it was last said */
  pass(offset: number, lines: number): void {
    this.#known = { at: offset, line: this.#known.line + lines };
  }

  discardBefore(offset: number): void {
    for (let first = this.#chunks[0]; first && first.from + first.bytes <= offset; first = this.#chunks[0]) {
      this.#countLines(first);
      this.#chunks.shift();
      this.#discarded++;
      if (this.#users.has(first.memory.id)) this.#left.add(first.memory.id);
      else this.#feed.giveBack(first.memory);
    }
    this.#permit();
  }

  /** Stops reading. Idempotent. */
  readonly close = (): void => {
    this.#signal?.removeEventListener('abort', this.close);
    this.#failure ??= { error: new Error('the source is closed') };
    this.#wake();
    this.#leaving ??= this.#leave();
  };

  /** Closes it. Resolves when nothing of it is under way any more. */
  async closed(): Promise<void> {
    this.close();
    await this.#leaving;
  }

  /** Leaves its memory to other sources, but for what tasks still read. */
  async #leave(): Promise<void> {
    const memory = [...this.#memory.values()];
    this.#memory.clear();
    this.#chunks.length = 0;
    await this.#feed.close();
    leaveSpare(memory.filter(({ id }) => !this.#users.has(id)));
  }

  /** A chunk goes whose newlines no scan has counted: it stands before the records, or behind them. */
  #countLines({ from, bytes }: Chunk): void {
    const { at } = this.#known;
    if (at < from + bytes) this.pass(from + bytes, countNewlines(this.bytesAt(at, from + bytes)));
  }

  #receive(chunk: Chunk): void {
    this.#chunks.push(chunk);
    this.#memory.set(chunk.memory.id, chunk.memory);
    this.#received++;
    this.#available = chunk.from + chunk.bytes;
    this.#sourceBytes += chunk.sourceBytes;
    this.#wake();
  }

  async #wait(to: number): Promise<void> {
    while (this.#available < to && !this.#isEnded) {
      if (this.#failure) throw this.#failure.error;
      this.#feed.permit(this.#received + 1);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #permit(): void {
    this.#feed.permit(this.#discarded + this.#ahead);
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
