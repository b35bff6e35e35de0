// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// The compressed bytes of a bzip2 file in the memory of its decoder, which reads them bit by bit. Nothing but its magic number
// says where a block ends. So the decoder takes more bytes than any block has before it decodes one.

import type { Compressed, Step } from '../compressed.js';
import { bytesAt, type WasmDecoders } from './wasm.js';

export class BitInput {
  readonly #compressed: Compressed;
  readonly #wasm: WasmDecoders;
  readonly #bytes: Uint8Array;
  /** How many of `#bytes` are in use. */
  #end = 0;

  /** @param wasm laid out */
  constructor(compressed: Compressed, wasm: WasmDecoders) {
    this.#compressed = compressed;
    this.#wasm = wasm;
    this.#bytes = bytesAt(wasm, wasm.bzip2Input(), wasm.bzip2InputBytes());
  }

  /** Bits that are there and not decoded. */
  get #left(): number {
    return this.#end * 8 - this.#wasm.bzip2Position();
  }

  /** Tells the compressed file how far it is decoded, so that its offset is right. */
  settle(): void {
    this.#compressed.ahead = this.#left >>> 3;
  }

  /** The error for a file that has ended too early. */
  truncated(): Error {
    this.#compressed.ahead = 0;
    return this.#compressed.faults.truncated(this.#compressed.offset);
  }

  /** Waits for the bytes of a whole block, whatever it is, or for the end of the file. @returns whether the file has ended */
  *block(): Step<boolean> {
    const blockBitsMax = (this.#bytes.byteLength / 2) * 8;
    if (this.#left < blockBitsMax) yield* this.#refill();
    return this.#left < blockBitsMax;
  }

  /** Waits for a byte. @returns false at the end of the file */
  *more(): Step<boolean> {
    if (this.#left < 8) yield* this.#refill();
    return this.#left >= 8;
  }

  /** The next bits, at most 32. @throws GristmillError SOURCE_TRUNCATED */
  *read(bits: number): Step<number> {
    if (this.#left < bits) yield* this.#refill();
    if (this.#left < bits) throw this.truncated();
    const value = this.#wasm.bzip2Bits(bits) >>> 0;
    this.settle();
    return value;
  }

  /** Leaves out bits up to the next whole byte. */
  align(): void {
    this.#wasm.bzip2Bits(this.#left & 7);
    this.settle();
  }

  /** Moves the bytes that are left to the front, and takes as many as there is room for. */
  *#refill(): Step {
    const position = this.#wasm.bzip2Position();
    this.#bytes.copyWithin(0, position >>> 3, this.#end);
    this.#end -= position >>> 3;
    while (this.#end < this.#bytes.byteLength && (yield* this.#compressed.more())) {
      const part = this.#compressed.rest.subarray(0, this.#bytes.byteLength - this.#end);
      this.#bytes.set(part, this.#end);
      this.#end += part.byteLength;
      this.#compressed.advance(part.byteLength);
    }
    this.#wasm.bzip2Stand(position & 7, this.#end * 8);
    this.settle();
  }
}
