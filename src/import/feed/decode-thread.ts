// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// The thread's half of decoding.ts: it asks for pieces, decodes them, and posts chunks.

import type { MessagePort } from 'node:worker_threads';
import { type Answer, failed } from '../../parallel/wire.js';
import type { Coding } from '../format/coding.js';
import { type CodingFacts, openCoding } from '../format/open.js';
import type { Chunk, ChunkMemory } from './chunk.js';
import { Feeder } from './feeder.js';
import type { Pieces } from './pieces.js';

/** What a thread is started with. */
export interface Decoding {
  readonly coding: Coding;
  readonly facts: CodingFacts;
  readonly spanBytes?: number | undefined;
}

/** To the thread. */
export type Order =
  | { readonly kind: 'piece'; readonly piece: Uint8Array }
  /** There are no more pieces. */
  | { readonly kind: 'last' }
  | { readonly kind: 'permit'; readonly chunks: number }
  | { readonly kind: 'give back'; readonly memory: ChunkMemory }
  | { readonly kind: 'close' };

/** From the thread. */
export type Word =
  /** Asks for the next piece. */
  | { readonly kind: 'more' }
  | { readonly kind: 'chunk'; readonly chunk: Chunk }
  | { readonly kind: 'ended' }
  | { readonly kind: 'failed'; readonly error: Answer<never> };

export async function decodeFor(decoding: Decoding, port: MessagePort): Promise<void> {
  const say = (word: Word) => port.postMessage(word);
  const fail = (error: unknown) => say({ kind: 'failed', error: failed(error) });
  const pieces = new PostedPieces(() => say({ kind: 'more' }));
  const orders: Order[] = [];
  let feeder: Feeder | undefined;
  const obey = (order: Order) => {
    if (order.kind === 'piece') pieces.add(order.piece);
    else if (order.kind === 'last') pieces.end();
    else if (order.kind === 'permit') feeder?.permit(order.chunks);
    else if (order.kind === 'give back') feeder?.giveBack(order.memory);
    else {
      void feeder?.close();
      port.close();
    }
  };
  // What comes while the decoder is loaded waits for it.
  port.on('message', (order: Order) => (feeder || order.kind === 'close' ? obey(order) : orders.push(order)));
  try {
    const decoder = await openCoding(decoding.coding, decoding.facts);
    const { spanBytes } = decoding;
    feeder = new Feeder(
      { pieces, decoder, spanBytes },
      { chunk: (chunk) => say({ kind: 'chunk', chunk }), ended: () => say({ kind: 'ended' }), failed: fail },
    );
    for (const order of orders) obey(order);
  } catch (error) {
    fail(error);
  }
}

/** Pieces that come as messages: one is on its way while another is decoded. */
class PostedPieces implements Pieces {
  readonly #ask: () => void;
  readonly #come: (Uint8Array | undefined)[] = [];
  #wake: (() => void) | undefined;

  constructor(ask: () => void) {
    this.#ask = ask;
  }

  add(piece: Uint8Array | undefined): void {
    this.#come.push(piece);
    this.#wake?.();
  }

  end(): void {
    this.add(undefined);
  }

  async *[Symbol.asyncIterator]() {
    this.#ask();
    for (;;) {
      while (this.#come.length === 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      const piece = this.#come.shift();
      if (piece === undefined) return;
      this.#ask();
      yield piece;
    }
  }

  close(): void {
    this.end();
  }
}
