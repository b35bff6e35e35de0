// One source, scanned in spans of any size, in this thread: plan, scan, verify and count as an import does, and everything
// that comes out as plain values. `scanWhole` says what has to come out: the plain kernel in one pass over all the bytes.

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { snippetOf } from '../../src/base/snippet.js';
import { scanSources } from '../../src/import/accept/accept.js';
import { Tally } from '../../src/import/accept/tally.js';
import { type FilledImportOptions, resolveImportOptions } from '../../src/import/options/resolve.js';
import type { ImportOptions } from '../../src/import/options/types.js';
import { planJobs, Tasks } from '../../src/import/plan/jobs.js';
import { checkRest, planSource } from '../../src/import/plan/plan.js';
import { Workspace } from '../../src/import/plan/workspace.js';
import { scanSpan } from '../../src/import/scan/scan-span.js';
import type { SpanOrder } from '../../src/import/tasks/span.js';
import { spanPaths } from '../../src/import/tasks/span-paths.js';
import type { BadRecord, RecordLayout } from '../../src/kernel/contract.js';
import { decodeEntry, entryBytes } from '../../src/kernel/entry.js';
import { readRecord, scanPlain } from '../../src/kernel/plain/kernel.js';
import { namesOf } from '../../src/keys/key-path.js';
import { SharedProgress } from '../../src/parallel/shared-progress.js';
import type { Profile } from '../../src/profile/types.js';
import { files } from '../../src/store/files/file-blobs.js';
import { SHARDS_DIRECTORY } from '../../src/store/files/layout.js';
import { ShardReader } from '../../src/store/shards/read.js';
import { factsOf } from './import-errors.js';
import { optionsFor, recordLayoutOf } from './scans.js';
import { TaskQueue } from './task-queue.js';

/** How a source is cut up. */
export interface Cutting {
  readonly spanBytes?: number;
  readonly windowBytes?: number;
  /** Spans under way at once: what the number of workers decides. */
  readonly credits?: number;
  /** Whether spans under way are scanned last come, first served. */
  readonly isReversed?: boolean;
  /** Instead of guessing, spans begin so many bytes after their first, or at their end. */
  readonly misguess?: number | undefined;
  /** Of how many spans one is guessed so; 1 unless told. */
  readonly misguessEvery?: number;
}

/** All that an import makes of a source, as one value. */
export interface Outcome {
  /** Text of all shards, a record a line. */
  readonly lines: readonly string[];
  /** `index key → ordinal of the record among the good ones`. */
  readonly keys: readonly string[];
  /** `ordinal reason @offset <bytes>` */
  readonly rejected: readonly string[];
  readonly error?: Record<string, unknown>;
}

export interface Scanned extends Outcome {
  readonly spans: number;
  readonly redone: number;
  /** Bytes of the shards. */
  readonly shards: readonly Buffer[];
  /** With option `profile`. */
  readonly profile: Profile | undefined;
}

const noPause = async () => {};
let scans = 0;

