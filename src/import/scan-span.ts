// source > plan > [map > scan > key > frame > shard] > verify > merge > publish
//
// One span, in a worker: from the boundary it begins at to the first boundary at or after its end. Fills the kernel's
// window, and does what the kernel asks: takes full frames to the shard, full heaps to a run, unusual records to the twin.

import { Event, SimdKernel } from '../kernel/simd.js';
import { ENTRY_HEAP_BYTES, FRAME_BYTES, GUESS_BYTES } from '../limits.js';
import { ShardWriter } from '../store/shard-write.js';
import { Compressor } from '../store/zstd.js';
import { guessBoundary, NO_GUESS } from './guess.js';
import { Rejects } from './rejects.js';
import { RunWriter } from './run-write.js';
import { SharedProgress } from './shared-progress.js';
import { snippetOf } from './snippet.js';
import { SourceFile } from './source-file.js';
import type { ScanSetup, SpanFailure, SpanResult, SpanTask } from './span-types.js';

/** Bytes read past the end of a span at a time: usually its last record ends in them. */
const OVERHANG_BYTES = 64 * 1024;

/** A cancelled span: its result is of no use to anyone. */
export class Cancelled extends Error {}

interface Tools {
  readonly id: string;
  readonly kernel: SimdKernel;
  readonly compressor: Compressor;
}

let tools: Tools | undefined;

/** The thread's kernel and compressor, made anew for another import. */
function toolsFor(setup: ScanSetup): Tools {
  if (tools?.id === setup.id) return tools;
  const sizes = { heapBytes: ENTRY_HEAP_BYTES, windowBytes: setup.windowBytes };
  tools = {
    id: setup.id,
    kernel: new SimdKernel(sizes, setup.scan.depthMax),
    compressor: new Compressor(setup.level),
  };
  return tools;
}

/** @throws GristmillError SOURCE_CHANGED, IO_ERROR, DISK_FULL; Cancelled */
export function scanSpan(task: SpanTask): SpanResult {
  const file = SourceFile.open(task.path, task.setup.access, task.fingerprint);
  try {
    const entry = task.entry ?? guessEntry(file, task);
    if (entry.at === NO_GUESS || (entry.at >= task.to && !task.isLast)) return nothingAt(entry.at);
    return new SpanScan(file, task, entry).run();
  } finally {
    file.close();
  }
}

function guessEntry(file: SourceFile, task: SpanTask): { at: number; afterComma: boolean } {
  // One byte early: a newline just before the span makes its first byte a boundary.
  const from = task.framing === 'lines' ? task.from - 1 : task.from;
  const lookahead = new Uint8Array(Math.min(GUESS_BYTES, task.fingerprint.bytes - from));
  file.read(lookahead, from);
  const guess = guessBoundary(lookahead, task.framing);
  return { at: guess === NO_GUESS ? NO_GUESS : from + guess, afterComma: task.framing === 'array' || task.framing === 'object' };
}

function nothingAt(entry: number): SpanResult {
  return { entry, exit: entry, ended: false, read: 0, rejected: 0, runs: [], losers: new Uint32Array(), progressBytes: 0 };
}

class SpanScan {
  readonly #file: SourceFile;
  readonly #task: SpanTask;
  readonly #kernel: SimdKernel;
  readonly #compressor: Compressor;
  readonly #entry: number;
  readonly #runs: RunWriter;
  readonly #rejects: Rejects;
  readonly #progress: SharedProgress;
  #shard: ShardWriter | undefined;
  /** File offset up to which the kernel has been given bytes. */
  #position: number;
  #progressBytes = 0;
  #recordsTold = 0;
  #failure: SpanFailure | undefined;
  #ended = false;

