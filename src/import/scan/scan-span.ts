// source > plan > [map > scan > key > frame > shard] > verify > merge > publish
//
// One span, in a worker: from the boundary it begins at to the first boundary at or after its end. Fills the kernel's
// window, and does what the kernel asks: takes full frames to the shard, full heaps to a run, unusual records to the twin.

import { FRAME_BYTES, GUESS_BYTES } from '../../base/limits.js';
import type { Blobs } from '../../store/files/blobs.js';
import { openSource } from '../source/open.js';
import type { Source } from '../source/source.js';
import type { Boundary, SpanOrder, SpanResult, SpanTask } from '../tasks/span.js';
import { guessBoundary, NO_GUESS } from './guess.js';
import { RecordScan } from './record-scan.js';
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

/** The scan of one span. */
class SpanScan extends RecordScan {
  readonly #task: SpanTask;
  readonly #entry: number;
  #progressBytes = 0;
  #recordsTold = 0;
  #ended = false;

  constructor(file: Source, task: SpanOrder, entry: Boundary, blobs: Blobs) {
    const { framing, isLast, to, fingerprint } = task;
    const stop = isLast ? Number.MAX_SAFE_INTEGER : to;
    super(file, new SpanOutput(task, blobs), { framing, from: entry.at, stop, bytes: fingerprint.bytes });
    this.#task = task;
    this.#entry = entry.at;
    this.scanner.begin({ ...task.setup.scan, framing }, task.shard, FRAME_BYTES, entry.afterComma);
    this.scanner.standAt(entry.at, stop);
  }

  run(): SpanResult {
    return this.output.complete(
      () => this.#scan(),
      () => {
        this.#tellProgress();
        const { failure } = this;
        const exit = this.window.fileOffset(this.window.pos);
        const isHashed = this.#task.setup.hashesSpans && this.#task.framing === 'lines' && failure === undefined;
        return {
          entry: this.#entry,
          exit,
          ...(isHashed && { hash: hashAtOnce(this.file, this.#entry, exit) }),
          ended: this.#ended,
          ...(failure && { failure }),
          progressBytes: this.#progressBytes,
        };
      },
    );
  }

  #scan(): void {
    const ended = this.scanner.pump(this);
    this.#ended = ended === 'end' || ended === 'truncated';
    if (ended === 'truncated') this.fail(this.badAt('truncated', this.window.end));
  }

  override fill(): true {
    this.output.throwIfCancelled();
    const unfinished = this.window.end - this.window.pos;
    // Past the end of the span: little, unless the last record is large (see makeRoom).
    this.load(Math.max(this.#task.to - this.position, 0) + Math.max(OVERHANG_BYTES, unfinished));
    this.#tellProgress();
    return true;
  }

  #tellProgress(): void {
    const bytes = Math.min(this.position, this.#task.to) - this.#task.from - this.#progressBytes;
    const { read } = this.output;
    this.output.progress.add(bytes, read - this.#recordsTold);
    this.#progressBytes += bytes;
    this.#recordsTold = read;
  }
}
