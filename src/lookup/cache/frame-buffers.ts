// key > index page > location > [frame cache] > frame > record: its memory
//
// Buffers of frames that left the cache hold the next ones. Left to the garbage collector, the frames of a new generation
// start full collections: V8 counts the bytes of buffers, and a cache full of frames is as much as it waits for.
//
// A buffer that is handed out again may not be in use: whoever gets a frame from the cache takes the text out at once, and
// never holds the frame while it waits for something.

/** A buffer is handed out for a frame that leaves at most this share of it empty. */
const EMPTY_SHARE_MAX = 1 / 8;
/** Free buffers, but for one, take at most this share of a cache, and are at most so many, since each is looked at. */
const FREE_SHARE_MAX = 1 / 64;
const FREE_MAX = 64;

export class FrameBuffers {
  readonly #freeBytesMax: number;
  /** The one that has been free for longest is first. */
  readonly #free: ArrayBuffer[] = [];
  #freeBytes = 0;

  /** @param cacheBytes what the frames in use may take together */
  constructor(cacheBytes: number) {
    this.#freeBytesMax = cacheBytes * FREE_SHARE_MAX;
  }

  /** Room for the text of a frame and the places of its lines. What is in it is anything. */
  take(plainBytes: number, records: number): FrameRoom {
    const buffer = this.#fitting(bufferBytes(plainBytes, records));
    const lines = new Uint32Array(buffer, 0, records + 1);
    return { plain: Buffer.from(buffer, lines.byteLength, plainBytes), lines };
  }

  /** Takes back the buffer of a frame that nobody uses. */
  giveBack({ plain }: FrameRoom): void {
    const { buffer } = plain;
    this.#free.push(buffer);
    this.#freeBytes += buffer.byteLength;
    while (this.#free.length > 1 && (this.#freeBytes > this.#freeBytesMax || this.#free.length > FREE_MAX)) {
      this.#freeBytes -= this.#free.shift()!.byteLength;
    }
  }

  #fitting(bytes: number): ArrayBuffer {
    const largest = bytes / (1 - EMPTY_SHARE_MAX);
    const at = this.#free.findLastIndex(({ byteLength }) => byteLength >= bytes && byteLength <= largest);
    if (at === -1) return Buffer.allocUnsafeSlow(bytes).buffer;
    const [buffer] = this.#free.splice(at, 1) as [ArrayBuffer];
    this.#freeBytes -= buffer.byteLength;
    return buffer;
  }
}

/** Lines and text in one buffer, which has nothing else in it. */
export interface FrameRoom {
  readonly plain: Buffer<ArrayBuffer>;
  readonly lines: Uint32Array<ArrayBuffer>;
}

/** Bytes of the buffer of a frame; one that is handed out again may be longer. */
export function bufferBytes(plainBytes: number, records: number): number {
  return Uint32Array.BYTES_PER_ELEMENT * (records + 1) + plainBytes;
}
