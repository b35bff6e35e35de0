// [repair]: shards > [entries] > pages > index in place
//
// Index entries of the lines that could be read, as an import finds them: the kernel scans the text where it is put, and
// what it collects goes to a sorted run. The text itself goes nowhere; it is in a shard already.

import { GristmillError } from '../../base/errors.js';
import { ENTRY_HEAP_BYTES, FRAME_BYTES, REFUSED_RECORDS_MAX } from '../../base/limits.js';
import { RunWriter } from '../../import/scan/run-write.js';
import { threadKernel } from '../../import/scan/thread-kernel.js';
import type { Run, ScanSetup } from '../../import/tasks/span.js';
import { BadReason } from '../../kernel/contract.js';
import type { SimdKernel } from '../../kernel/simd/kernel.js';
import type { BadOutcome, GoodOutcome } from '../../kernel/simd/scanner.js';
import { files } from '../../store/files/file-blobs.js';
import { LineOrdinals } from './line-ordinals.js';
import type { SalvageFault } from './task.js';

/** Stretches of lines before their entries go to a run: some 100,000 lines where every other record is dead. */
const STRETCHES_MAX = 65_536;
/** Stands for a line that is none, so that it is counted. */
const NO_RECORD = 'null';

interface FoundEntries {
  readonly runs: readonly Run[];
  /** Ordinals of records that lost to another of the same run. */
  readonly losers: Uint32Array;
}

export class EntryScan {
  /** Records that no import would have accepted; they have no entries. */
  readonly refused: SalvageFault[] = [];
  readonly #setup: ScanSetup;
  readonly #shard: number;
  readonly #kernel: SimdKernel;
  readonly #runs: RunWriter;
  readonly #ordinals = new LineOrdinals();
  /** What is left of the text that was added last. */
  #text: Uint8Array = new Uint8Array();

  constructor(setup: ScanSetup, shard: number, runPath: string) {
    const { id, windowBytes, scan } = setup;
    this.#setup = setup;
    this.#shard = shard;
    this.#kernel = threadKernel({ id, heapBytes: ENTRY_HEAP_BYTES, windowBytes, depthMax: scan.depthMax });
    this.#runs = new RunWriter(files, runPath, shard, (line) => this.#ordinals.of(line));
    const { scanner } = this.#kernel;
    scanner.begin({ ...scan, framing: 'lines' }, shard, FRAME_BYTES, false);
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
      bad: (outcome) => this.#refuse(outcome),
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

  #refuse(outcome: BadOutcome): true {
    const ordinal = this.#ordinals.of(this.#kernel.scanner.ordinal);
    if (this.refused.length === REFUSED_RECORDS_MAX) {
      const what = `shard ${this.#shard} has more than ${REFUSED_RECORDS_MAX} records that an import would refuse`;
      throw new GristmillError('CHECKSUM_MISMATCH', `${what}: it was not made by an import`);
    }
    const message = `record ${ordinal} of shard ${this.#shard} is one that an import would refuse: ${BadReason[outcome.reason]}`;
    this.refused.push({ offset: 0, records: { from: ordinal, to: ordinal + 1 }, message });
    this.#kernel.scanner.accept(NO_RECORD, outcome);
    return true;
  }
}