/** Scans a file in spans. @param directory of its own, for what is written */
export async function scanInSpans(
  path: string,
  given: ImportOptions,
  cutting: Cutting,
  directory: string,
): Promise<Scanned> {
  const { spanBytes = Number.MAX_SAFE_INTEGER, windowBytes = 1 << 16, credits = 3, isReversed = false } = cutting;
  const { misguess, misguessEvery = 1 } = cutting;
  const options = { ...resolveImportOptions({ ...given, windowBytes }), spanBytes };
  const place = { directory, blobs: files };
  const workspace = new Workspace(place, `scan${scans++}`);
  const progress = new SharedProgress();
  const context = { directory, temporary: workspace.temporary, shared: progress.buffer };
  const tally = new Tally(options, { blobs: files, ...context }, 'split', noPause);
  const shards: Buffer[] = [];
  const lines: string[] = [];
  const keys: string[] = [];
  let spans = 0;
  let error: Record<string, unknown> | undefined;
  try {
    const plan = await planSource(path, options, noPause);
    spans = plan.spans.length;
    // Kernels are kept for as long as the import stays the same, and cost more than such a scan.
    const id = JSON.stringify([options.key, options.indexes, options.depthMax, windowBytes, options.level]);
    const about = { id, firstShard: 1, key: { kind: 'ordinal' }, hashesSpans: false } as const;
    const jobs = planJobs(new Tasks([plan], options, about), 1);
    workspace.open(jobs.map(({ task }) => spanPaths(context, task.shard).shard));
    mkdirSync(join(directory, SHARDS_DIRECTORY), { recursive: true });
    const queue = new TaskQueue(isReversed);
    const guessed = (task: SpanOrder): SpanOrder => {
      if (task.entry || misguess === undefined || task.shard % misguessEvery !== 0) return task;
      const afterComma = task.recordLayout === 'array' || task.recordLayout === 'object';
      return { ...task, entry: { at: Math.min(task.from + misguess, task.to), afterComma } };
    };
    const workers = { scan: (task: SpanOrder) => queue.run(() => scanSpan(guessed(task), files)) };
    const state = { over: new Set<never>(), limits: [undefined] };
    for await (const accepted of scanSources({ jobs, workers, credits, context, blobs: files, ...state })) {
      const { task, result } = accepted;
      const paths = spanPaths(context, task.shard);
      await tally.accept(accepted);
      if (result.shard) {
        for (const { offset, chunkBytes } of tally.runs.filter(({ shard }) => shard === task.shard)) {
          const bytes = chunkBytes.reduce((sum, chunk) => sum + chunk, 0);
          keys.push(...readEntries(readFileSync(paths.run).subarray(offset, offset + bytes), lines.length));
        }
        shards.push(readFileSync(paths.shard));
        lines.push(...readShard(paths.shard, result.shard.records));
      }
      if (result.ended) await checkRest(plan, result.exit, noPause, options);
    }
    await tally.finishScan();
  } catch (thrown) {
    error = factsOf(thrown);
  }
  const { path: quarantine } = tally.quarantine;
  const quarantined = quarantine === undefined ? '' : readFileSync(quarantine, 'utf8');
  await tally.settled();
  tally.quarantine.close(false);
  await workspace.close();
  const rejected = readRejected(quarantined, options);
  const { redone, profiles } = tally;
  return {
    ...{ lines, keys: keys.sort(), rejected, spans, redone, shards, profile: profiles.profile() },
    ...(error && { error }),
  };
}

function readShard(path: string, records: number): string[] {
  const reader = ShardReader.open(files, path);
  try {
    expect(reader.records).toBe(records);
    const frames = Array.from({ length: reader.frames }, (_, i) => reader.readFrameSync(i).toString('utf8'));
    return frames.join('').split('\n').slice(0, -1);
  } finally {
    reader.close();
  }
}

/** @param goodBefore records of the shards before. */
function readEntries(run: Buffer, goodBefore: number): string[] {
  const keys: string[] = [];
  for (let at = 0; at < run.byteLength; at += entryBytes(run, at)) {
    const { index, key, ordinal } = decodeEntry(run, at);
    keys.push(`${index} ${Buffer.from(key).toString('hex')} → ${goodBefore + ordinal}`);
  }
  return keys;
}

function readRejected(text: string, options: FilledImportOptions): string[] {
  const lines = text.split('\n').slice(0, -1);
  return lines.flatMap((line) => {
    const { record, reason, offset, start, bytes, rawBase64, records = 1 } = JSON.parse(line);
    const raw = Buffer.from(rawBase64, 'base64');
    expect(raw.byteLength).toBe(bytes);
    if (records === 1) return [`${record} ${reason} @${offset} ${start} <${raw.toString('latin1')}>`];
    const all = readRun(raw, records, options);
    expect(all[0]).toMatchObject({ reason, offset: offset - start, start: 0 });
    return all.map(({ reason, offset, start: from, end }, i) => {
      const text = raw.toString('latin1', from, end);
      return `${record + i} ${reason} @${start + offset} ${start + from} <${text}>`;
    });
  });
}

/** The records of a run, from its bytes, with what ends any bad record behind them. */
function readRun(raw: Buffer, records: number, options: FilledImportOptions): BadRecord[] {
  const layout = recordLayoutOf(options.layout!);
  const bytes = Buffer.concat([raw, Buffer.from({ ndjson: '\n', values: '\n', array: ']', object: '}' }[layout])]);
  const isContainer = layout === 'array' || layout === 'object';
  const scan = optionsFor(layout, {
    ...{ depthMax: options.depthMax, recordBytesMax: options.recordBytesMax },
    secondary: options.indexes.map((path) => namesOf(path)),
    ...(options.key && { primary: namesOf(options.key) }),
  });
  const found: BadRecord[] = [];
  for (let at = 0, afterComma = isContainer; found.length < records; ) {
    const outcome = readRecord(bytes, at, scan, true, afterComma);
    if (outcome.kind !== 'bad') return expect.unreachable(`record ${found.length} of a run is ${outcome.kind}`);
    found.push({ ...outcome, record: found.length });
    ({ next: at, afterComma } = outcome);
  }
  expect(found.at(-1)!.end).toBe(raw.byteLength);
  return found;
}

