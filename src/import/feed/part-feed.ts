// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// A compressed or converted source that can be cut, decoded by several workers at once. Its parts are accepted in order. The decoder that
// reads all in sequence is the specification: what cannot be cut, a part with too much text, and all from a part on that was
// cut in the wrong place are left to it.

import { GristmillError } from '../../base/errors.js';
import { SEQUENCE_CHUNK_BYTES, SEQUENCE_CHUNK_BYTES_LATER } from '../../base/limits.js';
import { inOrder } from '../../parallel/in-order.js';
import { Cutter } from '../codec/cuts/cutter.js';
import { Faults } from '../codec/faults.js';
import { EXPANSION_FREE_BYTES } from '../codec/plain.js';
import type { FormatName } from '../format/coding.js';
import { formatCutter } from '../format/cuts/cutter.js';
import type { FormatPart as Part } from '../format/cuts/part.js';
import type { ChunkMemory } from './chunk.js';
import { FreeMemory } from './chunk-memory.js';
import { ChunkOrder, type Filled } from './chunk-order.js';
import type { DecodedPart, PartTask } from './decode-part.js';
import type { Decoding } from './decode-thread.js';
import { DecodingThread } from './decoding.js';
import type { Feed, FeedListener } from './feeder.js';
import type { Pieces } from './pieces.js';

/** Who decodes parts. */
export interface PartDecoder {
  /** @throws as decodePart */
  decode(task: PartTask): Promise<DecodedPart>;
  /** How many parts are decoded at once. */
  readonly threads: number;
}

/** Parts that are in memory, at most: a limit for sources whose parts turn out not to be parts. */
const PARTS_AHEAD_MAX = 64;

/** The text of a part; or that it is decoded by itself in a thread, or with all that follows it. */
type Outcome = Exclude<DecodedPart, string> | 'alone' | 'in sequence';

export class PartFeed implements Feed {
  readonly #decoding: Decoding;
  readonly #pieces: Pieces;
  readonly #decoder: PartDecoder;
  readonly #listener: FeedListener;
  readonly #order = new ChunkOrder();
  readonly #chunkBytes: number;
  readonly #free: FreeMemory;
  readonly #underWay = new Set<Promise<unknown>>();
  #permitted = 0;
  #emitted = 0;
  #plainBytes = 0;
  /** Offset in the source up to which the chunks are made of it. */
  #sourceEnd = 0;
  /** Parts that were given out and not yet accepted. */
  #ahead = 0;
  /** Set when no more parts are decoded beside each other. */
  #isInSequence = false;
  #thread: { readonly feed: DecodingThread; readonly from: number; readonly stop: () => void } | undefined;
  #isClosed = false;
  #wake: (() => void) | undefined;

  /** @param decoding of a source that is compressed or converted, not both */
  constructor(decoding: Decoding, pieces: Pieces, decoder: PartDecoder, listener: FeedListener) {
    this.#decoding = decoding;
    this.#pieces = pieces;
    this.#decoder = decoder;
    this.#listener = listener;
    this.#chunkBytes = 2 * (decoding.spanBytes ?? SEQUENCE_CHUNK_BYTES_LATER);
    this.#free = new FreeMemory(this.#chunkBytes);
    void this.#run();
  }

  permit(chunks: number): void {
    this.#permitted = Math.max(this.#permitted, chunks);
    this.#thread?.feed.permit(this.#permitted - this.#thread.from);
    this.#wake?.();
  }

