// [repair, index]: shards > [entries] > pages
//
// Index entries of the lines that could be read, as an import finds them: the kernel scans the text where it is put, and
// what it collects goes to a sorted run. The text itself goes nowhere; it is in a shard already.

import { ENTRY_HEAP_BYTES, FRAME_BYTES } from '../../base/limits.js';
import { MigrationFailure } from '../../evolve/failure.js';
import { RunWriter } from '../../import/scan/run-write.js';
import { threadKernel } from '../../import/scan/thread-kernel.js';
import type { Run, ScanSetup } from '../../import/tasks/span.js';
import type { BadReasonName } from '../../kernel/contract.js';
import type { SimdKernel } from '../../kernel/simd/kernel.js';
import type { BadOutcome, GoodOutcome } from '../../kernel/simd/scanner.js';
import { isDead } from '../../store/catalog/tombstones.js';
import type { Blobs } from '../../store/files/blobs.js';
import type { Holes } from '../../store/shards/holes.js';
import { type LineForm, reshapedBytes } from '../../store/shards/line.js';
import { LineOrdinals } from './line-ordinals.js';

/** Stretches of lines before their entries go to a run: some 100,000 lines where every other record is dead. */
const STRETCHES_MAX = 65_536;
/** Stands for a line that is none, so that it is counted. */
const NO_RECORD = 'null';
const NEWLINE = 10;
const LINE_END = Buffer.of(NEWLINE);

interface FoundEntries {
  readonly runs: readonly Run[];
  /** Ordinals of records that lost to another of the same run. */
  readonly losers: Uint32Array;
}

/** Lines that follow one another in a shard. */
export interface Lines {
  /** Number of the first of them among the lines of the shard. */
  readonly firstLine: number;
  readonly lines: number;
  /** Of the shard: ordinals without a line. */
  readonly holes: Holes | undefined;
  /** Of the shard: tombstones. */
  readonly dead: Uint8Array;
  /** In which shape they are indexed. */
  readonly form: LineForm;
  /** Told of a record that has no such shape; it gets no entries. Undefined: the error is thrown. */
  readonly failed?: ((ordinal: number, error: MigrationFailure) => void) | undefined;
}

/** Told of a record that no import would accept; it gets no entries. A throw ends the scan. */
export type Refuse = (ordinal: number, reason: BadReasonName) => void;

export class EntryScan {
  readonly #refuse: Refuse;
  readonly #setup: ScanSetup;
  readonly #shard: number;
  readonly #kernel: SimdKernel;
  readonly #runs: RunWriter;
  readonly #ordinals = new LineOrdinals();
  /** What is left of the text that was added last. */
  #text: Uint8Array = new Uint8Array();

  constructor(blobs: Blobs, setup: ScanSetup, shard: number, runPath: string, refuse: Refuse) {
    const { id, windowBytes, scan } = setup;
    this.#setup = setup;
    this.#refuse = refuse;
    this.#shard = shard;
    this.#kernel = threadKernel({ id, heapBytes: ENTRY_HEAP_BYTES, windowBytes, depthMax: scan.depthMax });
    this.#runs = new RunWriter(blobs, runPath, shard, this.#ordinals);
    const { scanner } = this.#kernel;
    scanner.begin({ ...scan, layout: 'ndjson' }, shard, FRAME_BYTES, false);
    scanner.standAt(0, Number.MAX_SAFE_INTEGER);
  }

  /** The next `lines` lines that come are the records from this ordinal on. */
  expect(ordinal: number, lines: number): void {
    this.#ordinals.add(ordinal, lines);
  }

