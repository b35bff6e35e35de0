// source > plan > [map > scan > key > frame > shard] > verify > merge > publish
//
// One whole source of a span of many: a file whose layout the plan has found. It is read as a span of its own would be,
// and what follows its container is checked here, because the file may be gone when its span is accepted.

import { trailingBytes } from '../document/faults.js';
import { firstUnblank } from '../source/first-value.js';
import type { Source } from '../source/source.js';
import type { ScanSetup, SpanFailure, SpanSource } from '../tasks/span.js';
import { RecordScan } from './record-scan.js';
import type { SpanOutput } from './span-output.js';

export class SourceScan extends RecordScan {
  readonly #source: SpanSource;
  readonly #setup: ScanSetup;
  readonly #readBefore: number;

  constructor(file: Source, source: SpanSource, setup: ScanSetup, output: SpanOutput) {
    const { recordLayout, from } = source;
    super(file, output, { layout: recordLayout, from, stop: Number.MAX_SAFE_INTEGER });
    this.#source = source;
    this.#setup = setup;
    this.#readBefore = output.read;
  }

  /** @returns the failure that ends the span, if there is one. @throws SOURCE_… errors of what follows the container */
  run(): SpanFailure | undefined {
    const { recordLayout, from, isDocument } = this.#source;
    this.window.letGo();
    this.scanner.beginNext(recordLayout, this.#setup.scan.recordBytesMax);
    this.scanner.standAt(from, Number.MAX_SAFE_INTEGER);
    const ended = this.scanner.pump(this);
    if (ended === 'truncated') return this.truncated() ? this.badAt('truncated', this.window.end) : undefined;
    if (ended === 'halted') return this.failure;
    const rest = isDocument
      ? firstUnblank(this.file, this.window.fileOffset(this.window.pos), this.#setup.scan)
      : undefined;
    if (rest !== undefined) throw trailingBytes(this.file.path, rest);
    return undefined;
  }

  override fill(): boolean {
    if (this.output.isFull) return false;
    this.output.throwIfCancelled();
    this.load(Number.MAX_SAFE_INTEGER);
    return true;
  }

  /** A span of many sources has to say which one it is about. */
  protected override badAt(kind: SpanFailure['kind'], address: number, start = address, end = address): SpanFailure {
    const { path, fingerprint, coding } = this.file;
    const record = this.output.read - this.#readBefore;
    const file = { path, fingerprint, record, from: this.#source.from, ...(coding && { coding }) };
    return { ...super.badAt(kind, address, start, end), file };
  }
}
