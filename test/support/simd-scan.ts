// The SIMD kernel driven as a worker drives it: a window filled again and again, frames taken, heaps spilled, doubtful
// records settled by the twin. What a scan returns comes from what a shard and a run would hold.

import type { BadRecord, Scan, ScannedRecord, ScanOptions, ScanResult } from '../../src/kernel/contract.js';
import { NOWHERE } from '../../src/kernel/plain/kernel.js';
import { Event, SimdKernel } from '../../src/kernel/simd/kernel.js';

export interface SimdSizes {
  /** Source bytes given to the kernel at a time. */
  readonly windowBytes: number;
  /** Text of a frame before it is taken. */
  readonly frameBytes: number;
  readonly heapBytes: number;
}

export const SIZES: SimdSizes = { windowBytes: 1 << 16, frameBytes: 1 << 12, heapBytes: 1 << 18 };

/** A part of a source: from a boundary to the first one at or after `to`. */
export interface Span {
  readonly from: number;
  readonly afterComma: boolean;
  readonly to: number;
}

export interface SpanResult extends ScanResult {
  /** The boundary the scan stopped at; -1 when it read on to the end of the container or source. */
  readonly exit: number;
  /** Good records that the twin had to read: the kernel was too cautious about them. */
  readonly settled: number;
}

const SHARD = 7;
const RUN_BYTES = 1 << 14;
const ENTRY_HEADER_BYTES = 10;
const textDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Making a kernel takes a millisecond, so scans of the same sizes share one. */
const made = new Map<string, SimdKernel>();

function kernelOf({ windowBytes, heapBytes }: SimdSizes, depthMax: number): SimdKernel {
  const name = `${windowBytes} ${heapBytes} ${depthMax}`;
  const kernel = made.get(name) ?? new SimdKernel({ windowBytes, heapBytes }, depthMax);
  made.set(name, kernel);
  return kernel;
}

/** The SIMD kernel as a `Scan`. */
export function simdScan(sizes: Partial<SimdSizes> = {}): Scan {
  return (source, options) => {
    const { records, bad, end } = scanSpan(source, options, undefined, sizes);
    return { records, bad, end };
  };
}

/** Scans a span of a source, or all of it. */
export function scanSpan(
  source: Uint8Array,
  options: ScanOptions,
  span: Span = { from: 0, afterComma: false, to: Number.MAX_SAFE_INTEGER },
  sizes: Partial<SimdSizes> = {},
): SpanResult {
  return new SpanReader(source, options, span, { ...SIZES, ...sizes }).read();
}

class SpanReader {
  readonly #kernel: SimdKernel;
  /** Bytes of the source given to the kernel. */
  #given: number;
  readonly #lines: string[] = [];
  /** By ordinal. */
  readonly #keys: [number, string][][] = [];
  readonly #bad: BadRecord[] = [];
  #settled = 0;
  /** The result's, once it is known. */
  #end: number | undefined;
  #exit = NOWHERE;

  constructor(
    readonly source: Uint8Array,
    readonly options: ScanOptions,
    span: Span,
    sizes: SimdSizes,
  ) {
    this.#kernel = kernelOf(sizes, options.depthMax);
    this.#given = span.from;
    this.#kernel.begin(options, SHARD, sizes.frameBytes, span.afterComma);
    this.#kernel.standAt(span.from, span.to);
  }