  constructor(file: SourceFile, task: SpanTask, entry: { at: number; afterComma: boolean }) {
    const { kernel, compressor } = toolsFor(task.setup);
    this.#file = file;
    this.#task = task;
    this.#kernel = kernel;
    this.#compressor = compressor;
    this.#entry = entry.at;
    this.#position = entry.at;
    this.#runs = new RunWriter(task.runPath);
    this.#rejects = new Rejects(task.badPath, task.setup.onBadRecord === 'quarantine');
    this.#progress = new SharedProgress(task.setup.shared);
    kernel.begin({ ...task.setup.scan, framing: task.framing }, task.shard, FRAME_BYTES, entry.afterComma);
    kernel.standAt(entry.at, task.isLast ? Number.MAX_SAFE_INTEGER : task.to);
  }

  run(): SpanResult {
    try {
      while (this.#step());
      this.#takeFrame();
      this.#runs.write(this.#kernel, this.#task.setup.keep);
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
        this.#runs.write(this.#kernel, this.#task.setup.keep);
        return true;
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
    const { at, bytes } = this.#kernel.makeRoom();
    const { to, fingerprint } = this.#task;
    const wanted = Math.max(to - this.#position, 0) + OVERHANG_BYTES;
    const taken = Math.min(bytes, wanted, fingerprint.bytes - this.#position);
    this.#file.read(this.#kernel.bytes.subarray(at, at + taken), this.#position);
    this.#position += taken;
    this.#kernel.raw.loaded(taken, this.#position === fingerprint.bytes ? 1 : 0);
    this.#tellProgress();
    return true;
  }

  #takeFrame(): true {
    const { plain, records } = this.#kernel.frame();
    if (records > 0) {
      this.#shard ??= ShardWriter.create(this.#task.shardPath, this.#compressor);
      this.#shard.append(plain, records);
    }
    this.#kernel.raw.frameTaken();
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
        if (outcome.next === -1) this.#fail('truncated', kernel.raw.end());
        return false;
      case 'record':
        for (const [index, key] of outcome.record.keys) {
          if (kernel.addEntry(this.#task.shard, index, key)) continue;
          this.#runs.write(kernel, this.#task.setup.keep);
          kernel.addEntry(this.#task.shard, index, key);
        }
        kernel.raw.resume(outcome.next, outcome.afterComma ? 1 : 0);
        kernel.addLine(outcome.record.line);
        return true;
      case 'bad': {
        if (outcome.reason === 'RECORD_TOO_LARGE') return this.#fail('too large', outcome.start);
        const { onBadRecord, badMax } = this.#task.setup;
        if (onBadRecord === 'fail') return this.#fail('bad record', outcome.offset, outcome.reason);
        const raw = kernel.bytes.subarray(outcome.start, outcome.end);
        this.#rejects.add(kernel.fileOffset(outcome.offset), this.#read, outcome.reason, raw);
        if (this.#rejects.count > badMax) return this.#fail('too many bad', outcome.offset, outcome.reason);
        kernel.raw.resume(outcome.next, outcome.afterComma ? 1 : 0);
        return true;
      }
    }
  }

  get #read(): number {
    return this.#kernel.raw.ordinal() + this.#rejects.count;
  }

  #fail(kind: SpanFailure['kind'], address: number, reason?: SpanFailure['reason']): false {
    const kernel = this.#kernel;
    const seen = kernel.bytes.subarray(0, kernel.raw.end());
    const from = Math.max(kernel.raw.pos(), address - 20);
    const snippet = snippetOf(seen.subarray(from), address - from);
    const failure = { kind, offset: kernel.fileOffset(address), record: this.#read, snippet };
    this.#failure = reason === undefined ? failure : { ...failure, reason };
    return false;
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
    const shard = this.#shard?.finish();
    return {
      entry: this.#entry,
      exit: kernel.fileOffset(kernel.raw.pos()),
      ended: this.#ended,
      read: this.#read,
      rejected: this.#rejects.count,
      ...(shard && { shard }),
      runs: this.#runs.runs,
      losers: Uint32Array.from(this.#runs.losers),
      ...(this.#runs.duplicate && { duplicate: this.#runs.duplicate }),
      ...(this.#failure && { failure: this.#failure }),
      progressBytes: this.#progressBytes,
    };
  }
}
