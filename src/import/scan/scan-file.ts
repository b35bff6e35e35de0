// source > plan > [map > scan > key > frame > shard] > verify > merge > publish
//
// One whole file of a span of many. Nothing of it can run into the next one: it is let go of before that one is loaded,
// which the kernel begins at a boundary of its own.
//
//   one record     A file that says nothing else is taken for one record, and believed to be when nothing but blanks is
//                  behind it. Otherwise the record is taken back: the file has many, if another value begins there, or is
//                  bad as a whole.
//   many records   The elements of an array, lines, values one after another. They are numbered, the bad ones too.

import type { BadReasonName, RecordLayout } from '../../kernel/contract.js';
import { NEWLINE, OPEN_ARRAY, OPEN_OBJECT, RECORD_SEPARATOR, skipBlanks } from '../../kernel/plain/bytes.js';
import type { BadOutcome, Ended, GoodOutcome, ScanClient, Scanner } from '../../kernel/simd/scanner.js';
import type { Window } from '../../kernel/simd/window.js';
import { atOnce } from '../../parallel/steps.js';
import { canName } from '../records/given-name.js';
import { beginsJson } from '../source/characters.js';
import { isNamedLines, layoutOfNamedLines } from '../source/layout.js';
import type { Source } from '../source/source.js';
import type { ScanSetup, SpanFailure, SpanFiles } from '../tasks/span.js';
import { FileBytes } from './file-bytes.js';
import { type Why, whyOf } from './rejects.js';
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
  readonly #bytes: FileBytes;
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
    this.#bytes = new FileBytes(file, scan, output);
  }

  /** @returns the failure that ends the span, if there is one. */
  run(): SpanFailure | undefined {
    if (this.#files.isNamed && !canName(this.#path)) return this.#rejectAll('KEY_TOO_LONG', 0);
    this.#bytes.begin(this.#files.grown?.from ?? 0);
    const { layout = this.#layoutOfName() } = this.#layoutGiven;
    if (layout === 'ndjson') return this.#many('ndjson');
    if (layout === 'values') return this.#many('values');
    const { bytes, pos, end } = this.#window;
    const first = skipBlanks(bytes, pos, end);
    if (layout === 'elements' && first < end) return this.#many('array');
    const opener = layout === 'object' ? OPEN_OBJECT : OPEN_ARRAY;
    if (first < end && bytes[first] === opener) {
      this.#scanner.resume({ next: first + 1, afterComma: false });
      return this.#many(layout === 'object' ? 'object' : 'array');
    }
    if (layout === undefined) return this.#one(first);
    if (first === end) return this.#empty(this.#bytes.offsetOf(first));
    return this.#rejectAll('UNEXPECTED_CHARACTER', this.#bytes.offsetOf(first));
  }

  /** What is converted is lines, but for bulk files, whose layout is set with their options. */
  get #layoutGiven(): Pick<SpanFiles, 'layout'> {
    const format = this.#file.coding?.format;
    return format === undefined || format === 'es-bulk' ? this.#files : { layout: 'ndjson' };
  }

  /** The layout that the first byte of the file says, or its name, unless its content contradicts the name. */
  #layoutOfName(): 'ndjson' | 'values' | undefined {
    const { bytes, pos, end } = this.#window;
    const first = skipBlanks(bytes, pos, end);
    if (this.#scan.hasSeparators && first < end && bytes[first] === RECORD_SEPARATOR) return 'values';
    if (!isNamedLines(this.#path)) return undefined;
    if (first === end) return 'ndjson';
    return atOnce(layoutOfNamedLines(this.#file, this.#bytes.offsetOf(first), this.#scan, bytes.subarray(first, end)));
  }

  #fill(): boolean {
    if (this.#output.isFull) return false;
    this.#bytes.fill();
    return true;
  }

  #begin(layout: RecordLayout, isNumbered: boolean, stop: number): void {
    const name = this.#files.isNamed ? { text: this.#path, isNumbered } : undefined;
    this.#scanner.beginNext(layout, this.#scan.recordBytesMax, name);
    this.#scanner.standAt(this.#bytes.offsetOf(this.#window.pos), stop);
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
    this.#begin('values', false, this.#bytes.offsetOf(first) + 1);
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
      const rest = this.#bytes.behind(held.end);
      if (rest !== undefined) return this.#manyAfterAll(rest);
      this.#output.held(held);
      scanner.pump(client);
      if (settled === undefined) return undefined;
    }
    if (settled !== undefined) return this.#settleOne(settled);
    if (!isRead()) return this.#empty(this.#bytes.position);
    const rest = this.#bytes.behind(this.#window.pos);
    if (rest === undefined) return undefined;
    scanner.takeBack();
    return this.#manyAfterAll(rest);
  }

  #settleOne(outcome: GoodOutcome | BadOutcome): SpanFailure | undefined {
    if (outcome.kind === 'bad' && outcome.reason === 'RECORD_TOO_LARGE') return this.#tooLarge(outcome);
    if (outcome.kind === 'bad' && !isAboutKeys(outcome.reason)) {
      return this.#rejectAll(outcome.reason, this.#bytes.offsetOf(outcome.offset));
    }
    const rest = this.#bytes.behind(outcome.next);
    if (rest !== undefined) return this.#manyAfterAll(rest);
    if (outcome.kind === 'bad') return this.#rejectOne(outcome);
    const bad = this.#settle(outcome, this.#path);
    return bad && this.#rejectOne(bad);
  }

  /** The first value is followed by something: by another value, or the file is bad. */
  #manyAfterAll(rest: number): SpanFailure | undefined {
    const [next] = this.#file.bytesAt(rest, rest + 1);
    if (!beginsJson(next!, this.#scan)) return this.#rejectAll('UNEXPECTED_CHARACTER', rest);
    this.#bytes.begin(this.#files.grown?.from ?? 0);
    const { bytes, pos, end } = this.#window;
    const offset = this.#bytes.offsetOf(skipBlanks(bytes, pos, end));
    const text = this.#file.bytesAt(offset, rest);
    // As a line: without a newline in it, and with one behind it.
    const newline = text.indexOf(NEWLINE);
    const isLine = newline !== -1 && skipBlanks(text, newline, text.byteLength) === text.byteLength;
    return this.#many(isLine ? 'ndjson' : 'values');
  }

  #many(layout: RecordLayout): SpanFailure | undefined {
    let failure: SpanFailure | undefined;
    this.#begin(layout, true, Number.MAX_SAFE_INTEGER);
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
        const isCut = outcome.reason === 'UNEXPECTED_END' && (layout === 'array' || layout === 'object');
        const isKept = this.#output.isCutOff(outcome.reason, this.#bytes.offsetOf(outcome.offset), this.#file);
        return failure === undefined && !isCut && !isKept;
      },
    });
    return ended === 'halted' ? failure : this.#endMany(layout, ended);
  }

  #endMany(layout: RecordLayout, ended: Ended): SpanFailure | undefined {
    if (layout === 'ndjson' || layout === 'values') return undefined;
    const { end: bytes } = this.#file;
    if (ended === 'truncated') {
      if (!this.#output.keepsCut) return this.#reject('UNEXPECTED_END', bytes, bytes, bytes);
      return this.#output.noteCut({ file: this.#file.path, offset: bytes });
    }
    // Behind the closing bracket.
    const rest = this.#bytes.behind(this.#window.pos);
    return rest === undefined ? undefined : this.#reject('UNEXPECTED_CHARACTER', rest, rest, bytes);
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

  #rejectOne({ reason, offset, start, end, next, afterComma, ...why }: BadOutcome): SpanFailure | undefined {
    if (reason === 'RECORD_TOO_LARGE') return this.#tooLarge({ offset, start, end });
    const run = this.#scanner.badRun({ end, next, afterComma }, this.#output.runMax, Number.MAX_SAFE_INTEGER);
    const [at, from] = [this.#bytes.offsetOf(offset), this.#bytes.offsetOf(start)];
    const more = { records: 1 + run.records, why: whyOf(why) };
    const failure = this.#reject(reason, at, from, this.#bytes.offsetOf(run.end), more);
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
    { records = 1, mayBeCut = true, why }: { records?: number; mayBeCut?: boolean; why?: Why } = {},
  ) {
    const bad = { ...this.#placed('bad record', offset, start, end), reason, ...why };
    // From the file: the kernel may have written a line over it.
    const isCut = mayBeCut && this.#output.isCutOff(reason, offset, this.#file);
    if (isCut) this.#output.noteCut({ file: this.#file.path, offset, start });
    const failure = this.#output.reject(bad, () => this.#file.bytesAt(start, end), records, isCut);
    this.#scanner.skipNumbers(records);
    return failure;
  }

  #tooLarge({ start, end }: Pick<BadOutcome, 'offset' | 'start' | 'end'>): SpanFailure {
    return this.#placed(
      'too large',
      this.#bytes.offsetOf(start),
      this.#bytes.offsetOf(start),
      this.#bytes.offsetOf(end),
    );
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