  giveBack(memory: ChunkMemory): void {
    (this.#thread?.feed ?? this.#free).giveBack(memory);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wake?.();
    this.#pieces.close();
    this.#thread?.stop();
    await this.#thread?.feed.close();
    // They write to memory that others get next.
    await Promise.allSettled(this.#underWay);
  }

  async #run(): Promise<void> {
    try {
      await this.#accept();
      if (!this.#isClosed) this.#listener.ended();
    } catch (error) {
      if (!this.#isClosed) this.#listener.failed(error);
    } finally {
      this.#pieces.close();
    }
  }

  async #accept(): Promise<void> {
    const pieces = this.#pieces[Symbol.asyncIterator]();
    const parts = inOrder(
      this.#parts(pieces),
      PARTS_AHEAD_MAX,
      (part) => this.#start(part),
      () => {},
    );
    for await (const { task: part, result } of parts) {
      if (this.#isClosed) return;
      this.#ahead--;
      // Awaited here: leaving the loop would end the parts that the rest is made of.
      if (result === 'in sequence') return await this.#inSequence(part, restOf(part, parts, pieces));
      if (result === 'alone') await this.#inSequence(part, alone(part));
      else this.#emitAll(part, result);
    }
  }

  /** Parts, as far ahead as is permitted. */
  async *#parts(pieces: AsyncIterator<Uint8Array>): AsyncGenerator<Part, void> {
    const cutter = cutterFor(this.#decoding);
    for (let isLast = false; !isLast; ) {
      const { done, value } = await pieces.next();
      isLast = done === true;
      for (const part of done ? cutter.end() : cutter.push(value)) {
        await this.#permission();
        if (this.#isClosed) return;
        this.#ahead++;
        yield part;
        if (part.isBeginning) return;
      }
    }
  }

  /** Resolves when another chunk is permitted: a worker scans one while another decodes the next. */
  async #permission(): Promise<void> {
    const { threads } = this.#decoder;
    while (this.#emitted + this.#ahead >= this.#permitted + threads && !this.#isClosed && !this.#isInSequence) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #start(part: Part): Promise<Outcome> {
    const outcome = this.#outcomeOf(part);
    this.#underWay.add(outcome);
    const over = () => this.#underWay.delete(outcome);
    outcome.then(over, over);
    return outcome;
  }

  async #outcomeOf({ bytes, from, isGuess, isBeginning, start, within }: Part): Promise<Outcome> {
    if (isBeginning || this.#isInSequence || this.#isClosed) return 'in sequence';
    const { coding, facts } = this.#decoding;
    const used = this.#free.used();
    const free = used === undefined ? [] : [used];
    try {
      const ofPart = { ...facts, start, offset: from, isPart: isGuess, within };
      const task = { coding, facts: ofPart, bytes, chunkBytes: this.#chunkBytes, free };
      const decoded = await this.#decoder.decode(task);
      if (decoded === 'too large' || decoded.length === 0) for (const memory of free) this.#free.giveBack(memory);
      // It has not been decoded to its end, which may be none.
      if (decoded !== 'too large') return decoded;
      return isGuess ? this.#leaveToSequence() : 'alone';
    } catch (error) {
      if (isGuess) return this.#leaveToSequence();
      // The thread gives the text before the fault, and then the fault.
      if (error instanceof GristmillError && error.code.startsWith('SOURCE_')) return 'alone';
      throw error;
    }
  }

  /** No more parts are decoded beside each other. */
  #leaveToSequence(): 'in sequence' {
    this.#isInSequence = true;
    this.#wake?.();
    return 'in sequence';
  }

  #emitAll({ from, to }: Part, chunks: Exclude<DecodedPart, string>): void {
    const total = chunks.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#checkExpansion(to, total);
    let done = 0;
    for (const { memory, bytes } of chunks) {
      done += bytes;
      const at = from + Math.round(((to - from) * done) / total);
      this.#emit({ memory, bytes, sourceBytes: at - this.#sourceEnd });
    }
  }

  #emit(filled: Filled): void {
    this.#emitted++;
    this.#plainBytes += filled.bytes;
    this.#sourceEnd += filled.sourceBytes;
    this.#listener.chunk(this.#order.next(filled));
  }

  /** The text of all parts counts: each of them is small. @throws GristmillError SOURCE_EXPANDS */
  #checkExpansion(offset: number, bytes: number): void {
    const { coding, facts } = this.#decoding;
    const { path, limits } = facts;
    const sum = this.#plainBytes + bytes;
    if (coding.codec === undefined || sum < EXPANSION_FREE_BYTES || sum <= offset * limits.ratioMax) return;
    throw new Faults(coding.codec, path).expands(offset, this.#plainBytes, limits.ratioMax);
  }

  /** Decodes in a thread. @param part that begins with the first piece */
  async #inSequence({ from: offset, start, within }: Part, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    const source = { [Symbol.asyncIterator]: () => pieces[Symbol.asyncIterator](), close: () => {} };
    const facts = { ...this.#decoding.facts, offset, start, within };
    let at = offset;
    const decoded = new Promise<void>((resolve, reject) => {
      const feed = new DecodingThread({ ...this.#decoding, facts }, source, {
        chunk: (chunk) => {
          at += chunk.sourceBytes;
          try {
            this.#checkExpansion(at, chunk.bytes);
          } catch (error) {
            return reject(error);
          }
          this.#emit(chunk);
        },
        ended: resolve,
        failed: reject,
      });
      this.#thread = { feed, from: this.#emitted, stop: resolve };
      feed.permit(this.#permitted - this.#emitted);
    });
    try {
      await decoded;
    } finally {
      await this.#thread?.feed.close();
      this.#thread = undefined;
    }
  }
}

function cutterFor({ coding, facts, spanBytes = SEQUENCE_CHUNK_BYTES }: Decoding) {
  const { codec, format } = coding;
  if (codec !== undefined) return new Cutter(codec, facts.path, spanBytes);
  return formatCutter(format as FormatName, facts, spanBytes);
}

async function* alone({ bytes }: Part): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** All bytes of the source from a part on. @param parts the parts after it */
async function* restOf(
  { bytes }: Part,
  parts: AsyncIterable<{ readonly task: Part }>,
  pieces: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield bytes;
  for await (const { task } of parts) yield task.bytes;
  for (let next = await pieces.next(); !next.done; next = await pieces.next()) yield next.value;
}
