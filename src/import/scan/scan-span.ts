// source > plan > [map > scan > key > frame > shard] > verify > merge > publish
//
// One span, in a worker: from the boundary it begins at to the first boundary at or after its end. Fills the kernel's
// window, and does what the kernel asks: takes full frames to the shard, full heaps to a run, unusual records to the twin.

import { FRAME_BYTES, GUESS_BYTES } from '../../base/limits.js';
import { countNewlines } from '../../kernel/plain/bytes.js';
import { SharedProgress } from '../../parallel/shared-progress.js';
import { Provable } from '../../profile/provable.js';
import type { Blobs } from '../../store/files/blobs.js';
import { ChunkSource, RanOut } from '../feed/chunk.js';
import { rulesIn } from '../rules/rules.js';
import { openPlain } from '../sequence/plain.js';
import type { Source } from '../source/source.js';
import type { Boundary, Documents, SpanFailure, SpanOrder, SpanResult, SpanTask } from '../tasks/span.js';
import { spanPaths } from '../tasks/span-paths.js';
import { DocumentScan } from './document-scan.js';
import { guessBoundary, NO_GUESS } from './guess.js';
import { RecordScan } from './record-scan.js';
import { scanFiles } from './scan-files.js';
import { hashAtOnce } from './span-hash.js';
import { SpanOutput } from './span-output.js';

/** Bytes read past the end of a span at a time: usually its last record ends in them. */
const OVERHANG_BYTES = 64 * 1024;

/**
 * Scans a span. Where its records are to be valid against schemas: most sources are clean, and most of what a schema says is about one
 * path alone. Then the profile of the records proves that all are valid, and none of them is parsed. If it does not, the span is
 * scanned once more, and each record is checked.
 * @throws GristmillError SOURCE_CHANGED, IO_ERROR, DISK_FULL; Cancelled
 */
export function scanSpan(order: SpanOrder, blobs: Blobs): SpanResult {
  const unchecked = withoutCheck(order);
  if (unchecked === undefined) return scanOnce(order, blobs);
  const { isValid, ...result } = scanOnce(unchecked, blobs);
  if (isValid || result.ranOut) return result;
  const { context, shard } = order;
  for (const path of Object.values(spanPaths(context, shard))) blobs.remove(path);
  new SharedProgress(context.shared).add(-result.progressBytes, -result.read);
  return scanOnce(order, blobs);
}

/** The same span, scanned as if there were no schema. Undefined: there is none, or no profile would prove anything. */
function withoutCheck(order: SpanOrder): SpanOrder | undefined {
  const { setup } = order;
  const { rules, scan } = setup;
  if (rules === undefined || rules.schemas.length === 0) return undefined;
  const { schemas: proves } = rules;
  if (!proves.every((schema) => Provable.of(schema) !== undefined)) return undefined;
  const left = rulesIn({ ...rules, schemas: [] });
  const { asks: _, ...asked } = scan;
  const { rules: __, ...rest } = setup;
  return { ...order, setup: { ...rest, proves, ...(left && { rules: left }), scan: left ? scan : asked } };
}

function scanOnce(task: SpanOrder, blobs: Blobs): SpanResult {
  if (task.files !== undefined) return scanFiles(task, task.files, blobs);
  const { path, fingerprint: expected, chunks, coding, setup } = task;
  const { access, coding: how } = setup;
  const file = chunks ? new ChunkSource(path, expected, chunks) : openPlain(path, { how, coding, access, expected });
  try {
    const entry = task.entry ?? guessEntry(file, task);
    if (entry.at === NO_GUESS || (entry.at >= task.to && !task.isLast)) return nothingAt(entry.at);
    if (task.documents !== undefined) return scanDocuments(file, task, task.documents, entry.at, blobs);
    return new SpanScan(file, task, entry, blobs).run();
  } catch (error) {
    if (!(error instanceof RanOut)) throw error;
    return { ...nothingAt(task.from), ranOut: true };
  } finally {
    file.close();
  }
}