  /** Text of lines that were expected, cut anywhere. */
  add(text: Uint8Array): void {
    this.#text = text;
    if (this.#fill()) this.#scan();
    if (this.#ordinals.stretches > STRETCHES_MAX) this.#spill();
  }

  /** Room for the text of whole lines in the memory of the kernel, which would have to copy it else. Valid until `addRoom`. */
  room(bytes: number): Uint8Array {
    const { window } = this.#kernel;
    const at = window.makeRoomFor(bytes);
    return window.bytes.subarray(at, at + bytes);
  }

  /**
   * Takes the text that was put into `room`: records from this ordinal on, which are all looked at.
   * @returns whether it has so many lines, the last one whole
   */
  addRoom(bytes: number, ordinal: number, lines: number): boolean {
    const { scanner, window } = this.#kernel;
    const before = scanner.ordinal;
    this.expect(ordinal, lines);
    window.loaded(bytes, false);
    this.#scan();
    return scanner.ordinal - before === lines && window.pos === window.end;
  }

  /** Text of whole lines, of which only the live ones are looked at. */
  addLive(text: Uint8Array, { firstLine, lines, holes, dead, form, failed }: Lines): void {
    const ordinals = holes?.ordinalsOf(firstLine, lines);
    if (ordinals === undefined && dead.byteLength === 0 && form.reshape === undefined) {
      this.expect(firstLine, lines);
      this.add(text);
      return;
    }
    const bytes = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
    let from = 0;
    let at = 0;
    for (let line = 0; line < lines; line++) {
      const ordinal = ordinals?.[line] ?? firstLine + line;
      const end = bytes.indexOf(NEWLINE, at) + 1;
      const isLive = !isDead(dead, ordinal);
      if (isLive && form.reshape === undefined) this.expect(ordinal, 1);
      if (!isLive || form.reshape !== undefined) {
        if (at > from) this.add(bytes.subarray(from, at));
        from = end;
      }
      const reshaped = isLive && form.reshape ? madeOf(bytes.subarray(at, end - 1), ordinal, form, failed) : undefined;
      if (reshaped !== undefined) {
        this.expect(ordinal, 1);
        this.add(Buffer.concat([reshaped, LINE_END]));
      }
      at = end;
    }
    if (at > from) this.add(bytes.subarray(from, at));
  }

  /** All lines have come. */
  finish(): FoundEntries {
    const { window } = this.#kernel;
    window.makeRoom();
    window.loaded(0, true);
    this.#scan();
    this.#spill();
    return { runs: this.#runs.runs, losers: Uint32Array.from(this.#runs.losers) };
  }

  close(): void {
    this.#runs.close();
  }

  /** Until the kernel needs more text than there is. */
  #scan(): void {
    const { scanner } = this.#kernel;
    scanner.pump({
      fill: () => this.#fill(),
      frame: () => {
        scanner.frameTaken();
        return true;
      },
      spill: () => this.#spill(),
      record: (outcome) => this.#accept(outcome),
      bad: (outcome) => this.#reject(outcome),
    });
  }

  /** Loads the next piece of the text; false when there is none left. */
  #fill(): boolean {
    if (this.#text.byteLength === 0) return false;
    const { window } = this.#kernel;
    const { at, bytes } = window.makeRoom();
    const piece = this.#text.subarray(0, bytes);
    window.bytes.set(piece, at);
    window.loaded(piece.byteLength, false);
    this.#text = this.#text.subarray(piece.byteLength);
    return true;
  }

  #spill(): void {
    this.#runs.write(this.#kernel.entries, this.#setup.keep);
    this.#ordinals.forget(this.#kernel.scanner.ordinal);
  }

  #accept(outcome: GoodOutcome): true {
    const { entries, scanner } = this.#kernel;
    entries.addKeys(this.#shard, outcome.record.keys, () => this.#spill());
    scanner.accept(outcome.record.line, outcome);
    return true;
  }

  #reject(outcome: BadOutcome): true {
    this.#refuse(this.#ordinals.of(this.#kernel.scanner.ordinal), outcome.reason);
    this.#kernel.scanner.accept(NO_RECORD, outcome);
    return true;
  }
}

/** The line of a record in this shape. Undefined: it has none. @throws GristmillError as `reshapedBytes` */
function madeOf(line: Uint8Array, ordinal: number, form: LineForm, failed: Lines['failed']): Uint8Array | undefined {
  try {
    return reshapedBytes(line, form);
  } catch (error) {
    if (!(error instanceof MigrationFailure) || failed === undefined) throw error;
    failed(ordinal, error);
    return undefined;
  }
}
