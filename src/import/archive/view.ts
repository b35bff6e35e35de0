// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// A part of a source as a source of its own: the data of an entry in its archive.

import type { EntryPlace, Fingerprint, Source } from '../source/source.js';

export class View implements Source {
  readonly path: string;
  readonly fingerprint: Fingerprint;
  readonly end: number;
  readonly available: number;
  /** Where the entry lies that it is a part of. */
  readonly entry: EntryPlace;
  readonly #whole: Source;
  readonly #from: number;

  /** @param whole stays open when the view is closed. @param from offset of the first byte of the view in it */
  constructor(whole: Source, path: string, entry: EntryPlace, from: number, bytes: number) {
    this.path = path;
    this.fingerprint = { ...whole.fingerprint, bytes };
    this.entry = entry;
    this.end = bytes;
    this.available = bytes;
    this.#whole = whole;
    this.#from = from;
  }

  upTo(): undefined {}

  discardBefore(): void {}

  read(target: Uint8Array, offset: number): void {
    this.#whole.read(target, this.#from + offset);
  }

  bytesAt(from: number, to: number): Uint8Array {
    return this.#whole.bytesAt(this.#from + from, this.#from + Math.max(from, Math.min(to, this.end)));
  }

  close(): void {}
}
