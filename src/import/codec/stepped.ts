// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// Makes a `Decoder`, which is pushed, of a generator, which reads (compressed.ts).

import type { DecodeLimits, Decoder, DecoderFacts, Out, Room } from './codec.js';
import { Compressed, type Step } from './compressed.js';
import { Faults, type FormName } from './faults.js';
import { Plain } from './plain.js';

/** Decodes a whole file. It ends where the file ends, and not before. */
export type Decoding = (compressed: Compressed, plain: Plain, limits: DecodeLimits) => Step;

export class SteppedDecoder implements Decoder {
  readonly #compressed: Compressed;
  readonly #plain: Plain;
  readonly #steps: Step;

  constructor(form: FormName, { path, limits, ...place }: DecoderFacts, decoding: Decoding) {
    this.#compressed = new Compressed(new Faults(form, path), place);
    this.#plain = new Plain(this.#compressed, limits.ratioMax);
    this.#steps = decoding(this.#compressed, this.#plain, limits);
  }

  push(input: Uint8Array, out: Out, room?: Room): void {
    this.#compressed.feed(input);
    // A decoder that failed or was closed would take bytes and give none.
    if (this.#next(out, room)) throw new Error('push of a decoder that has ended');
  }

  end(out: Out, room?: Room): void {
    this.#compressed.end();
    if (!this.#next(out, room)) throw new Error('a decoder waits for bytes after the end of its file');
  }

  close(): void {
    this.#steps.return();
  }

  /** Decodes the bytes at hand. @returns whether the decoder has ended */
  #next(out: Out, room: Room | undefined): boolean {
    this.#plain.to(out, room);
    return this.#steps.next().done === true;
  }
}
