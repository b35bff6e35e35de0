// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// The compressed file as its decoder reads it. A decoder is a generator that reads on as if it had the whole file. Where the
// bytes at hand end it yields, and it continues when the next ones have come (stepped.ts). So the code of a form follows its
// specification field by field, and no field is special for lying across two pieces of the file.

import type { DecoderFacts, WithinXz } from './codec.js';
import type { Faults } from './faults.js';

/** A step of decoding: it yields when it needs more bytes of the file. */
export type Step<Result = void> = Generator<undefined, Result, undefined>;

export class Compressed {
  readonly faults: Faults;
  /** Whether the file goes on after the last of the pieces. */
  readonly isPart: boolean;
  /** Where the first of the pieces stands, if it is inside of a stream of xz. */
  readonly within: WithinXz | undefined;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  /** Offset in the file of the first of `#bytes`. */
  #from = 0;
  #ended = false;
  /** Bytes that the decoder has taken and not decoded yet. */
  ahead = 0;

  constructor(faults: Faults, { offset = 0, isPart = false, within }: Omit<DecoderFacts, 'path' | 'limits'> = {}) {
    this.faults = faults;
    this.#from = offset;
    this.isPart = isPart;
    this.within = within;
  }

  /** The next piece of the file. The one before must have been used up. */
  feed(bytes: Uint8Array): void {
    this.#from += this.#at;
    this.#bytes = bytes;
    this.#at = 0;
  }

  /** No more pieces come. */
  end(): void {
    this.#ended = true;
  }

  /** Offset in the file of the next byte that is not decoded. */
  get offset(): number {
    return this.#from + this.#at - this.ahead;
  }

  /** The bytes at hand that are not read yet; valid until the next yield. */
  get rest(): Uint8Array {
    return this.#at === 0 ? this.#bytes : this.#bytes.subarray(this.#at);
  }

  /** The next byte, which `more` has found, without reading it. */
  get next(): number {
    return this.#bytes[this.#at] as number;
  }

  /** Reads on over bytes at hand. */
  advance(bytes: number): void {
    this.#at += bytes;
  }

  /** Waits for a byte. @returns false at the end of the file */
  *more(): Step<boolean> {
    while (this.#at === this.#bytes.byteLength) {
      if (this.#ended) return false;
      yield;
    }
    return true;
  }

  /** Waits for a byte that the form needs. @throws GristmillError SOURCE_TRUNCATED */
  *needed(): Step {
    if (this.#at === this.#bytes.byteLength && !(yield* this.more())) throw this.faults.truncated(this.offset);
  }

  /** The next `count` bytes, which are few: a copy. */
  *take(count: number): Step<Buffer> {
    const taken = Buffer.allocUnsafe(count);
    yield* this.fill(taken);
    return taken;
  }

  /** Copies the next bytes into `target` until it is full. */
  *fill(target: Uint8Array): Step {
    for (let at = 0; at < target.byteLength; ) {
      yield* this.needed();
      const part = this.#bytes.subarray(this.#at, this.#at + target.byteLength - at);
      target.set(part, at);
      at += part.byteLength;
      this.#at += part.byteLength;
    }
  }

  /** Leaves out the next `count` bytes. */
  *skip(count: number): Step {
    for (let left = count; left > 0; ) {
      yield* this.needed();
      const step = Math.min(left, this.#bytes.byteLength - this.#at);
      this.#at += step;
      left -= step;
    }
  }

  /** Leaves out bytes of zero until the end of the file. @throws GristmillError SOURCE_TRAILING_BYTES for another byte */
  *zerosToEnd(): Step {
    while (yield* this.more()) {
      if (this.next !== 0) throw this.faults.trailing(this.offset);
      this.#at++;
    }
  }
}
