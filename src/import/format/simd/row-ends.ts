// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// Finds where rows end, in WebAssembly, in bytes that come piece by piece.

import { bytesIn, convertersFor, INPUT_BYTES } from './converters.js';

/** The state before the first byte of a row. */
const AT_START = 0;
const ROOM = { tableBytes: 0, inputBytes: INPUT_BYTES, textBytes: 0 };

/** What was found in a piece. */
interface Found {
  /** Where the last row ends that ends in it; 0 if none does. */
  readonly end: number;
  /** Newlines before that place, and in all of the piece. */
  readonly newlinesBefore: number;
  readonly newlines: number;
}

export class RowEnds {
  readonly #separator: number;
  #state = AT_START;

  /** @param separator between cells */
  constructor(separator: number) {
    this.#separator = separator;
  }

  /** @param piece the next bytes, at most INPUT_BYTES */
  find(piece: Uint8Array): Found {
    const wasm = convertersFor(ROOM, ROOM, () => {});
    bytesIn(wasm, wasm.input(), piece.byteLength).set(piece);
    this.#state = wasm.findRowEnds(this.#state, this.#separator, piece.byteLength);
    return { end: wasm.rowEnd(), newlinesBefore: wasm.rowEndNewlines(), newlines: wasm.allNewlines() };
  }
}
