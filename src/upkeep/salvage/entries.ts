// [repair]: shards > [entries] > pages > index in place
//
// Index entries of the lines that could be read, as an import finds them: the kernel scans the text where it is put, and
// what it collects goes to a sorted run. The text itself goes nowhere; it is in a shard already.

import { GristmillError } from '../../base/errors.js';
import { ENTRY_HEAP_BYTES, FRAME_BYTES, REFUSED_RECORDS_MAX } from '../../base/limits.js';
import { addKeys, RunWriter } from '../../import/scan/run-write.js';
import { threadKernel } from '../../import/scan/thread-kernel.js';
import type { Run, ScanSetup } from '../../import/tasks/span.js';
import { BadReason, type BadReasonName } from '../../kernel/contract.js';
import { Event, type SimdKernel } from '../../kernel/simd/kernel.js';
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

  constructor(setup: ScanSetup, shard: number, runPath: string) {
    const { id, windowBytes, scan } = setup;
    this.#setup = setup;
    this.#shard = shard;
    this.#kernel = threadKernel({ id, heapBytes: ENTRY_HEAP_BYTES, windowBytes, depthMax: scan.depthMax });
    this.#runs = new RunWriter(files, runPath, shard, (line) => this.#ordinals.of(line));
    this.#kernel.begin({ ...scan, framing: 'lines' }, shard, FRAME_BYTES, false);
    this.#kernel.standAt(0, Number.MAX_SAFE_INTEGER);
  }

  /** The next `lines` lines that come are the records from this ordinal on. */
  expect(ordinal: number, lines: number): void {
    this.#ordinals.add(ordinal, lines);
  }

  /** Text of lines that were expected, cut anywhere. */
  add(text: Uint8Array): void {
    const kernel = this.#kernel;
    for (let done = 0; done < text.byteLength; ) {
      const { at, bytes } = kernel.makeRoom();
      const piece = text.subarray(done, done + bytes);
      kernel.bytes.set(piece, at);
      kernel.raw.loaded(piece.byteLength, 0);
      done += piece.byteLength;
      this.#scan(false);
    }
    if (this.#ordinals.stretches > STRETCHES_MAX) this.#spill();
  }

  /** All lines have come. */
  finish(): FoundEntries {
    this.#kernel.makeRoom();
    this.#kernel.raw.loaded(0, 1);
    this.#scan(true);
    this.#spill();
    return { runs: this.#runs.runs, losers: Uint32Array.from(this.#runs.losers) };
  }

  close(): void {
    this.#runs.close();
  }

  /** Until the kernel needs more text. */
  #scan(isLast: boolean): void {
    const { raw } = this.#kernel;
    for (;;) {
      switch (raw.next()) {
        case Event.FRAME:
          raw.frameTaken();
          break;
        case Event.SPILL:
          this.#spill();
          break;
        case Event.SUSPECT:
          if (!this.#settle(isLast)) return;
          break;
        default:
          return;
      }
    }
  }

  #settle(isLast: boolean): boolean {
    const kernel = this.#kernel;
    const outcome = kernel.settle(isLast);
    if (outcome.kind === 'more' || outcome.kind === 'end') return false;
    if (outcome.kind === 'record') {
      addKeys(kernel, this.#shard, outcome.record.keys, () => this.#spill());
      kernel.raw.resume(outcome.next, 0);
      kernel.addLine(outcome.record.line);
    } else {
      this.#refuse(outcome.reason);
      kernel.raw.resume(outcome.next, 0);
      kernel.addLine(NO_RECORD);
    }
    return true;
  }

  #refuse(reason: BadReasonName): void {
    const ordinal = this.#ordinals.of(this.#kernel.raw.ordinal());
    if (this.refused.length === REFUSED_RECORDS_MAX) {
      const what = `shard ${this.#shard} has more than ${REFUSED_RECORDS_MAX} records that no import accepts`;
      throw new GristmillError('CHECKSUM_MISMATCH', `${what}: it was not made by an import`);
    }
    const message = `record ${ordinal} of shard ${this.#shard} is not what an import accepts: ${BadReason[reason]}`;
    this.refused.push({ offset: 0, records: { from: ordinal, to: ordinal + 1 }, message });
  }

  #spill(): void {
    this.#runs.write(this.#kernel, this.#setup.keep);
    this.#ordinals.forget(this.#kernel.raw.ordinal());
  }
}