  read(): SpanResult {
    let stood = '';
    for (let idle = 0; this.#end === undefined; ) {
      this.#step();
      const stands = this.#standing;
      idle = stands === stood ? idle + 1 : 0;
      stood = stands;
      if (idle > 10) throw new Error(`the kernel stands still at ${stands}`);
    }
    this.#takeFrame();
    this.#takeEntries();
    const records = this.#lines.map((line, ordinal): ScannedRecord => {
      const keys = this.#keys[ordinal] ?? [];
      return { line, keys: keys.sort(([left], [right]) => left - right) };
    });
    if (this.#keys.length > records.length) throw new Error('a record has keys and no line');
    return { records, bad: this.#bad, end: this.#end as number, exit: this.#exit, settled: this.#settled };
  }

  /** Changes whenever the scan gets on. */
  get #standing(): string {
    const { raw } = this.#kernel;
    return [this.#kernel.fileOffset(raw.pos()), this.#given, raw.ordinal(), raw.frameRecords(), raw.entries()].join(
      ' ',
    );
  }

  #step(): void {
    const { raw } = this.#kernel;
    const event = raw.next();
    if (event === Event.MORE) this.#fill();
    else if (event === Event.FRAME) this.#takeFrame();
    else if (event === Event.SPILL) this.#takeEntries();
    else if (event === Event.SUSPECT) this.#settle();
    else if (event === Event.END) this.#end = this.#kernel.fileOffset(raw.pos());
    else if (event === Event.STOP) this.#end = this.#exit = this.#kernel.fileOffset(raw.pos());
    else throw new Error(`the kernel knows no event ${event}`);
  }

  #fill(): void {
    const { at, bytes } = this.#kernel.makeRoom();
    const taken = this.source.subarray(this.#given, this.#given + bytes);
    this.#kernel.bytes.set(taken, at);
    this.#given += taken.byteLength;
    this.#kernel.raw.loaded(taken.byteLength, this.#isAllGiven ? 1 : 0);
  }

  get #isAllGiven(): boolean {
    return this.#given === this.source.byteLength;
  }

  #takeFrame(): void {
    const { plain, records } = this.#kernel.frame();
    const lines = textDecoder.decode(plain).split('\n');
    if (lines.pop() !== '' || lines.length !== records) throw new Error('a frame does not hold the lines it counts');
    this.#lines.push(...lines);
    this.#kernel.raw.frameTaken();
  }

  /** Entries in the order the kernel added them: not sorted, so that the order of a record's keys can be seen. */
  #takeEntries(): void {
    const { raw } = this.#kernel;
    for (let bytes = raw.takeRun(RUN_BYTES); bytes > 0; bytes = raw.takeRun(RUN_BYTES)) {
      const run = Buffer.from(this.#kernel.bytes.slice(raw.out(), raw.out() + bytes));
      for (let at = 0; at < run.byteLength; at += ENTRY_HEADER_BYTES + run.readUInt16LE(at + 8)) {
        if (run.readUInt32LE(at) !== SHARD) throw new Error('an entry is of another shard');
        const ordinal = run.readUInt32LE(at + 4);
        const end = at + ENTRY_HEADER_BYTES + run.readUInt16LE(at + 8);
        this.#keys[ordinal] ??= [];
        this.#keys[ordinal].push([run[at + 10]!, run.toString('hex', at + 11, end)]);
      }
    }
    raw.clearEntries();
  }

  #settle(): void {
    const kernel = this.#kernel;
    const outcome = kernel.settle(this.#isAllGiven);
    switch (outcome.kind) {
      case 'more':
        this.#fill();
        return;
      case 'end':
        this.#end = outcome.next === NOWHERE ? NOWHERE : kernel.fileOffset(outcome.next);
        return;
      case 'record':
        this.#settled++;
        for (const [index, key] of outcome.record.keys) this.#addEntry(index, key);
        kernel.raw.resume(outcome.next, outcome.afterComma ? 1 : 0);
        kernel.addLine(outcome.record.line);
        return;
      case 'bad': {
        const record = kernel.raw.ordinal() + this.#bad.length;
        const [start, end] = [kernel.fileOffset(outcome.start), kernel.fileOffset(outcome.end)];
        this.#bad.push({ reason: outcome.reason, offset: kernel.fileOffset(outcome.offset), record, start, end });
        if (outcome.next === NOWHERE) this.#end = NOWHERE;
        else kernel.raw.resume(outcome.next, outcome.afterComma ? 1 : 0);
      }
    }
  }

  #addEntry(index: number, key: string): void {
    if (this.#kernel.addEntry(SHARD, index, key)) return;
    this.#takeEntries();
    if (!this.#kernel.addEntry(SHARD, index, key)) throw new Error('the heap is too small for one entry');
  }
}