function guessEntry(file: Source, task: SpanTask): Boundary {
  const { from, to, documents } = task;
  const layout = documents?.layout ?? task.recordLayout;
  const afterComma = layout === 'array' || layout === 'object';
  // One byte early: a comma or newline just before the span makes its first byte a boundary.
  const early = layout === 'values' ? from : from - 1;
  for (let bytes = GUESS_BYTES; ; bytes *= 4) {
    const lookahead = new Uint8Array(Math.min(bytes, file.available - early));
    file.read(lookahead, early);
    const guess = guessBoundary(lookahead, layout, early + lookahead.byteLength === file.end, task.setup.scan);
    if (guess !== NO_GUESS) return { at: early + guess, afterComma };
    if (early + lookahead.byteLength >= Math.min(to, file.available)) return { at: NO_GUESS, afterComma };
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

/** Scans the documents that begin in a span. */
function scanDocuments(file: Source, task: SpanOrder, documents: Documents, entry: number, blobs: Blobs): SpanResult {
  const { setup, to, isLast, shard } = task;
  const recordLayout = task.recordLayout === 'object' ? 'object' : 'array';
  const output = new SpanOutput(task, blobs);
  output.kernel.scanner.begin({ ...setup.scan, layout: recordLayout }, shard, FRAME_BYTES, false);
  const progress = new SpanProgress(output, task);
  const scan = new DocumentScan(
    file,
    {
      ...documents,
      // The first document may be walked again; those of a stream are begun where they are.
      from: documents.layout === undefined ? documents.from : entry,
      ...{ recordLayout, stop: isLast ? Number.MAX_SAFE_INTEGER : to, isOneOfMany: false, isStrict: true },
      onFill: (offset) => progress.tell(offset),
    },
    setup,
    output,
  );
  let failure: SpanFailure | undefined;
  return output.complete(
    () => {
      failure = scan.run();
    },
    () => {
      const { at: exit, hasEnded: ended } = scan.exit;
      progress.tell(exit);
      return {
        ...{ entry, exit, ended: ended && !output.isFull, progressBytes: progress.bytes },
        ...(task.chunks && { newlines: countNewlines(file.bytesAt(entry, exit)) }),
        ...(failure && { failure }),
        ...(scan.isAmbiguous && { ambiguous: file.path }),
      };
    },
  );
}

/** Bytes and records of a span that have been told as progress. */
class SpanProgress {
  readonly #output: SpanOutput;
  readonly #task: SpanTask;
  #records = 0;
  bytes = 0;

  constructor(output: SpanOutput, task: SpanTask) {
    this.#output = output;
    this.#task = task;
  }

  /** @param position up to which the source has been read */
  tell(position: number): void {
    const { from, to, sourceShare = 1 } = this.#task;
    const bytes = Math.max(Math.round(sourceShare * (Math.min(position, to) - from)) - this.bytes, 0);
    const { read, progress } = this.#output;
    progress.add(bytes, read - this.#records);
    this.bytes += bytes;
    this.#records = read;
  }
}

/** The scan of one span. */
class SpanScan extends RecordScan {
  readonly #task: SpanTask;
  readonly #entry: number;
  readonly #progress: SpanProgress;
  #ended = false;

  constructor(file: Source, task: SpanOrder, entry: Boundary, blobs: Blobs) {
    const { recordLayout, isLast, to } = task;
    const stop = isLast ? Number.MAX_SAFE_INTEGER : to;
    super(file, new SpanOutput(task, blobs), { layout: recordLayout, from: entry.at, stop });
    this.#task = task;
    this.#entry = entry.at;
    this.#progress = new SpanProgress(this.output, task);
    this.scanner.begin({ ...task.setup.scan, layout: recordLayout }, task.shard, FRAME_BYTES, entry.afterComma);
    this.scanner.standAt(entry.at, stop);
  }

  run(): SpanResult {
    return this.output.complete(
      () => this.#scan(),
      () => {
        this.#progress.tell(this.position);
        const { failure } = this;
        const exit = this.window.fileOffset(this.window.pos);
        const { setup, recordLayout, chunks, coding } = this.#task;
        const isHashed = setup.hashesSpans && recordLayout === 'ndjson' && failure === undefined && !chunks && !coding;
        return {
          entry: this.#entry,
          exit,
          ...(isHashed && { hash: hashAtOnce(this.file, this.#entry, exit) }),
          ended: this.#ended,
          ...(chunks && { newlines: this.newlinesScanned }),
          ...(failure && { failure }),
          progressBytes: this.#progress.bytes,
        };
      },
    );
  }

  #scan(): void {
    const ended = this.scanner.pump(this);
    this.#ended = ended === 'end' || ended === 'truncated';
    if (ended === 'truncated' && this.truncated()) this.fail(this.badAt('truncated', this.window.end));
  }

  override fill(): boolean {
    if (this.output.isFull) return false;
    this.output.throwIfCancelled();
    const unfinished = this.window.end - this.window.pos;
    // Past the end of the span: little, unless the last record is large (see makeRoom).
    this.load(Math.max(this.#task.to - this.position, 0) + Math.max(OVERHANG_BYTES, unfinished));
    this.#progress.tell(this.position);
    return true;
  }
}
