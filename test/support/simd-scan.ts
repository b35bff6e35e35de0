// The SIMD kernel driven as a worker drives it: a window filled again and again, frames taken, heaps spilled, doubtful
// records settled by the twin. What a scan returns comes from what a shard and a run would hold.

import type { BadRecord, Scan, ScannedRecord, ScanOptions, ScanResult } from '../../src/kernel/contract.js';
import { decodeEntry, entryBytes } from '../../src/kernel/entry.js';
import { NOWHERE } from '../../src/kernel/plain/kernel.js';
import { SimdKernel } from '../../src/kernel/simd/kernel.js';
import type { BadOutcome, GoodOutcome, ScanClient } from '../../src/kernel/simd/scanner.js';

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

class SpanReader implements ScanClient {
  readonly #kernel: SimdKernel;
  /** Bytes of the source given to the kernel. */
  #given: number;
  readonly #lines: string[] = [];
  /** By ordinal. */
  readonly #keys: [number, string][][] = [];
  readonly #bad: BadRecord[] = [];
  #settled = 0;
  /** Where the scan stood when it was last asked for something, and how often it has been there since. */
  #stood = '';
  #idle = 0;

  constructor(
    readonly source: Uint8Array,
    readonly options: ScanOptions,
    span: Span,
    sizes: SimdSizes,
  ) {
    this.#kernel = kernelOf(sizes, options.depthMax);
    this.#given = span.from;
    this.#kernel.scanner.begin(options, SHARD, sizes.frameBytes, span.afterComma);
    this.#kernel.scanner.standAt(span.from, span.to);
  }

  read(): SpanResult {
    const ended = this.#kernel.scanner.pump(this);
    const at = this.#kernel.window.fileOffset(this.#kernel.window.pos);
    this.frame();
    this.#takeEntries();
    const records = this.#lines.map((line, ordinal): ScannedRecord => {
      const keys = this.#keys[ordinal] ?? [];
      return { line, keys: keys.sort(([left], [right]) => left - right) };
    });
    if (this.#keys.length > records.length) throw new Error('a record has keys and no line');
    // Halted: by a record beyond its limit, behind which nothing is read.
    const end = ended === 'end' || ended === 'stop' ? at : NOWHERE;
    const exit = ended === 'stop' ? at : NOWHERE;
    return { records, bad: this.#bad, end, exit, settled: this.#settled };
  }

  fill(): true {
    this.#getsOn();
    const { window } = this.#kernel;
    const { at, bytes } = window.makeRoom();
    const taken = this.source.subarray(this.#given, this.#given + bytes);
    window.bytes.set(taken, at);
    this.#given += taken.byteLength;
    window.loaded(taken.byteLength, this.#given === this.source.byteLength);
    return true;
  }

  frame(): true {
    this.#getsOn();
    const { scanner } = this.#kernel;
    const { plain, records } = scanner.frame();
    const lines = textDecoder.decode(plain).split('\n');
    if (lines.pop() !== '' || lines.length !== records) throw new Error('a frame does not hold the lines it counts');
    this.#lines.push(...lines);
    scanner.frameTaken();
    return true;
  }

  spill(): void {
    this.#getsOn();
    this.#takeEntries();
  }

  /** In the order the kernel added them: not sorted, so that the order of a record's keys can be seen. */
  #takeEntries(): void {
    const { entries } = this.#kernel;
    entries.hide();
    for (let run = entries.takeRun(RUN_BYTES); run.byteLength > 0; run = entries.takeRun(RUN_BYTES)) {
      for (let at = 0; at < run.byteLength; at += entryBytes(run, at)) {
        const { shard, ordinal, index, key } = decodeEntry(run, at);
        if (shard !== SHARD) throw new Error('an entry is of another shard');
        this.#keys[ordinal] ??= [];
        this.#keys[ordinal].push([index, Buffer.from(key).toString('hex')]);
      }
    }
    entries.clear();
  }

  record(outcome: GoodOutcome): true {
    this.#getsOn();
    this.#settled++;
    const { entries, scanner } = this.#kernel;
    entries.addKeys(SHARD, outcome.record.keys, () => this.#takeEntries());
    scanner.accept(outcome.record.line, outcome);
    return true;
  }

  bad(outcome: BadOutcome): boolean {
    this.#getsOn();
    const { scanner, window } = this.#kernel;
    const [offset, start, end] = [outcome.offset, outcome.start, outcome.end].map((at) => window.fileOffset(at));
    const record = scanner.ordinal + this.#bad.length;
    this.#bad.push({ reason: outcome.reason, offset: offset!, record, start: start!, end: end! });
    if (outcome.next === NOWHERE) return false;
    scanner.resume(outcome);
    return true;
  }

  /** @throws when the kernel asks again and again, and gets nowhere */
  #getsOn(): void {
    const { scanner, window, entries } = this.#kernel;
    const { records } = scanner.frame();
    const facts = [
      window.fileOffset(window.pos),
      this.#given,
      scanner.ordinal,
      records,
      entries.count,
      this.#bad.length,
    ];
    const stands = facts.join(' ');
    this.#idle = stands === this.#stood ? this.#idle + 1 : 0;
    this.#stood = stands;
    if (this.#idle > 10) throw new Error(`the kernel stands still at ${stands}`);
  }
}
