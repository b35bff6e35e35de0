// source > plan > [map > scan > key > frame > shard] > verify > merge > publish
//
// One span, in a worker: from the boundary it begins at to the first boundary at or after its end. Fills the kernel's
// window, and does what the kernel asks: takes full frames to the shard, full heaps to a run, unusual records to the twin.

import { basename } from 'node:path';
import { NOWHERE, type RecordOutcome } from '../kernel/plain.js';
import { Event, type SimdKernel } from '../kernel/simd.js';
import { ENTRY_HEAP_BYTES, FRAME_BYTES, GUESS_BYTES } from '../limits.js';
import type { Blobs } from '../store/blobs.js';
import type { ShardOrigin } from '../store/shard-origin.js';
import { ShardWriter } from '../store/shard-write.js';
import { Compressor } from '../store/zstd.js';
import { guessBoundary, NO_GUESS } from './guess.js';
import { Rejects } from './rejects.js';
import { RunWriter } from './run-write.js';
import { SharedProgress } from './shared-progress.js';
import { SourceFile } from './source-file.js';
import type { Boundary, ScanSetup, SpanFailure, SpanResult, SpanTask } from './span-types.js';
import { StageClock } from './stage-clock.js';
import { threadKernel } from './thread-kernel.js';

/** Bytes read past the end of a span at a time: usually its last record ends in them. */
const OVERHANG_BYTES = 64 * 1024;

/** A cancelled span: its result is of no use to anyone. */
export class Cancelled extends Error {}

type BadOutcome = RecordOutcome & { readonly kind: 'bad' };

/** The thread's compressor, by its level: a context is worth keeping. */
let compressor: { readonly level: number; readonly compressor: Compressor } | undefined;

function compressorFor(level: number): Compressor {
  if (compressor?.level !== level) compressor = { level, compressor: new Compressor(level) };
  return compressor.compressor;
}

function kernelFor({ id, windowBytes, scan }: ScanSetup): SimdKernel {
  return threadKernel({ id, heapBytes: ENTRY_HEAP_BYTES, windowBytes, depthMax: scan.depthMax });
}

/** @throws GristmillError SOURCE_CHANGED, IO_ERROR, DISK_FULL; Cancelled */
export function scanSpan(task: SpanTask, blobs: Blobs): SpanResult {
  const file = SourceFile.open(task.path, task.setup.access, task.fingerprint);
  try {
    const entry = task.entry ?? guessEntry(file, task);
    if (entry.at === NO_GUESS || (entry.at >= task.to && !task.isLast)) return nothingAt(entry.at);
    return new SpanScan(file, task, entry, blobs).run();
  } finally {
    file.close();
  }
}

