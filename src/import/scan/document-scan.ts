// source > plan > [map > scan > key > frame > shard] > verify > merge > publish
//
// Documents that have their records inside (option `select`), one after another, such as the pages of an interface or the
// files of a folder. Each is walked byte by byte to the container that the pointer names (source/document.ts); the kernel
// scans the container, and the walker goes on after it. No document is in memory as a whole.
//
//   {"page":1,"items":[{…},{…}],"next":2}
//   walker   >         kernel  > walker
//
// A document without such a container is one bad record, and so is what follows a fault outside of the container.

import { type ErrorCode, GristmillError } from '../../base/errors.js';
import type { BadReasonName } from '../../kernel/contract.js';
import type { BadOutcome, GoodOutcome } from '../../kernel/simd/scanner.js';
import { canName } from '../records/given-name.js';
import { type Container, DocumentWalker } from '../source/document.js';
import { firstUnblank } from '../source/first-value.js';
import { documentsBefore } from '../source/layout.js';
import type { Source } from '../source/source.js';
import type { LeftOut, ScanSetup, SpanFailure } from '../tasks/span.js';
import { DocumentBytes, type DocumentsToRead } from './document-bytes.js';
import { RecordScan } from './record-scan.js';
import type { SpanOutput } from './span-output.js';

/** Bytes that the kernel gets of a document first, then twice as many, and so on: most documents of a stream are small. */
const FIRST_FILL_BYTES = 4096;

/** Errors of a document that are about its bytes. */
const REASONS: Readonly<Partial<Record<ErrorCode, BadReasonName>>> = {
  SELECT_NOT_FOUND: 'SELECT_NOT_FOUND',
  SELECT_NOT_CONTAINER: 'SELECT_NOT_CONTAINER',
  SOURCE_NOT_JSON: 'BAD_DOCUMENT',
  SOURCE_TRUNCATED: 'BAD_DOCUMENT',
};

export class DocumentScan extends RecordScan {
  readonly #read: DocumentsToRead;
  readonly #setup: ScanSetup;
  readonly #bytes: DocumentBytes;
  readonly #readBefore: number;
  #fillBytes = FIRST_FILL_BYTES;
  /** Set if the file is left out, because it has no records. */
  leftOut: LeftOut | undefined;
  /** Whether a name on the way to a container occurs twice in its object; the first one was followed. */
  isAmbiguous = false;

  constructor(file: Source, read: DocumentsToRead, setup: ScanSetup, output: SpanOutput) {
    super(file, output, { layout: read.recordLayout, from: read.from, stop: Number.MAX_SAFE_INTEGER });
    this.#read = read;
    this.#setup = setup;
    this.#bytes = new DocumentBytes(file, read.from, read.layout);
    this.#readBefore = output.read;
  }

