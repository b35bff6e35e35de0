// [plan] > form > pack: lines that the coordinator has at hand, gathered into pieces.

import { newBuffer } from '../../store/codec/frame-codec.js';
import type { PlannedPiece } from './planned.js';
import { PIECE_BYTES } from './planned.js';

const NEWLINE = '\n'.charCodeAt(0);
/** What one character of a string takes at most, in UTF-8. */
const CHARACTER_BYTES_MAX = 3;

export class LinePieces {
  readonly #path: string;
  #memory: Buffer = newBuffer(0);
  #used = 0;
  #isNamed = false;

  /** @param path of the store, for errors */
  constructor(path: string) {
    this.#path = path;
  }

  /** Adds whole lines. @returns the pieces that are complete */
  *add(lines: Uint8Array, isNamed: boolean): Generator<PlannedPiece> {
    yield* this.#makeRoom(lines.byteLength, isNamed);
    this.#memory.set(lines, this.#used);
    this.#used += lines.byteLength;
  }

  /** Adds a line without its newline. @returns as `add` */
  *addLine(line: string, isNamed: boolean): Generator<PlannedPiece> {
    const bytes = line.length * CHARACTER_BYTES_MAX;
    yield* this.#makeRoom((bytes < PIECE_BYTES ? bytes : Buffer.byteLength(line)) + 1, isNamed);
    this.#used += this.#memory.write(line, this.#used);
    this.#memory[this.#used++] = NEWLINE;
  }

  /** What is left. */
  *rest(): Generator<PlannedPiece> {
    if (this.#used === 0) return;
    const text = this.#memory.subarray(0, this.#used);
    this.#memory = newBuffer(0);
    this.#used = 0;
    const [path, isNamed, plainBytes] = [this.#path, this.#isNamed, text.byteLength];
    yield { kind: 'written', task: { path, source: { kind: 'text', text }, isNamed, plainBytes } };
  }

  *#makeRoom(bytes: number, isNamed: boolean): Generator<PlannedPiece> {
    if (isNamed !== this.#isNamed || this.#used + bytes > this.#memory.byteLength) {
      yield* this.rest();
      this.#memory = newBuffer(Math.max(bytes, PIECE_BYTES));
    }
    this.#isNamed = isNamed;
  }
}
