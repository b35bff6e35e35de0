// source > plan > [map > scan > key > frame > shard] > verify > merge > publish
//
// What the scans of a span (scan-span.ts), of a whole source (scan-source.ts) and of documents (document-scan.ts) have in
// common: the callbacks that the kernel's loop needs, for records in one layout.

import type { RecordLayout } from '../../kernel/contract.js';
import type { BadOutcome, GoodOutcome, HeldRecord, ScanClient, Scanner } from '../../kernel/simd/scanner.js';
import type { Window } from '../../kernel/simd/window.js';
import { ChunkSource, RanOut } from '../feed/chunk.js';
import type { Source } from '../source/source.js';
import type { SpanFailure } from '../tasks/span.js';
import { whyOf } from './rejects.js';
import type { SpanOutput } from './span-output.js';

/** Which records are scanned. */
interface Scanned {
  readonly layout: RecordLayout;
  /** Offset of the first one. */
  readonly from: number;
  /** The scan ends at the first boundary from this offset on. */
  readonly stop: number;
}

export abstract class RecordScan implements ScanClient {
  protected readonly file: Source;
  protected readonly output: SpanOutput;
  protected readonly scanner: Scanner;
  protected readonly window: Window;
  protected failure: SpanFailure | undefined;
  /** Offset up to which the kernel has been given bytes. */
  protected position: number;
  readonly #scanned: Scanned;
  /** Where no place can be read again, its line has to be known when it has been passed. */
  readonly #countsNewlines: boolean;
  #newlines = 0;
  /** Whether the last record is cut off, and was rejected. */
  #isCut = false;

  protected constructor(file: Source, output: SpanOutput, scanned: Scanned) {
    this.file = file;
    this.output = output;
    this.scanner = output.kernel.scanner;
    this.window = output.kernel.window;
    this.position = scanned.from;
    this.#scanned = scanned;
    this.#countsNewlines = file instanceof ChunkSource;
  }

  abstract fill(): boolean;

  frame(): true {
    return this.output.takeFrame();
  }

  spill(): void {
    this.output.takeEntries();
  }

  held(record: HeldRecord): boolean {
    return this.output.held(record);
  }

  record(outcome: GoodOutcome): boolean {
    return this.settle(outcome);
  }

  /** @param name that the record is given. @returns whether the scan continues */
  protected settle(outcome: GoodOutcome, name?: string): boolean {
    if (this.output.isFull) return false;
    const bad = this.output.settle(outcome, name);
    return bad === undefined || this.bad(bad);
  }

  bad(outcome: BadOutcome): boolean {
    if (this.output.isFull) return false;
    const { reason, offset, start, end } = outcome;
    if (reason === 'RECORD_TOO_LARGE') return this.fail(this.badAt('too large', start, start, end));
    const { layout } = this.#scanned;
    // A container that the source ends in is not closed, whatever one thinks of its last record.
    const isCut = reason === 'UNEXPECTED_END' && (layout === 'array' || layout === 'object');
    if (this.output.isCutOff(reason, this.window.fileOffset(offset), this.file)) return this.#keepCut(outcome);
    return isCut ? this.fail(this.badAt('truncated', offset, start, end)) : this.rejectAt(outcome);
  }

  /** The source is cut off in its last record: what is before it stays. */
  #keepCut({ reason, offset, start, end, next, afterComma }: BadOutcome): boolean {
    const bad = { ...this.badAt('bad record', offset, start, end), reason };
    this.output.noteCut({ file: this.file.path, offset: bad.offset, start: bad.start });
    this.output.reject(bad, () => this.window.bytes.subarray(start, end), 1, true);
    this.scanner.skipNumbers(1);
    this.#isCut = true;
    this.scanner.resume({ next, afterComma });
    return true;
  }

  /** The source has ended before its container. @returns whether that is a failure */
  protected truncated(): boolean {
    if (!this.output.keepsCut) return true;
    if (!this.#isCut) this.output.noteCut({ file: this.file.path, offset: this.window.fileOffset(this.window.end) });
    return false;
  }

  /** Rejects a record, and those that directly follow it and are bad too. @returns whether the scan continues */
  protected rejectAt({ reason, offset, start, end, next, afterComma, ...why }: BadOutcome): boolean {
    const bad = { ...this.badAt('bad record', offset, start, end), reason, ...whyOf(why) };
    const run = this.scanner.badRun({ end, next, afterComma }, this.output.runMax, this.#scanned.stop);
    const records = 1 + run.records;
    const failure = this.output.reject(bad, () => this.window.bytes.subarray(start, run.end), records);
    if (failure) return this.fail(failure);
    this.scanner.skipNumbers(records);
    this.scanner.resume(run);
    return true;
  }

  /** Gives the kernel the next bytes of the source, at most as many as are wanted. */
  protected load(wanted: number): void {
    const { at, bytes } = this.window.makeRoom();
    const left = this.file.available - this.position;
    const isEnd = this.file.available === this.file.end;
    if (left <= 0 && !isEnd) throw new RanOut();
    const taken = Math.min(bytes, wanted, left);
    this.output.clock.ends('scan');
    this.file.read(this.window.bytes.subarray(at, at + taken), this.position);
    this.output.clock.ends('map');
    if (this.#countsNewlines) this.#newlines += this.window.newlinesIn(at, taken);
    this.position += taken;
    this.window.loaded(taken, isEnd && taken === left);
  }

  /** Newlines that have been scanned: those of the bytes that are left in the window have not. */
  protected get newlinesScanned(): number {
    const { pos, end } = this.window;
    return this.#newlines - this.window.newlinesIn(pos, end - pos);
  }

  protected fail(failure: SpanFailure): false {
    this.failure = failure;
    return false;
  }

  /** Describes the fault of the current record. It takes addresses and returns offsets of the file. */
  protected badAt(kind: SpanFailure['kind'], address: number, start = address, end = address): SpanFailure {
    const at = (place: number): number => this.window.fileOffset(place);
    return { kind, offset: at(address), start: at(start), end: at(end), record: this.output.read };
  }
}
