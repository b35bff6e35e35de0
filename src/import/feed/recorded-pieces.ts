// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// A pipe or a stream comes once. So the pieces that the plan takes of it are kept, and the import reads it from its beginning
// all the same, unless the plan has taken too much.

import type { Pieces } from './pieces.js';

export class RecordedPieces {
  readonly #pieces: Pieces;
  readonly #rest: AsyncIterator<Uint8Array>;
  readonly #bytesMax: number;
  /** Pieces that have been taken. Undefined when they became too many. */
  #taken: Uint8Array[] | undefined = [];
  #bytes = 0;
  #coming: Promise<IteratorResult<Uint8Array>> | undefined;

  /** @param bytesMax how many bytes are kept, at most */
  constructor(pieces: Pieces, bytesMax: number) {
    this.#pieces = pieces;
    this.#rest = pieces[Symbol.asyncIterator]();
    this.#bytesMax = bytesMax;
  }

  /** The pieces for the plan. They are not to be changed. To close them leaves the source open. */
  looked(): Pieces {
    const next = () => this.#next();
    return {
      async *[Symbol.asyncIterator]() {
        for (let { done, value } = await next(); !done; { done, value } = await next()) yield value;
      },
      close() {},
    };
  }

  /** All of the pieces, for the import: nobody looks any more. @returns undefined if the plan has taken too many */
  again(): Pieces | undefined {
    const taken = this.#taken;
    if (taken === undefined) return undefined;
    const rest = this.#rest;
    const coming = () => this.#coming;
    return {
      async *[Symbol.asyncIterator]() {
        try {
          // The plan may still have asked for a piece.
          await coming();
          for (let piece = taken.shift(); piece !== undefined; piece = taken.shift()) yield piece;
          for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
        } finally {
          await rest.return?.();
        }
      },
      close: () => this.close(),
    };
  }

  close(): void {
    this.#pieces.close();
  }

  #next(): Promise<IteratorResult<Uint8Array>> {
    this.#coming = this.#rest.next().then((next) => {
      if (!next.done) this.#record(next.value);
      return next;
    });
    return this.#coming;
  }

  #record(piece: Uint8Array): void {
    this.#bytes += piece.byteLength;
    if (this.#bytes > this.#bytesMax) this.#taken = undefined;
    else this.#taken?.push(piece);
  }
}
