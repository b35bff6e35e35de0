// [plan] > form > pack: lines that the coordinator has at hand, gathered into pieces.

import type { PlannedPiece } from './planned.js';
import { PIECE_BYTES } from './planned.js';

export class LinePieces {
  readonly #path: string;
  #parts: Uint8Array[] = [];
  #bytes = 0;
  #isNamed = false;

  /** @param path of the store, for errors */
  constructor(path: string) {
    this.#path = path;
  }

  /** Adds whole lines. @returns the pieces that are complete */
  *add(lines: Uint8Array, isNamed: boolean): Generator<PlannedPiece> {
    if (isNamed !== this.#isNamed) yield* this.rest();
    this.#isNamed = isNamed;
    this.#parts.push(lines);
    this.#bytes += lines.byteLength;
    if (this.#bytes >= PIECE_BYTES) yield* this.rest();
  }

  /** What is left. */
  *rest(): Generator<PlannedPiece> {
    if (this.#bytes === 0) return;
    const text = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    const [path, isNamed, plainBytes] = [this.#path, this.#isNamed, text.byteLength];
    yield { kind: 'written', task: { path, source: { kind: 'text', text }, isNamed, plainBytes } };
  }
}
