// source > plan > [map > scan > key > frame > shard] > verify > merge > publish
//
// One whole file of a span of many. Nothing of it can run into the next one: it is let go of before that one is loaded,
// which the kernel begins at a boundary of its own.
//
//   one record     A file that says nothing else is taken for one record, and believed to be when nothing but blanks is
//                  behind it. Otherwise the record is taken back: the file has many, if another value begins there, or is
//                  bad as a whole.
//   many records   The elements of an array, lines, values one after another. They are numbered, the bad ones too.

import { WINDOW_BYTES_DEFAULT } from '../../base/limits.js';
import type { BadReasonName, FramingName } from '../../kernel/contract.js';
import { NEWLINE, OPEN_ARRAY, OPEN_OBJECT, RECORD_SEPARATOR, skipBlanks } from '../../kernel/plain/bytes.js';
import type { BadOutcome, Ended, GoodOutcome, ScanClient, Scanner } from '../../kernel/simd/scanner.js';
import type { Window } from '../../kernel/simd/window.js';
import { atOnce } from '../../parallel/steps.js';
import { canName } from '../records/given-name.js';
import { beginsJson } from '../source/characters.js';
import { UTF8_MARK } from '../source/detect.js';
import { firstUnblank } from '../source/first-value.js';
import { isNamedLines, shapeOfNamedLines } from '../source/layout.js';
import type { Source } from '../source/source.js';
import type { ScanSetup, SpanFailure, SpanFiles } from '../tasks/span.js';
import type { SpanOutput } from './span-output.js';

export class FileScan {
  readonly #file: Source;
  readonly #path: string;
  readonly #files: SpanFiles;
  readonly #scan: ScanSetup['scan'];
  readonly #output: SpanOutput;
  readonly #scanner: Scanner;
  readonly #window: Window;
  readonly #firstOrdinal: number;
  readonly #firstRead: number;
  /** Offset up to which the kernel has been given bytes. */
  #position = 0;
  #isEmpty = false;

  /** @param path that the file's records are named by. */
  constructor(file: Source, path: string, files: SpanFiles, scan: ScanSetup['scan'], output: SpanOutput) {
    this.#file = file;
    this.#path = path;
    this.#files = files;
    this.#scan = scan;
    this.#output = output;
    this.#scanner = output.kernel.scanner;
    this.#window = output.kernel.window;
    this.#firstOrdinal = this.#scanner.ordinal;
    this.#firstRead = output.read;
  }