/** What has to come of a source, whatever the spans: one pass of the plain kernel. For layouts that begin at `from`. */
export function scanWhole(bytes: Uint8Array, from: number, given: ImportOptions, layout: RecordLayout): Outcome {
  const options = resolveImportOptions(given);
  const { depthMax, recordBytesMax, onBadRecord, maxBad } = options;
  const paths = options.indexes.map((path) => namesOf(path));
  const scan = scanPlain(
    bytes.subarray(from),
    optionsFor(layout, {
      depthMax,
      recordBytesMax,
      secondary: paths,
      ...(options.key && { primary: namesOf(options.key) }),
    }),
  );
  const isContainer = layout === 'array' || layout === 'object';
  const fails = ({ reason }: { reason: string }, i: number) =>
    reason === 'RECORD_TOO_LARGE' ||
    (reason === 'UNEXPECTED_END' && isContainer) ||
    onBadRecord === 'fail' ||
    i >= maxBad;
  const failing = scan.bad.findIndex(fails);
  const failure = scan.bad[failing];
  const rejected = failing === -1 ? scan.bad : scan.bad.slice(0, failing);
  const facts = (offset: number, record: number, reason?: string) => ({
    ...placeIn(bytes, from + offset),
    record,
    reason,
  });
  let error: Record<string, unknown> | undefined;
  if (failure) {
    const { reason, offset, record } = failure;
    if (reason === 'RECORD_TOO_LARGE') error = { code: 'RECORD_TOO_LARGE', ...facts(offset, record) };
    else if (reason === 'UNEXPECTED_END' && isContainer) error = { code: 'SOURCE_TRUNCATED', ...facts(offset, record) };
    else
      error = {
        code: onBadRecord === 'fail' ? 'BAD_RECORD' : 'TOO_MANY_BAD_RECORDS',
        ...facts(offset, record, reason),
      };
  } else if (scan.end === -1) {
    const read = scan.records.length + scan.bad.length;
    error = { code: 'SOURCE_TRUNCATED', ...facts(bytes.length - from, read) };
  } else {
    const rest = isContainer
      ? Buffer.from(bytes.subarray(from + scan.end))
          .toString('latin1')
          .search(/[^ \t\r\n]/)
      : -1;
    const read = scan.records.length + scan.bad.length;
    const [first] = scan.bad;
    if (rest !== -1) error = { code: 'SOURCE_TRAILING_BYTES', offset: from + scan.end + rest };
    else if (first && scan.bad.length === read) {
      error = { code: 'TOO_MANY_BAD_RECORDS', ...facts(first.offset, first.record, first.reason) };
    }
  }
  // Of a failed import only the error counts.
  return {
    lines: scan.records.map(({ line }) => line),
    keys: scan.records
      .flatMap((record, i) => unique(record.keys.map(([index, key]) => `${index} ${key} → ${i}`)))
      .sort(),
    rejected: rejected.map(({ record, reason, offset, start, end }) => {
      const raw = Buffer.from(bytes.subarray(from + start, from + end)).toString('latin1');
      return `${record} ${reason} @${from + offset} ${from + start} <${raw}>`;
    }),
    ...(error && { error }),
  };
}

function unique(keys: readonly string[]): string[] {
  return [...new Set(keys)];
}

function placeIn(bytes: Uint8Array, offset: number) {
  const line = 1 + bytes.subarray(0, offset).reduce((lines, byte) => lines + (byte === 10 ? 1 : 0), 0);
  return { offset, line, snippet: snippetOf(bytes, offset) };
}

/** An outcome reduced to what is promised: of a failed import only the error; of records with one primary key the last. */
export function promised({ lines, keys, rejected, error }: Outcome): Outcome {
  if (error) return { lines: [], keys: [], rejected: [], error: withoutGaps(error) };
  const winners = new Map<string, number>();
  for (const [name, ordinal] of keys.map((key) => key.split(' → ') as [string, string])) {
    if (name.startsWith('0 ')) winners.set(name, Math.max(Number(ordinal), winners.get(name) ?? 0));
  }
  const primary = [...winners].map(([name, ordinal]) => `${name} → ${ordinal}`);
  return { lines, keys: [...primary, ...keys.filter((key) => !key.startsWith('0 '))].sort(), rejected };
}

function withoutGaps(error: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(error).filter(([, value]) => value !== undefined));
}
