// source > plan > [map > scan] > key > frame > shard > verify > merge > publish
//
// The kernel's memory seen from TypeScript, and the window at its end: lines of the frame under way, and source bytes that are
// not yet scanned (assembly/window.ts draws it). Addresses are bytes in that memory; whatever moves them says so.

import type { Exports } from './module.js';

/** Addresses of linear memory there are. */
export const ADDRESSES = 2 ** 32;

export class Window {
  readonly #raw: Exports;
  readonly #fillBytes: number;
  #bytes: Uint8Array;

  /** @param fillBytes source bytes taken in at once. */
  constructor(raw: Exports, fillBytes: number) {
    this.#raw = raw;
    this.#fillBytes = fillBytes;
    this.#bytes = new Uint8Array(raw.memory.buffer);
  }

  /** All of the kernel's memory. It is valid until memory grows: take it anew after `makeRoom`. */
  get bytes(): Uint8Array {
    if (this.#bytes.byteLength === 0) this.#bytes = new Uint8Array(this.#raw.memory.buffer);
    return this.#bytes;
  }

  /** Address of the boundary that the scan stands at: source bytes from here on are not yet scanned. */
  get pos(): number {
    return this.#raw.pos();
  }

  /** Address one past the last source byte. */
  get end(): number {
    return this.#raw.end();
  }

  /** Whether the source ends at `end`. */
  get isAllLoaded(): boolean {
    return this.#raw.eof() === 1;
  }

  /** The file offset of an address in the part of the window that is not yet scanned. */
  fileOffset(address: number): number {
    return address + this.#raw.shift();
  }

  /** The address of a file offset, which need not be in the window. */
  addressOf(fileOffset: number): number {
    return fileOffset - this.#raw.shift();
  }

  /**
   * Makes room for source bytes after `end`; returns where they go and how many may. Addresses change. The room is one fill,
   * or half of the unfinished record there is: that record is read again from its start every time, so the bytes have to grow
   * with it to take linear time. Beyond the limit of a record one fill is enough.
   */
  makeRoom(): { readonly at: number; readonly bytes: number } {
    const unfinished = this.end - this.pos;
    const missing = this.#raw.recordBytesMax() - unfinished;
    const bytes = Math.max(this.#fillBytes, Math.min(unfinished >>> 1, missing));
    this.#compact(0, bytes);
    return { at: this.end, bytes };
  }

  /** Makes room for so many source bytes after `end`, moving nothing if there is; returns where they go. */
  makeRoomFor(bytes: number): number {
    const raw = this.#raw;
    if (raw.end() + bytes > raw.window() + raw.windowBytes()) this.#compact(0, bytes);
    return raw.end();
  }

  /** Makes room for a line of so many bytes in front of `pos`; returns where it goes. */
  makeRoomForLine(bytes: number): number {
    const raw = this.#raw;
    if (raw.dst() + bytes > raw.pos()) this.#compact(bytes, 0);
    return raw.dst();
  }

  /** So many bytes have been written at `end`. @param isLast whether the source ends with them. */
  loaded(bytes: number, isLast: boolean): void {
    this.#raw.loaded(bytes, isLast ? 1 : 0);
  }

  /** Newlines among so many bytes at an address. */
  newlinesIn(at: number, bytes: number): number {
    return this.#raw.countNewlines(at, bytes);
  }

  /** Drops the source bytes that are left: another source may be loaded behind the lines there are (Scanner.beginNext). */
  letGo(): void {
    this.#raw.letGo();
  }

  /** Compacts with a gap before `pos`, in a window that then has `freeBytes` after `end`: a larger one, if need be. */
  #compact(gapBytes: number, freeBytes: number): void {
    const raw = this.#raw;
    const used = raw.dst() - raw.frameStart() + (raw.end() - raw.pos()) + Math.max(raw.gap(), gapBytes) + freeBytes;
    if (used > raw.windowBytes() && (used >= ADDRESSES || !raw.growWindow(used))) {
      throw new RangeError(`no memory for ${used} bytes of source at once`);
    }
    raw.compact(gapBytes);
  }
}