  /** @returns the failure that ends the span, if there is one. */
  run(): SpanFailure | undefined {
    if (this.#files.isNamed && !canName(this.#path)) return this.#rejectAll('KEY_TOO_LONG', 0);
    this.#load();
    const { shape = this.#shapeOfName() } = this.#layoutGiven;
    if (shape === 'ndjson') return this.#many('lines');
    if (shape === 'values') return this.#many('values');
    const { bytes, pos, end } = this.#window;
    const first = skipBlanks(bytes, pos, end);
    if (shape === 'elements' && first < end) return this.#many('array');
    const opener = shape === 'object' ? OPEN_OBJECT : OPEN_ARRAY;
    if (first < end && bytes[first] === opener) {
      this.#scanner.resume({ next: first + 1, afterComma: false });
      return this.#many(shape === 'object' ? 'object' : 'array');
    }
    if (shape === undefined) return this.#one(first);
    if (first === end) return this.#empty(this.#offsetOf(first));
    return this.#rejectAll('UNEXPECTED_CHARACTER', this.#offsetOf(first));
  }

  /** What is converted is lines, but for bulk files, whose layout is set with their options. */
  get #layoutGiven(): Pick<SpanFiles, 'shape'> {
    const format = this.#file.coding?.format;
    return format === undefined || format === 'es-bulk' ? this.#files : { shape: 'ndjson' };
  }

  /** The layout that the first byte of the file says, or its name, unless its content contradicts the name. */
  #shapeOfName(): 'ndjson' | 'values' | undefined {
    const { bytes, pos, end } = this.#window;
    const first = skipBlanks(bytes, pos, end);
    if (this.#scan.hasSeparators && first < end && bytes[first] === RECORD_SEPARATOR) return 'values';
    if (!isNamedLines(this.#path)) return undefined;
    if (first === end) return 'ndjson';
    return atOnce(shapeOfNamedLines(this.#file, this.#offsetOf(first), this.#scan, bytes.subarray(first, end)));
  }

  /** The beginning of the file after a byte order mark. If the file begins with white space, a window with more of it. */
  #load(): void {
    const window = this.#window;
    const { end: bytes } = this.#file;
    for (let from = this.#beginning; ; from = this.#position) {
      window.letGo();
      const taken = Math.min(bytes - from, WINDOW_BYTES_DEFAULT);
      const at = window.makeRoomFor(taken);
      const target = window.bytes.subarray(at, at + taken);
      this.#file.read(target, from);
      this.#output.clock.ends('map');
      this.#loaded(taken, from);
      const marked = from === 0 && UTF8_MARK.every((byte, i) => target[i] === byte) ? UTF8_MARK.length : 0;
      if (marked > 0) this.#scanner.resume({ next: at + marked, afterComma: false });
      if (window.isAllLoaded || skipBlanks(target, marked, taken) < taken) return;
    }
  }

  /** Where the file begins, or what is new of it; without the comments there. */
  get #beginning(): number {
    const from = this.#files.grown?.from ?? 0;
    if (this.#scan.dialect !== 'json5') return from;
    return firstUnblank(this.#file, from, this.#scan) ?? this.#file.end;
  }

  #fill(): boolean {
    if (this.#output.isFull) return false;
    this.#output.throwIfCancelled();
    const window = this.#window;
    const { at, bytes } = window.makeRoom();
    const taken = Math.min(bytes, this.#file.end - this.#position);
    this.#output.clock.ends('scan');
    this.#file.read(window.bytes.subarray(at, at + taken), this.#position);
    this.#output.clock.ends('map');
    this.#loaded(taken, this.#position);
    return true;
  }

  #loaded(bytes: number, from: number): void {
    this.#position = from + bytes;
    this.#window.loaded(bytes, this.#position === this.#file.end);
  }

  /** Valid whatever the kernel takes for the offset of its bytes. */
  #offsetOf(address: number): number {
    return this.#position - (this.#window.end - address);
  }

  #begin(framing: FramingName, isNumbered: boolean, stop: number): void {
    const name = this.#files.isNamed ? { text: this.#path, isNumbered } : undefined;
    this.#scanner.beginNext(framing, this.#scan.recordBytesMax, name);
    this.#scanner.standAt(this.#offsetOf(this.#window.pos), stop);
  }

  /** @param first the address at which the value begins, or the end of the loaded bytes. */
  #one(first: number): SpanFailure | undefined {
    const scanner = this.#scanner;
    const isRead = () => scanner.ordinal > this.#firstOrdinal;
    let settled = undefined as GoodOutcome | BadOutcome | undefined;
    const settle = (outcome: GoodOutcome | BadOutcome) => {
      settled = outcome;
      return false;
    };
    // The scan is to stop behind one value, which stays in its frame until it is known to be all of the file.
    this.#begin('values', false, this.#offsetOf(first) + 1);
    scanner.mark();
    const client: ScanClient = {
      fill: () => !isRead() && this.#fill(),
      held: () => false,
      frame: () => {
        if (isRead()) return false;
        this.#output.takeFrame();
        scanner.mark();
        return true;
      },
      spill: () => {
        this.#output.takeEntries();
        scanner.mark();
      },
      record: settle,
      bad: settle,
    };
    scanner.pump(client);
    const { held } = scanner;
    if (held !== undefined) {
      const rest = this.#behind(held.end);
      if (rest !== undefined) return this.#manyAfterAll(rest);
      this.#output.held(held);
      scanner.pump(client);
      if (settled === undefined) return undefined;
    }
    if (settled !== undefined) return this.#settleOne(settled);
    if (!isRead()) return this.#empty(this.#position);
    const rest = this.#behind(this.#window.pos);
    if (rest === undefined) return undefined;
    scanner.takeBack();
    return this.#manyAfterAll(rest);
  }

  #settleOne(outcome: GoodOutcome | BadOutcome): SpanFailure | undefined {
    if (outcome.kind === 'bad' && outcome.reason === 'RECORD_TOO_LARGE') return this.#tooLarge(outcome);
    if (outcome.kind === 'bad' && !isAboutKeys(outcome.reason)) {
      return this.#rejectAll(outcome.reason, this.#offsetOf(outcome.offset));
    }
    const rest = this.#behind(outcome.next);
    if (rest !== undefined) return this.#manyAfterAll(rest);
    if (outcome.kind === 'bad') return this.#rejectOne(outcome);
    const bad = this.#settle(outcome, this.#path);
    return bad && this.#rejectOne(bad);
  }

  /** The first value is followed by something: by another value, or the file is bad. */
  #manyAfterAll(rest: number): SpanFailure | undefined {
    const [next] = this.#file.bytesAt(rest, rest + 1);
    if (!beginsJson(next!, this.#scan)) return this.#rejectAll('UNEXPECTED_CHARACTER', rest);
    this.#load();
    const { bytes, pos, end } = this.#window;
    const offset = this.#offsetOf(skipBlanks(bytes, pos, end));
    const text = this.#file.bytesAt(offset, rest);
    // As a line: without a newline in it, and with one behind it.
    const newline = text.indexOf(NEWLINE);
    const isLine = newline !== -1 && skipBlanks(text, newline, text.byteLength) === text.byteLength;
    return this.#many(isLine ? 'lines' : 'values');
  }

  #many(framing: FramingName): SpanFailure | undefined {
    let failure: SpanFailure | undefined;
    this.#begin(framing, true, Number.MAX_SAFE_INTEGER);
    this.#scanner.skipNumbers(this.#readBefore);
    const ended = this.#scanner.pump({
      fill: () => this.#fill(),
      frame: () => this.#output.takeFrame(),
      spill: () => this.#output.takeEntries(),
      held: (record) => this.#output.held(record),
      record: (outcome) => {
        const bad = this.#output.isFull ? undefined : this.#settle(outcome, `${this.#path}#${this.#read}`);
        failure = bad && this.#rejectOne(bad);
        return failure === undefined && !this.#output.isFull;
      },
      bad: (outcome) => {
        if (this.#output.isFull) return false;
        failure = this.#rejectOne(outcome);
        // A container that the file ends in: it is told once that it is cut off.
        const isCut = outcome.reason === 'UNEXPECTED_END' && (framing === 'array' || framing === 'object');
        const isKept = this.#output.isCutOff(outcome.reason, this.#offsetOf(outcome.offset), this.#file);
        return failure === undefined && !isCut && !isKept;
      },
    });
    return ended === 'halted' ? failure : this.#endMany(framing, ended);
  }

