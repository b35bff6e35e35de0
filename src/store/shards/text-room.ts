// store at rest: [frame]
//
// Room for the text of one frame after another, used again and again: verifying a store reads all its text and keeps none.
// It is WebAssembly memory, so that lines are counted where zstd wrote them, sixteen bytes at a time.

import { wasmInstance, wasmModule } from '../../base/wasm-instance.js';
import type { FrameDecoder } from '../codec/frame-codec.js';

interface RoomExports {
  readonly memory: WebAssembly.Memory;
  countNewlines(pointer: number, length: number): number;
}

const NEWLINE = 10;
/** The module's own data end before this. */
const TEXT_AT = 1024;
const WASM_PAGE_BYTES = 65_536;

export class TextRoom {
  readonly #wasm: RoomExports;
  #memory: Buffer;

  constructor() {
    const module = wasmModule(new URL('../files/checksum.wasm', import.meta.url));
    const abort = (): never => {
      throw new Error('counting lines aborted');
    };
    this.#wasm = wasmInstance(module, { env: { abort } }) as unknown as RoomExports;
    this.#memory = Buffer.from(this.#wasm.memory.buffer);
  }

  /**
   * Decompresses a frame and counts its lines; a text that does not end with a newline counts as −1.
   * @throws GristmillError CHECKSUM_MISMATCH as `FrameDecoder.decode`
   */
  linesOf(
    codec: FrameDecoder,
    frame: Uint8Array,
    plainBytes: number,
    file: string,
    offset: number,
    index: number,
  ): number {
    codec.decode((bytes) => this.room(bytes), frame, plainBytes, file, offset, index);
    return this.lines(plainBytes);
  }

  /** The lines of a text that was put in its room; −1 if it does not end with a newline. */
  lines(plainBytes: number): number {
    if (this.#memory[TEXT_AT + plainBytes - 1] !== NEWLINE) return -1;
    return this.#wasm.countNewlines(TEXT_AT, plainBytes);
  }

  /** The text of the frame last decompressed, valid until the next one. */
  text(plainBytes: number): Buffer {
    return this.#memory.subarray(TEXT_AT, TEXT_AT + plainBytes);
  }

  /** Room for a text, valid until the next. */
  room(bytes: number): Buffer {
    const missing = TEXT_AT + bytes - this.#memory.byteLength;
    if (missing > 0) {
      this.#wasm.memory.grow(Math.ceil(missing / WASM_PAGE_BYTES));
      this.#memory = Buffer.from(this.#wasm.memory.buffer);
    }
    return this.text(bytes);
  }
}
