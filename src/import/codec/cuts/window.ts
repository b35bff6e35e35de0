// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// A compressed file of which only headers are read, in order.

/** Bytes `from` to `to` of a file; fewer only where the file ends. They may be overwritten by the next call. */
export type Read = (from: number, to: number) => Uint8Array;

/** Bytes of a read: a page, because the headers in a file are mostly further from each other. */
const WINDOW_BYTES = 4096;

export class Window {
  readonly size: number;
  readonly #read: Read;
  #bytes: Uint8Array = new Uint8Array(0);
  #from = 0;

  constructor(read: Read, size: number) {
    this.#read = read;
    this.size = size;
  }

  /** So many bytes from `offset` on, or fewer where the file ends; valid until the next call. */
  at(offset: number, bytes: number): Buffer {
    const end = Math.min(this.size, offset + bytes);
    if (offset < this.#from || end > this.#from + this.#bytes.byteLength) {
      this.#bytes = this.#read(offset, Math.min(this.size, offset + Math.max(bytes, WINDOW_BYTES)));
      this.#from = offset;
    }
    const at = this.#from - offset;
    const length = Math.max(0, Math.min(end - offset, this.#bytes.byteLength + at));
    return Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset - at, length);
  }
}