  /**
   * @returns the failure that ends the span, if there is one
   * @throws SELECT_… and SOURCE_… errors of a document that is alone in its file
   */
  run(): SpanFailure | undefined {
    const { name, stop } = this.#read;
    const bytes = this.file.end;
    if (name !== undefined && !canName(name)) this.#reject('KEY_TOO_LONG', 0, 0, bytes);
    else if (this.#bytes.layout === undefined && this.#bytes.begin(stop) === undefined) this.#empty();
    else {
      for (let start = this.#bytes.begin(stop); start !== undefined; start = this.#bytes.begin(stop)) {
        this.#document(start);
        if (this.failure !== undefined || this.leftOut !== undefined || this.output.isFull) break;
      }
    }
    return this.failure;
  }

  /** Where the next document begins that is not one of this scan, and whether there is none. */
  get exit(): { readonly at: number; readonly hasEnded: boolean } {
    return { at: this.#bytes.next, hasEnded: this.#bytes.hasEnded };
  }

  #document(start: number): void {
    const { select = [], scan } = this.#setup;
    const walker = new DocumentWalker([select], this.file.path, scan.depthMax, scan.nonfinite, this.#read.recordLayout);
    /** All before it has been read. */
    let from = start;
    let end: number | undefined;
    try {
      let walked = this.#walk(walker, start);
      while (typeof walked === 'object') {
        this.#checkLayout(walked);
        const exit = this.#records(walked.from);
        if (exit === undefined) return;
        from = exit;
        walker.leaveContainer();
        walked = this.#walk(walker, exit);
      }
      end = walked;
      if (end === undefined) return;
      walker.finish(end);
      if (walker.isAmbiguous()) this.isAmbiguous = true;
      this.#endAt(start, end);
    } catch (error) {
      this.#refuse(error, start, from, end);
    }
  }

  /**
   * To the next container, or to the offset at which the document ends. Undefined if the scan has to end.
   * @throws SOURCE_TRUNCATED if the document does not end
   */
  #walk(walker: DocumentWalker, from: number): Container | number | undefined {
    for (let at = from; ; ) {
      this.output.throwIfCancelled();
      const bytes = this.#bytes.at(at);
      const walked = walker.walkOne(bytes, at);
      for (const misfit of walker.takeMisfits()) {
        this.#reject('SELECT_NOT_CONTAINER', misfit.from, misfit.from, misfit.to);
        if (this.failure !== undefined) return undefined;
      }
      if (walked !== undefined) return walked;
      at += bytes.byteLength;
      if (bytes.byteLength > 0) continue;
      walker.finish(at);
      return at;
    }
  }

  /** @throws SELECT_NOT_CONTAINER */
  #checkLayout({ layout, from }: Container): void {
    const expected = this.#read.recordLayout;
    if (layout === expected) return;
    const help = expected === 'array' ? " If its members are the records, give option layout: 'object'." : '';
    const message = `${this.file.path} has an ${layout} at the place of option select (byte ${from - 1}), not an ${expected}.${help}`;
    throw new GristmillError('SELECT_NOT_CONTAINER', message, { file: this.file.path, offset: from - 1 });
  }

