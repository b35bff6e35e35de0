// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// A compressed source is decoded in a thread of its own: it is as much work as scanning what comes out. The coordinator only
// passes on the compressed bytes.

import { Worker } from 'node:worker_threads';
import { GristmillError } from '../../base/errors.js';
import { unwrap } from '../../parallel/wire.js';
import type { ChunkMemory } from './chunk.js';
import type { Decoding, Order, Word } from './decode-thread.js';
import type { Feed, FeedListener } from './feeder.js';
import type { Pieces } from './pieces.js';

const WORKER = new URL('../../../workers/decode-worker.js', import.meta.url);

export class DecodingThread implements Feed {
  readonly #thread: Worker;
  readonly #pieces: Pieces;
  readonly #rest: AsyncIterator<Uint8Array>;
  readonly #listener: FeedListener;
  readonly #ended: Promise<void>;
  #isOver = false;

  constructor(decoding: Decoding, pieces: Pieces, listener: FeedListener) {
    this.#pieces = pieces;
    this.#rest = pieces[Symbol.asyncIterator]();
    this.#listener = listener;
    this.#thread = new Worker(WORKER, { workerData: decoding });
    this.#thread.on('message', (word: Word) => this.#hear(word));
    let failure: Error | undefined;
    // It is followed by 'exit'.
    this.#thread.on('error', (error) => {
      failure = error;
    });
    this.#ended = new Promise((resolve) => {
      this.#thread.on('exit', (code) => {
        const { path } = decoding.facts;
        const cause = failure ?? new Error(`exit code ${code}`);
        const message = `The thread that decodes ${path} failed: ${cause.message}. The store was not changed.`;
        this.#fail(new GristmillError('WORKER_FAILED', message, { file: path, cause }));
        resolve();
      });
    });
  }

  permit(chunks: number): void {
    this.#tell({ kind: 'permit', chunks });
  }

  giveBack(memory: ChunkMemory): void {
    this.#tell({ kind: 'give back', memory });
  }

  async close(): Promise<void> {
    this.#isOver = true;
    this.#pieces.close();
    this.#tell({ kind: 'close' });
    await this.#ended;
  }

  #hear(word: Word): void {
    if (this.#isOver) return;
    if (word.kind === 'more') void this.#pass();
    else if (word.kind === 'chunk') this.#listener.chunk(word.chunk);
    else if (word.kind === 'ended') this.#end(() => this.#listener.ended());
    else {
      try {
        unwrap(word.error);
      } catch (error) {
        this.#fail(error);
      }
    }
  }

  /** Passes the next piece on. */
  async #pass(): Promise<void> {
    try {
      const { done, value } = await this.#rest.next();
      if (this.#isOver) return;
      if (done) this.#tell({ kind: 'last' });
      else this.#tell({ kind: 'piece', piece: value }, isWhole(value) ? [value.buffer] : []);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#end(() => this.#listener.failed(error));
  }

  /** Tells the end once; the thread is not needed any more. */
  #end(tell: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#pieces.close();
    this.#tell({ kind: 'close' });
    tell();
  }

  #tell(order: Order, moved: ArrayBuffer[] = []): void {
    this.#thread.postMessage(order, moved);
  }
}

/** Whether a piece is all of its memory, so that it can be moved instead of copied. */
function isWhole(piece: Uint8Array): piece is Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = piece;
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;
}