function guessEntry(file: SourceFile, { framing, from, to, fingerprint }: SpanTask): Boundary {
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

class SpanScan {
  readonly #file: SourceFile;
  readonly #task: SpanTask;
  readonly #blobs: Blobs;
  readonly #kernel: SimdKernel;
  readonly #compressor: Compressor;
  readonly #entry: number;
  readonly #runs: RunWriter;
  readonly #rejects: Rejects;
  readonly #progress: SharedProgress;
  readonly #clock: StageClock;
  #shard: ShardWriter | undefined;
  /** File offset up to which the kernel has been given bytes. */
  #position: number;
  #progressBytes = 0;
  #recordsTold = 0;
  #failure: SpanFailure | undefined;
  #ended = false;

  constructor(file: SourceFile, task: SpanTask, entry: Boundary, blobs: Blobs) {
    const kernel = kernelFor(task.setup);
    this.#file = file;
    this.#task = task;
    this.#blobs = blobs;
    this.#kernel = kernel;
    this.#compressor = compressorFor(task.setup.level);
    this.#entry = entry.at;
    this.#position = entry.at;
    this.#runs = new RunWriter(blobs, task.runPath, task.shard);
    const { onBadRecord, namesDuplicates } = task.setup;
    this.#rejects = new Rejects(blobs, task.badPath, onBadRecord === 'quarantine', namesDuplicates);
    this.#progress = new SharedProgress(task.setup.shared);
    this.#clock = new StageClock(this.#progress);
    kernel.begin({ ...task.setup.scan, framing: task.framing }, task.shard, FRAME_BYTES, entry.afterComma);
    kernel.standAt(entry.at, task.isLast ? Number.MAX_SAFE_INTEGER : task.to);
  }

  run(): SpanResult {
    try {
      while (this.#step());
      this.#takeFrame();
      this.#writeRun();
      this.#rejects.finish();
      return this.#result();
    } catch (error) {
      this.#shard?.abort();
      throw error;
    } finally {
      this.#runs.close();
      this.#rejects.close();
    }
  }

  /** Does what the kernel asks for next; false when the span is done. */
  #step(): boolean {
    switch (this.#kernel.raw.next()) {
      case Event.MORE:
        return this.#fill();
      case Event.FRAME:
        return this.#takeFrame();
      case Event.SPILL:
        return this.#writeRun();
      case Event.SUSPECT:
        return this.#settle();
      case Event.END:
        this.#ended = true;
        return false;
      default:
        return false;
    }
  }

  #fill(): true {
    if (this.#progress.isCancelled) throw new Cancelled();
    const { raw } = this.#kernel;
    const unfinished = raw.end() - raw.pos();
    const { at, bytes } = this.#kernel.makeRoom();
    const { to, fingerprint } = this.#task;
    // Past the end of the span: little, unless the last record is large (see makeRoom).
    const wanted = Math.max(to - this.#position, 0) + Math.max(OVERHANG_BYTES, unfinished);
    const taken = Math.min(bytes, wanted, fingerprint.bytes - this.#position);
    this.#clock.ends('scan');
    this.#file.read(this.#kernel.bytes.subarray(at, at + taken), this.#position);
    this.#clock.ends('map');
    this.#position += taken;
    raw.loaded(taken, this.#position === fingerprint.bytes ? 1 : 0);
    this.#tellProgress();
    return true;
  }

  #takeFrame(): true {
    // Here too: at a high compression level a window takes long.
    if (this.#progress.isCancelled) throw new Cancelled();
    const { plain, records } = this.#kernel.frame();
    this.#clock.ends('scan');
    if (records > 0) {
      this.#shard ??= ShardWriter.create(this.#blobs, this.#task.shardPath, this.#compressor);
      this.#shard.append(plain, records);
    }
    this.#kernel.raw.frameTaken();
    this.#clock.ends('frame');
    return true;
  }

  #writeRun(): true {
    this.#clock.ends('scan');
    this.#runs.write(this.#kernel, this.#task.setup.keep);
    this.#clock.ends('key');
    return true;
  }

  /** The kernel stopped at a record: the twin says what it is. */
  #settle(): boolean {
    const kernel = this.#kernel;
    const outcome = kernel.settle(this.#position === this.#task.fingerprint.bytes);
    switch (outcome.kind) {
      case 'more':
        return this.#fill();
      case 'end':
        // Only an array or object comes here: the source ended before its closing bracket.
        this.#ended = true;
        if (outcome.next === NOWHERE) this.#fail(this.#badAt('truncated', kernel.raw.end()));
        return false;
      case 'record':
        for (const [index, key] of outcome.record.keys) {
          if (kernel.addEntry(this.#task.shard, index, key)) continue;
          this.#writeRun();
          kernel.addEntry(this.#task.shard, index, key);
        }
        kernel.raw.resume(outcome.next, outcome.afterComma ? 1 : 0);
        kernel.addLine(outcome.record.line);
        return true;
      case 'bad':
        return this.#reject(outcome);
    }
  }

  #reject({ reason, offset, start, end, next, afterComma }: BadOutcome): boolean {
    if (reason === 'RECORD_TOO_LARGE') return this.#fail(this.#badAt('too large', start, start, end));
    const { framing, setup } = this.#task;
    // A container that the source ends in is not closed, whatever one thinks of its last record.
    const isCut = reason === 'UNEXPECTED_END' && (framing === 'array' || framing === 'object');
    if (isCut) return this.#fail(this.#badAt('truncated', offset, start, end));
    const bad = { ...this.#badAt('bad record', offset, start, end), reason };
    if (setup.onBadRecord === 'fail') return this.#fail(bad);
    this.#rejects.add(bad, this.#kernel.bytes.subarray(start, end));
    if (this.#rejects.count > setup.badMax) return this.#fail({ ...bad, kind: 'too many bad' });
    this.#kernel.raw.resume(next, afterComma ? 1 : 0);
    return true;
  }

  get #read(): number {
    return this.#kernel.raw.ordinal() + this.#rejects.count;
  }

  #fail(failure: SpanFailure): false {
    this.#failure = failure;
    return false;
  }

  /** What is wrong with the record at hand; given addresses, tells offsets of the file. */
  #badAt(kind: SpanFailure['kind'], address: number, start = address, end = address): SpanFailure {
    const [offset, from, to] = [address, start, end].map((at) => this.#kernel.fileOffset(at));
    return { kind, offset, start: from, end: to, record: this.#read };
  }

  /** What the shard says of where it comes from. */
  #origin(exit: number): ShardOrigin {
    const { setup, path, framing, shard, isLast, sourceNumber, sources, sourceFrom } = this.#task;
    return {
      ...setup.origin,
      shard,
      named: framing === 'object',
      source: { file: basename(path), from: this.#entry, to: exit },
      ...{ sourceNumber, sources, sourceFrom },
      isLast: isLast || this.#ended,
    };
  }

  #tellProgress(): void {
    const bytes = Math.min(this.#position, this.#task.to) - this.#task.from - this.#progressBytes;
    const read = this.#read;
    this.#progress.add(bytes, read - this.#recordsTold);
    this.#progressBytes += bytes;
    this.#recordsTold = read;
  }

  #result(): SpanResult {
    const kernel = this.#kernel;
    this.#tellProgress();
    const exit = kernel.fileOffset(kernel.raw.pos());
    const shard = this.#shard?.finish(this.#origin(exit));
    this.#clock.ends('frame');
    return {
      entry: this.#entry,
      exit,
      ended: this.#ended,
      read: this.#read,
      rejected: this.#rejects.count,
      ...(this.#rejects.first && { firstRejected: this.#rejects.first }),
      ...(this.#task.setup.namesDuplicates && { goodBefore: Uint32Array.from(this.#rejects.goodBefore) }),
      ...(shard && { shard }),
      runs: this.#runs.runs,
      losers: Uint32Array.from(this.#runs.losers),
      ...(this.#runs.duplicate && { duplicate: this.#runs.duplicate }),
      ...(this.#failure && { failure: this.#failure }),
      progressBytes: this.#progressBytes,
    };
  }
}