  /** Scans the records of a container; returns the offset after its bracket, or nothing where that was not found. */
  #records(from: number): number | undefined {
    const { name, recordLayout } = this.#read;
    const { scan, windowBytes } = this.#setup;
    this.window.letGo();
    const given = name === undefined ? undefined : { text: name, isNumbered: true };
    this.scanner.beginNext(recordLayout, scan.recordBytesMax, given);
    this.scanner.skipNumbers(this.#count);
    this.scanner.standAt(from, Number.MAX_SAFE_INTEGER);
    this.position = from;
    this.#fillBytes = Math.min(FIRST_FILL_BYTES, windowBytes);
    const ended = this.scanner.pump(this);
    if (ended === 'end') return this.window.fileOffset(this.window.pos);
    const { end } = this.#bytes;
    if (ended === 'truncated' && this.#isAlone) this.fail(this.badAt('truncated', this.window.end));
    else if (ended === 'truncated') this.#reject('UNEXPECTED_END', end, end, end);
    this.#bytes.leave(end);
    return undefined;
  }

  override fill(): boolean {
    if (this.output.isFull) return false;
    this.output.throwIfCancelled();
    const { window } = this;
    const unfinished = window.end - window.pos;
    // As Window.makeRoom: a large record is read again from its start each time.
    const wanted = Math.max(this.#fillBytes, Math.min(unfinished >>> 1, this.#setup.scan.recordBytesMax - unfinished));
    this.#fillBytes = Math.min(2 * this.#fillBytes, this.#setup.windowBytes);
    const at = window.makeRoomFor(wanted);
    this.output.clock.ends('scan');
    let taken = 0;
    while (taken < wanted) {
      const bytes = this.#bytes.at(this.position, wanted - taken);
      if (bytes.byteLength === 0) break;
      window.bytes.set(bytes, at + taken);
      taken += bytes.byteLength;
      this.position += bytes.byteLength;
    }
    this.output.clock.ends('map');
    window.loaded(taken, this.position === this.#bytes.end);
    this.#read.onFill?.(this.position);
    return true;
  }

  override record(outcome: GoodOutcome): boolean {
    const { name } = this.#read;
    return this.settle(outcome, name === undefined ? undefined : `${name}#${this.#count}`);
  }

  override bad(outcome: BadOutcome): boolean {
    // A container that ends with its line, or with the file: that is one bad record, and not a fault of the import.
    if (outcome.reason !== 'UNEXPECTED_END' || this.#isAlone || this.output.isFull) return super.bad(outcome);
    this.rejectAt(outcome);
    return false;
  }

  /** The document is good. On its line, nothing but white space may follow it. */
  #endAt(start: number, end: number): void {
    const { layout } = this.#bytes;
    if (layout === 'ndjson') {
      const rest = this.#bytes.behind(end);
      if (rest === undefined) this.#bytes.leave(this.#bytes.end);
      else this.#skipBad('BAD_DOCUMENT', rest, rest);
      return;
    }
    this.#bytes.leave(end);
    const next = layout === undefined ? firstUnblank(this.file, end) : undefined;
    if (next !== undefined) this.#bytes.layout = documentsBefore(this.file, start, next);
  }

  /** @param from where the part begins that has not been read @param end of the document, if that is known */
  #refuse(error: unknown, start: number, from: number, end: number | undefined): void {
    const reason = error instanceof GristmillError ? REASONS[error.code] : undefined;
    if (!(error instanceof GristmillError) || reason === undefined) throw error;
    if (reason === 'BAD_DOCUMENT') {
      if (this.#isAlone) throw error;
      this.#skipBad(reason, error.offset ?? from, from, start);
      return;
    }
    if (this.#bytes.layout === undefined) {
      const after = end ?? this.#endOfBad(start, from);
      const next = after === undefined ? undefined : firstUnblank(this.file, after);
      if (next === undefined) {
        this.#leaveOut(error);
        return;
      }
      this.#bytes.layout = documentsBefore(this.file, start, next);
    }
    this.#skipBad(reason, start, start, start, end);
  }

  /** Rejects what has not been read of a document, from `from` on, and goes on after it. @param known where it ends */
  #skipBad(reason: BadReasonName, offset: number, from: number, start = from, known?: number): void {
    const isLine = this.#bytes.layout === 'ndjson';
    const end = (isLine ? undefined : known) ?? this.#endOfBad(start, Math.max(from, offset));
    if (end === undefined) {
      this.fail(this.#placed('too large', start, start, start + this.#setup.scan.recordBytesMax));
      return;
    }
    this.#reject(reason, offset, from, end);
    this.#bytes.leave(end);
  }

  #endOfBad(start: number, from: number): number | undefined {
    return this.#bytes.endOfBad(start, from, this.#setup.scan.recordBytesMax);
  }

  /** The file has no document, though neither its name nor an option says that it may have none. */
  #empty(): void {
    const { path, end } = this.file;
    const message = `${path} is empty; there is nothing to import.`;
    if (this.output.leavesOutBadFiles) this.leftOut = { reason: 'SOURCE_EMPTY', message };
    else this.#reject('UNEXPECTED_END', end, 0, end);
  }

  /** The only document of the file has no records. @throws the error, unless the file may be left out */
  #leaveOut(error: GristmillError): void {
    if (this.#read.isStrict || !this.output.leavesOutBadFiles) throw error;
    this.leftOut = { reason: error.code, message: error.message };
  }

  #reject(reason: BadReasonName, offset: number, start: number, end: number): void {
    const { onBadRecord, scan } = this.#setup;
    if (onBadRecord === 'quarantine' && end - start > scan.recordBytesMax) {
      this.fail(this.#placed('too large', start, start, end));
      return;
    }
    const bad = { ...this.#placed('bad record', offset, start, end), reason };
    const failure = this.output.reject(bad, () => this.file.bytesAt(start, end));
    if (failure !== undefined) this.fail(failure);
  }

  /** Records of the file read so far. */
  get #count(): number {
    return this.output.read - this.#readBefore;
  }

  /** Whether the document at hand is, as far as is known, the only one of a source. */
  get #isAlone(): boolean {
    return this.#read.isStrict && this.#bytes.layout === undefined;
  }

  protected override badAt(kind: SpanFailure['kind'], address: number, start = address, end = address): SpanFailure {
    const at = (place: number): number => this.window.fileOffset(place);
    return this.#placed(kind, at(address), at(start), at(end));
  }

  #placed(kind: SpanFailure['kind'], offset: number, start: number, end: number): SpanFailure {
    const { path, fingerprint, coding, entry } = this.file;
    const which = { path, fingerprint, record: this.#count, ...(coding && { coding }), ...(entry && { entry }) };
    const file = this.#read.isOneOfMany && { file: which };
    return { kind, offset, start, end, record: this.output.read, ...file };
  }
}
