// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// One remote object: its bytes in sequence, or a range of them. Ranges are fetched side by side, each of the version that was
// opened (If-Match). A server without ranges, or that forgets them, sends everything in one answer.

import { RANGES_AT_ONCE_DEFAULT } from '../../../base/limits.js';
import type { SourceVersion } from '../../../store/source-types.js';
import type { Opened } from './opened.js';
import { fetchRange, RangeIgnored, rangesInOrder } from './ranges.js';
import { versionOf } from './state.js';
import { stoppable } from './stop.js';
import { wholeFrom } from './whole.js';

/** One remote object, in the state in which it was opened. */
export interface RemoteObject {
  /** The address as given, without query string and credentials: for reports, manifests and errors. */
  readonly shown: string;
  /** Total bytes, if the server says so. They are the stored ones, also where these are compressed. */
  readonly bytes: number | undefined;
  /** The strong ETag, which no other version has. Undefined if the server gives none. */
  readonly etag: string | undefined;
  /** The time of the last change, as the server wrote it. */
  readonly modified: string | undefined;
  /** What tells this version from others. Undefined if the server says nothing that does. */
  readonly version: SourceVersion | undefined;
  /** Whether the server gives ranges of this version (If-Match): then `sequence` fetches several at a time. */
  readonly hasRanges: boolean;
  /**
   * All bytes from `from` (default 0), in order, exactly to the end. At most `parallel` ranges (default 4) are in flight or
   * wait for the consumer. A consumer that stops early, or the signal, closes the connections at once.
   *
   * @throws SOURCE_CHANGED, SOURCE_TRUNCATED, SOURCE_UNREACHABLE, SOURCE_FORBIDDEN, CANCELLED; SOURCE_NOT_READABLE for a
   * `from` other than 0 if there is no strong ETag
   */
  sequence(options?: SequenceOptions): AsyncIterable<Uint8Array>;
  /** The bytes from `from` up to `to`, which is not among them; fewer only if the object ends before. @throws as `sequence` */
  range(from: number, to: number, signal?: AbortSignal): Promise<Uint8Array>;
}

export interface SequenceOptions {
  readonly from?: number | undefined;
  readonly parallel?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export class HttpObject implements RemoteObject {
  readonly #opened: Opened;
  readonly #rangeBytes: number;
  /** Until the server forgets them. */
  #hasRanges: boolean;

  constructor(opened: Opened, rangeBytes: number) {
    checkWhole('rangeBytes', rangeBytes, 1);
    this.#opened = opened;
    this.#rangeBytes = rangeBytes;
    this.#hasRanges = opened.state.hasRanges;
  }

  get shown(): string {
    return this.#opened.state.shown;
  }

  get bytes(): number | undefined {
    return this.#opened.state.bytes;
  }

  get etag(): string | undefined {
    return this.#opened.state.etag;
  }

  get modified(): string | undefined {
    return this.#opened.state.modified;
  }

  get version(): SourceVersion | undefined {
    return versionOf(this.#opened.state);
  }

  get hasRanges(): boolean {
    return this.#hasRanges;
  }

  sequence(options: SequenceOptions = {}): AsyncIterable<Uint8Array> {
    const { from = 0, parallel = RANGES_AT_ONCE_DEFAULT, signal } = options;
    checkWhole('from', from, 0);
    checkWhole('parallel', parallel, 1);
    return stoppable(signal, (stop) => this.#sequence(from, parallel, stop));
  }

  async range(from: number, to: number, signal?: AbortSignal): Promise<Uint8Array> {
    checkWhole('from', from, 0);
    checkWhole('to', to, 0);
    const end = Math.min(to, this.bytes ?? to);
    if (end <= from) return new Uint8Array(0);
    if (this.#hasRanges) {
      try {
        return Buffer.concat(await fetchRange(this.#opened, from, end, signal));
      } catch (error) {
        this.#forget(error);
      }
    }
    return this.#collect(from, end, signal);
  }

  async *#sequence(from: number, parallel: number, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
    let at = from;
    if (this.#hasRanges) {
      try {
        const size = { from, parallel, rangeBytes: this.#rangeBytes };
        for await (const bytes of rangesInOrder(this.#opened, size, signal)) {
          at += bytes.byteLength;
          yield bytes;
        }
        return;
      } catch (error) {
        this.#forget(error);
      }
    }
    yield* wholeFrom(this.#opened, at, signal);
  }

  /** A range of a server without ranges: everything up to its end is read. */
  async #collect(from: number, to: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const bytes = new Uint8Array(to - from);
    let got = 0;
    for await (const chunk of this.sequence({ from, signal })) {
      const part = chunk.subarray(0, bytes.byteLength - got);
      bytes.set(part, got);
      got += part.byteLength;
      if (got === bytes.byteLength) break;
    }
    return bytes.subarray(0, got);
  }

  /** @throws the error, unless it says that the server ignores ranges: then there are none from now on */
  #forget(error: unknown): void {
    if (!(error instanceof RangeIgnored)) throw error;
    this.#hasRanges = false;
  }
}

function checkWhole(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) throw new TypeError(`${name} is a whole number from ${least}`);
}
