// source > plan > [map > scan > key > frame > shard] > verify > merge > publish
//
// One whole source of a span of many: a file whose layout the plan has found. It is read as a span of its own would be,
// and what follows its container is checked here, because the file may be gone when its span is accepted.

import { DETECTION_BYTES } from '../../base/limits.js';
import { skipBlanks } from '../../kernel/plain/bytes.js';
import type { BadOutcome, GoodOutcome, ScanClient, Scanner } from '../../kernel/simd/scanner.js';
import type { Window } from '../../kernel/simd/window.js';
import { type Container, DocumentWalker } from '../source/document.js';
import type { Source } from '../source/source.js';
import type { ScanSetup, SpanFailure, SpanSource } from '../tasks/span.js';
import type { SpanOutput } from './span-output.js';

export class SourceScan implements ScanClient {
  readonly #file: Source;
  readonly #source: SpanSource;
  readonly #setup: ScanSetup;
  readonly #output: SpanOutput;
  readonly #scanner: Scanner;
  readonly #window: Window;
  readonly #readBefore: number;
  /** Offset up to which the kernel has been given bytes. */
  #position: number;
  #failure: SpanFailure | undefined;

  constructor(file: Source, source: SpanSource, setup: ScanSetup, output: SpanOutput) {
    this.#file = file;
    this.#source = source;
    this.#setup = setup;
    this.#output = output;
    this.#scanner = output.kernel.scanner;
    this.#window = output.kernel.window;
    this.#readBefore = output.read;
    this.#position = source.from;
  }

  /** @returns the failure that ends the span, if there is one. @throws SOURCE_… errors of what follows the container */
  run(): SpanFailure | undefined {
    const { framing, from, document } = this.#source;
    this.#window.letGo();
    this.#scanner.beginNext(framing, this.#setup.scan.recordBytesMax);
    this.#scanner.standAt(from, Number.MAX_SAFE_INTEGER);
    const ended = this.#scanner.pump(this);
    if (ended === 'truncated') return this.#placed('truncated', this.#window.end);
    if (ended === 'halted') return this.#failure;
    if (document !== undefined) this.#checkRest(document, this.#window.fileOffset(this.#window.pos));
    return undefined;
  }

  fill(): true {
    this.#output.throwIfCancelled();
    const { at, bytes } = this.#window.makeRoom();
    const taken = Math.min(bytes, this.#file.fingerprint.bytes - this.#position);
    this.#output.clock.ends('scan');
    this.#file.read(this.#window.bytes.subarray(at, at + taken), this.#position);
    this.#output.clock.ends('map');
    this.#position += taken;
    this.#window.loaded(taken, this.#position === this.#file.fingerprint.bytes);
    return true;
  }

  frame(): true {
    return this.#output.takeFrame();
  }

  spill(): void {
    this.#output.takeEntries();
  }

  record(outcome: GoodOutcome): true {
    return this.#output.add(outcome.record, outcome);
  }

  bad({ reason, offset, start, end, next, afterComma }: BadOutcome): boolean {
    if (reason === 'RECORD_TOO_LARGE') return this.#fail(this.#placed('too large', start, start, end));
    const { framing } = this.#source;
    // A container that the source ends in is not closed, whatever one thinks of its last record.
    const isCut = reason === 'UNEXPECTED_END' && (framing === 'array' || framing === 'object');
    if (isCut) return this.#fail(this.#placed('truncated', offset, start, end));
    const bad = { ...this.#placed('bad record', offset, start, end), reason };
    const stop = Number.MAX_SAFE_INTEGER;
    const run = this.#scanner.badRun({ end, next, afterComma }, this.#output.runMax, stop);
    const failure = this.#output.reject(bad, () => this.#window.bytes.subarray(start, run.end), 1 + run.records);
    if (failure) return this.#fail(failure);
    this.#scanner.resume(run);
    return true;
  }

  #fail(failure: SpanFailure): false {
    this.#failure = failure;
    return false;
  }

  /** Takes addresses, and returns offsets of the file. */
  #placed(kind: SpanFailure['kind'], address: number, from = address, to = address): SpanFailure {
    const [offset, start, end] = [address, from, to].map((at) => this.#window.fileOffset(at)) as [
      number,
      number,
      number,
    ];
    const { path, fingerprint } = this.#file;
    const { read } = this.#output;
    const record = read - this.#readBefore;
    return { kind, offset, start, end, record: read, file: { path, fingerprint, record, from: this.#source.from } };
  }

  /** @param exit the offset just after the container */
  #checkRest(document: number, exit: number): void {
    const { select = [], scan } = this.#setup;
    const { bytes } = this.#file.fingerprint;
    // Mostly nothing follows a container that is all of its document.
    if (select.length === 0 && this.#isBlank(exit)) return;
    const walker = new DocumentWalker(select, this.#file.path, scan.depthMax);
    walkOver(this.#file, walker, document);
    walker.leaveContainer();
    walkOver(this.#file, walker, exit);
    walker.finish(bytes);
  }

  #isBlank(from: number): boolean {
    for (let at = from; at < this.#file.fingerprint.bytes; ) {
      const piece = this.#file.bytesAt(at, at + DETECTION_BYTES);
      if (skipBlanks(piece, 0, piece.byteLength) < piece.byteLength) return false;
      at += piece.byteLength;
    }
    return true;
  }
}

/** Walks from this offset to the container, or to the end of the file. */
function walkOver(file: Source, walker: DocumentWalker, from: number): Container | undefined {
  for (let at = from; at < file.fingerprint.bytes; ) {
    const piece = file.bytesAt(at, at + DETECTION_BYTES);
    const container = walker.walk(piece, at);
    if (container !== undefined) return container;
    at += piece.byteLength;
  }
  return undefined;
}