  #endMany(framing: FramingName, ended: Ended): SpanFailure | undefined {
    if (framing === 'lines' || framing === 'values') return undefined;
    const { end: bytes } = this.#file;
    if (ended === 'truncated') {
      if (!this.#output.keepsCut) return this.#reject('UNEXPECTED_END', bytes, bytes, bytes);
      return this.#output.noteCut({ file: this.#file.path, offset: bytes });
    }
    // Behind the closing bracket.
    const rest = this.#behind(this.#window.pos);
    return rest === undefined ? undefined : this.#reject('UNEXPECTED_CHARACTER', rest, rest, bytes);
  }

  /** The offset of the first byte after an address that is not white space. Undefined if there is none. */
  #behind(address: number): number | undefined {
    if (this.#scan.dialect === 'json5') return firstUnblank(this.#file, this.#offsetOf(address), this.#scan);
    const { bytes, end } = this.#window;
    const at = skipBlanks(bytes, address, end);
    return at < end ? this.#offsetOf(at) : firstUnblank(this.#file, this.#position);
  }

  /** Records of the file that an earlier import read. */
  get #readBefore(): number {
    return this.#files.grown?.read ?? 0;
  }

  /** Records of the file read so far. */
  get #read(): number {
    return this.#readBefore + this.#output.read - this.#firstRead;
  }

  #settle(outcome: GoodOutcome, name: string): BadOutcome | undefined {
    return this.#output.settle(outcome, this.#files.isNamed ? name : undefined);
  }

  #rejectOne({ reason, detail, offset, start, end, next, afterComma }: BadOutcome): SpanFailure | undefined {
    if (reason === 'RECORD_TOO_LARGE') return this.#tooLarge({ offset, start, end });
    const run = this.#scanner.badRun({ end, next, afterComma }, this.#output.runMax, Number.MAX_SAFE_INTEGER);
    const [at, from] = [this.#offsetOf(offset), this.#offsetOf(start)];
    const failure = this.#reject(reason, at, from, this.#offsetOf(run.end), { records: 1 + run.records, detail });
    this.#scanner.resume(run);
    return failure;
  }

  /** Whether the file has no value, and is left out for that. */
  get isEmpty() {
    return this.#isEmpty;
  }

  #empty(offset: number): SpanFailure | undefined {
    this.#isEmpty = this.#output.leavesOutBadFiles;
    // It is not cut off.
    return this.#isEmpty ? undefined : this.#reject('UNEXPECTED_END', offset, 0, this.#file.end, { mayBeCut: false });
  }

  /** All of the file is one bad record. */
  #rejectAll(reason: BadReasonName, offset: number): SpanFailure | undefined {
    return this.#reject(reason, offset, 0, this.#file.end);
  }

  #reject(
    reason: BadReasonName,
    offset: number,
    start: number,
    end: number,
    {
      records = 1,
      mayBeCut = true,
      detail,
    }: { records?: number; mayBeCut?: boolean; detail?: string | undefined } = {},
  ) {
    const bad = { ...this.#placed('bad record', offset, start, end), reason, ...(detail !== undefined && { detail }) };
    // From the file: the kernel may have written a line over it.
    const isCut = mayBeCut && this.#output.isCutOff(reason, offset, this.#file);
    if (isCut) this.#output.noteCut({ file: this.#file.path, offset, start });
    const failure = this.#output.reject(bad, () => this.#file.bytesAt(start, end), records, isCut);
    this.#scanner.skipNumbers(records);
    return failure;
  }

  #tooLarge({ start, end }: Pick<BadOutcome, 'offset' | 'start' | 'end'>): SpanFailure {
    return this.#placed('too large', this.#offsetOf(start), this.#offsetOf(start), this.#offsetOf(end));
  }

  #placed(kind: SpanFailure['kind'], offset: number, start: number, end: number): SpanFailure {
    const { path, fingerprint, coding, entry } = this.#file;
    const file = { path, fingerprint, record: this.#read, ...(coding && { coding }), ...(entry && { entry }) };
    return { kind, offset, start, end, record: this.#output.read, file };
  }
}

/** Whether the value itself is good. */
function isAboutKeys(reason: BadReasonName): boolean {
  return reason.startsWith('KEY_') || reason === 'TOO_MANY_KEYS';
}
