// source > plan > [map > scan > key > frame > shard] > verify > merge > publish
//
// One span, in a worker: from the boundary it begins at to the first boundary at or after its end. Fills the kernel's
// window, and does what the kernel asks: takes full frames to the shard, full heaps to a run, unusual records to the twin.

import { FRAME_BYTES, GUESS_BYTES } from '../../base/limits.js';
import type { BadOutcome, GoodOutcome, ScanClient, Scanner } from '../../kernel/simd/scanner.js';
import type { Window } from '../../kernel/simd/window.js';
import type { Blobs } from '../../store/files/blobs.js';
import { openSource } from '../source/open.js';
import type { Source } from '../source/source.js';
import type { Boundary, SpanFailure, SpanOrder, SpanResult, SpanTask } from '../tasks/span.js';
import { guessBoundary, NO_GUESS } from './guess.js';
import { scanFiles } from './scan-files.js';
import { hashAtOnce } from './span-hash.js';
import { SpanOutput } from './span-output.js';

export { Cancelled } from './span-output.js';

/** Bytes read past the end of a span at a time: usually its last record ends in them. */
const OVERHANG_BYTES = 64 * 1024;

/** @throws GristmillError SOURCE_CHANGED, IO_ERROR, DISK_FULL; Cancelled */
export function scanSpan(task: SpanOrder, blobs: Blobs): SpanResult {
  if (task.files !== undefined) return scanFiles(task, task.files, blobs);
  const file = openSource(task.path, task.setup.access, task.fingerprint);
  try {
    const entry = task.entry ?? guessEntry(file, task);
    if (entry.at === NO_GUESS || (entry.at >= task.to && !task.isLast)) return nothingAt(entry.at);
    return new SpanScan(file, task, entry, blobs).run();
  } finally {
    file.close();
  }
}

function guessEntry(file: Source, { framing, from, to, fingerprint }: SpanTask): Boundary {
  const afterComma = framing === 'array' || framing === 'object';
  // One byte early: a comma or newline just before the span makes its first byte a boundary.
  const early = framing === 'values' ? from : from - 1;
  for (let bytes = GUESS_BYTES; ; bytes *= 4) {
    const lookahead = new Uint8Array(Math.min(bytes, fingerprint.bytes - early));
    file.read(lookahead, early);
    const guess = guessBoundary(lookahead, framing, early + lookahead.byteLength === fingerprint.bytes);
    if (guess !== NO_GUESS) return { at: early + guess, afterComma };
    if (early + bytes >= to) return { at: NO_GUESS, afterComma };
  }
}

function nothingAt(entry: number): SpanResult {
  return {
    entry,
    exit: entry,
    ended: false,
    read: 0,
    rejected: 0,
    runs: [],
    losers: new Uint32Array(),
    progressBytes: 0,
  };
}

/** The scan of one span, with the callbacks that the kernel's loop needs. */
class SpanScan implements ScanClient {
  readonly #file: Source;
  readonly #task: SpanTask;
  readonly #output: SpanOutput;
  readonly #scanner: Scanner;
  readonly #window: Window;
  readonly #entry: number;
  /** File offset up to which the kernel has been given bytes. */
  #position: number;
  #progressBytes = 0;
  #recordsTold = 0;
  #failure: SpanFailure | undefined;
  #ended = false;

  constructor(file: Source, task: SpanOrder, entry: Boundary, blobs: Blobs) {
    const output = new SpanOutput(task, blobs);
    const { scanner, window } = output.kernel;
    this.#file = file;
    this.#task = task;
    this.#output = output;
    this.#scanner = scanner;
    this.#window = window;
    this.#entry = entry.at;
    this.#position = entry.at;
    scanner.begin({ ...task.setup.scan, framing: task.framing }, task.shard, FRAME_BYTES, entry.afterComma);
    scanner.standAt(entry.at, this.#stop);
  }

  run(): SpanResult {
    return this.#output.complete(
      () => this.#scan(),
      () => {
        this.#tellProgress();
        const failure = this.#failure;
        const exit = this.#window.fileOffset(this.#window.pos);
        const isHashed = this.#task.setup.hashesSpans && this.#task.framing === 'lines' && failure === undefined;
        return {
          entry: this.#entry,
          exit,
          ...(isHashed && { hash: hashAtOnce(this.#file, this.#entry, exit) }),
          ended: this.#ended,
          ...(failure && { failure }),
          progressBytes: this.#progressBytes,
        };
      },
    );
  }

  #scan(): void {
    const ended = this.#scanner.pump(this);
    this.#ended = ended === 'end' || ended === 'truncated';
    if (ended === 'truncated') this.#fail(this.#badAt('truncated', this.#window.end));
  }

  fill(): true {
    this.#output.throwIfCancelled();
    const window = this.#window;
    const unfinished = window.end - window.pos;
    const { at, bytes } = window.makeRoom();
    const { to, fingerprint } = this.#task;
    // Past the end of the span: little, unless the last record is large (see makeRoom).
    const wanted = Math.max(to - this.#position, 0) + Math.max(OVERHANG_BYTES, unfinished);
    const taken = Math.min(bytes, wanted, fingerprint.bytes - this.#position);
    this.#output.clock.ends('scan');
    this.#file.read(window.bytes.subarray(at, at + taken), this.#position);
    this.#output.clock.ends('map');
    this.#position += taken;
    window.loaded(taken, this.#position === fingerprint.bytes);
    this.#tellProgress();
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
    if (reason === 'RECORD_TOO_LARGE') return this.#fail(this.#badAt('too large', start, start, end));
    const { framing } = this.#task;
    // A container that the source ends in is not closed, whatever one thinks of its last record.
    const isCut = reason === 'UNEXPECTED_END' && (framing === 'array' || framing === 'object');
    if (isCut) return this.#fail(this.#badAt('truncated', offset, start, end));
    const bad = { ...this.#badAt('bad record', offset, start, end), reason };
    const run = this.#scanner.badRun({ end, next, afterComma }, this.#output.runMax, this.#stop);
    const failure = this.#output.reject(bad, () => this.#window.bytes.subarray(start, run.end), 1 + run.records);
    if (failure) return this.#fail(failure);
    this.#scanner.resume(run);
    return true;
  }

  /** The span ends at the first boundary from this file offset on. */
  get #stop(): number {
    return this.#task.isLast ? Number.MAX_SAFE_INTEGER : this.#task.to;
  }

  #fail(failure: SpanFailure): false {
    this.#failure = failure;
    return false;
  }

  /** Describes the fault of the current record. It takes addresses and returns offsets of the file. */
  #badAt(kind: SpanFailure['kind'], address: number, start = address, end = address): SpanFailure {
    const [offset, from, to] = [address, start, end].map((at) => this.#window.fileOffset(at)) as [
      number,
      number,
      number,
    ];
    return { kind, offset, start: from, end: to, record: this.#output.read };
  }

  #tellProgress(): void {
    const bytes = Math.min(this.#position, this.#task.to) - this.#task.from - this.#progressBytes;
    const { read } = this.#output;
    this.#output.progress.add(bytes, read - this.#recordsTold);
    this.#progressBytes += bytes;
    this.#recordsTold = read;
  }
}
