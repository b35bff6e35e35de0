// source > plan > [map > scan > key > frame > shard] > verify > merge > publish
//
// The bytes of one whole file of a span of many, as the kernel gets them: a window after another.

import { WINDOW_BYTES_DEFAULT } from '../../base/limits.js';
import { skipBlanks } from '../../kernel/plain/bytes.js';
import type { Window } from '../../kernel/simd/window.js';
import { UTF8_MARK } from '../source/detect.js';
import { firstUnblank } from '../source/first-value.js';
import type { Source } from '../source/source.js';
import type { ScanSetup } from '../tasks/span.js';
import type { SpanOutput } from './span-output.js';

export class FileBytes {
  readonly #file: Source;
  readonly #scan: ScanSetup['scan'];
  readonly #output: SpanOutput;
  readonly #window: Window;
  /** Offset up to which the kernel has been given bytes. */
  position = 0;

  constructor(file: Source, scan: ScanSetup['scan'], output: SpanOutput) {
    this.#file = file;
    this.#scan = scan;
    this.#output = output;
    this.#window = output.kernel.window;
  }

  /**
   * Loads the beginning, after a byte order mark. If it is white space, a window with more than that.
   * @param start where the file, or what is new of it, begins
   */
  begin(start: number): void {
    const window = this.#window;
    const { end: bytes } = this.#file;
    for (let from = this.#withoutComments(start); ; from = this.position) {
      window.letGo();
      const taken = Math.min(bytes - from, WINDOW_BYTES_DEFAULT);
      const at = window.makeRoomFor(taken);
      const target = window.bytes.subarray(at, at + taken);
      this.#file.read(target, from);
      this.#output.clock.ends('map');
      this.#loaded(taken, from);
      const marked = from === 0 && UTF8_MARK.every((byte, i) => target[i] === byte) ? UTF8_MARK.length : 0;
      if (marked > 0) this.#output.kernel.scanner.resume({ next: at + marked, afterComma: false });
      if (window.isAllLoaded || skipBlanks(target, marked, taken) < taken) return;
    }
  }

  /** Loads more bytes behind those that are loaded. @throws Cancelled; as Source.read */
  fill(): void {
    this.#output.throwIfCancelled();
    const window = this.#window;
    const { at, bytes } = window.makeRoom();
    const taken = Math.min(bytes, this.#file.end - this.position);
    this.#output.clock.ends('scan');
    this.#file.read(window.bytes.subarray(at, at + taken), this.position);
    this.#output.clock.ends('map');
    this.#loaded(taken, this.position);
  }

  /** The offset in the file of an address. Valid whatever the kernel takes for the offset of its bytes. */
  offsetOf(address: number): number {
    return this.position - (this.#window.end - address);
  }

  /** The offset of the first byte after an address that is not white space. Undefined if there is none. */
  behind(address: number): number | undefined {
    if (this.#scan.dialect === 'json5') return firstUnblank(this.#file, this.offsetOf(address), this.#scan);
    const { bytes, end } = this.#window;
    const at = skipBlanks(bytes, address, end);
    return at < end ? this.offsetOf(at) : firstUnblank(this.#file, this.position);
  }

  #withoutComments(from: number): number {
    if (this.#scan.dialect !== 'json5') return from;
    return firstUnblank(this.#file, from, this.#scan) ?? this.#file.end;
  }

  #loaded(bytes: number, from: number): void {
    this.position = from + bytes;
    this.#window.loaded(bytes, this.position === this.#file.end);
  }
}
