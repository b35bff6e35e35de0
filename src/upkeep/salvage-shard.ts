// [repair]: shards > entries > pages > index in place
//
// One shard, in a worker: what is readable of its text is read, and its keys are found as an import finds them, so the
// entries of a rebuilt index are those that were. A file with unreadable frames is written again without them; their
// records become holes, and every other record keeps its ordinal.

import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { scanSpan } from '../import/scan-span.js';
import { SourceFile } from '../import/source-file.js';
import type { Run, ScanSetup } from '../import/span-types.js';
import { files } from '../store/file-blobs.js';
import { Holes } from '../store/holes.js';
import { writeFully } from '../store/io.js';
import { Section } from '../store/shard-format.js';
import { ShardReader } from '../store/shard-read.js';
import { type ShardSummary, ShardWriter } from '../store/shard-write.js';
import { isDead } from '../store/tombstones.js';
import { withBit } from './verify-values.js';

export interface SalvageTask {
  readonly setup: ScanSetup;
  readonly shard: number;
  /** The shard's file; absent for an inline shard, whose live lines are in `textPath` already. */
  readonly path?: string;
  /** Ordinals it spans, from the catalog; absent: as the file says. */
  readonly records?: number;
  /** Tombstones: dead records have no entries. */
  readonly dead: Uint8Array;
  /** Ordinals of the lines in `textPath`, for an inline shard. */
  readonly ordinals?: Uint32Array;
  readonly textPath: string;
  readonly runPath: string;
  /** Where the shard is written again, should it be damaged. */
  readonly rewrittenPath: string;
}

export interface SalvageResult {
  readonly runs: readonly Run[];
  /** Ordinals of records that lost to another of the shard with the same key. */
  readonly losers: Uint32Array;
  readonly faults: readonly {
    readonly offset: number;
    readonly from: number;
    readonly to: number;
    readonly message: string;
  }[];
  /** Ordinals that cannot be read. */
  readonly lost: Uint32Array;
  /** The file written again; absent where it was sound. */
  readonly rewritten?: ShardSummary;
}

export function salvageShard(task: SalvageTask): SalvageResult {
  const { path, textPath } = task;
  try {
    const read = path === undefined ? { ordinals: task.ordinals!, faults: [], lost: [] } : readLines(task, path);
    const found = scanLines(task, read.ordinals);
    return {
      ...found,
      faults: read.faults,
      lost: Uint32Array.from(read.lost),
      ...(read.rewritten && { rewritten: read.rewritten }),
    };
  } finally {
    rmSync(textPath, { force: true });
  }
}

interface Lines {
  readonly ordinals: Uint32Array;
  readonly faults: SalvageResult['faults'];
  readonly lost: readonly number[];
  readonly rewritten?: ShardSummary;
}

/** Writes the readable live lines of a file to `textPath`. */
function readLines(task: SalvageTask, path: string): Lines {
  let reader: ShardReader;
  try {
    reader = ShardReader.open(files, path);
  } catch (error) {
    if (task.records === undefined) throw error;
    // Without its tables nothing of it can be found.
    const all = Array.from({ length: task.records }, (_, ordinal) => ordinal);
    const fault = { offset: 0, from: 0, to: task.records, message: (error as Error).message };
    const rewritten = rewrite(task, undefined, new Set(), all);
    return { ordinals: new Uint32Array(), faults: [fault], lost: all, rewritten };
  }
  const fd = openSync(task.textPath, 'wx', 0o600);
  try {
    const ordinals: number[] = [];
    const faults: { offset: number; from: number; to: number; message: string }[] = [];
    const lost: number[] = [];
    const bad = new Set<number>();
    for (let index = 0; index < reader.frames; index++) {
      const first = reader.firstLine(index);
      const count = reader.linesOf(index);
      const within = reader.holes?.ordinalsOf(first, count) ?? Uint32Array.from({ length: count }, (_, i) => first + i);
      try {
        const plain = reader.readFrameSync(index);
        const live: Uint8Array[] = [];
        let at = 0;
        let line = 0;
        for (; at < plain.byteLength; line++) {
          const end = plain.indexOf(10, at) + 1;
          const ordinal = within[line] as number;
          if (line < count && !isDead(task.dead, ordinal)) {
            live.push(plain.subarray(at, end));
            ordinals.push(ordinal);
          }
          at = end;
        }
        if (line !== count) throw new Error(`frame ${index} of ${path} has ${line} lines, its table says ${count}`);
        writeFully(fd, Buffer.concat(live), task.textPath);
      } catch (error) {
        bad.add(index);
        for (const ordinal of within) lost.push(ordinal);
        const range = { from: within[0] as number, to: (within.at(-1) as number) + 1 };
        faults.push({ offset: reader.offsetOf(index), ...range, message: (error as Error).message });
      }
    }
    const rewritten = bad.size === 0 ? undefined : rewrite(task, reader, bad, lost);
    return { ordinals: Uint32Array.from(ordinals), faults, lost, ...(rewritten && { rewritten }) };
  } finally {
    closeSync(fd);
    reader.close();
  }
}

/** The file without its bad frames, whose records become holes beside those there were. */
function rewrite(
  task: SalvageTask,
  reader: ShardReader | undefined,
  bad: ReadonlySet<number>,
  lost: readonly number[],
): ShardSummary {
  rmSync(task.rewrittenPath, { force: true });
  const writer = ShardWriter.create(files, task.rewrittenPath, task.setup.level);
  const records = reader?.records ?? task.records!;
  let bitmap: Uint8Array = new Uint8Array(Math.ceil(records / 8));
  bitmap.set(reader?.holes?.bitmap.subarray(0, bitmap.byteLength) ?? []);
  for (const ordinal of lost) bitmap = withBit(bitmap, ordinal);
  for (let index = 0; index < (reader?.frames ?? 0); index++) {
    if (!bad.has(index)) writer.append(reader!.readFrameSync(index), reader!.linesOf(index));
  }
  const origin = reader?.sections().get(Section.origin);
  return writer.finish(origin && JSON.parse(origin.toString()), new Holes(records, bitmap));
}

/** Entries of the lines in `textPath` as sorted runs, under the ordinals the records have. */
function scanLines(task: SalvageTask, ordinals: Uint32Array): Pick<SalvageResult, 'runs' | 'losers'> {
  const { setup, shard, textPath, runPath } = task;
  if (ordinals.length === 0) return { runs: [], losers: new Uint32Array() };
  const file = SourceFile.open(textPath, 'read');
  const { fingerprint } = file;
  file.close();
  const thrownAway = `${textPath}.zst`;
  const result = scanSpan(
    {
      ...{ setup, path: textPath, fingerprint, framing: 'lines', from: 0, to: fingerprint.bytes, isLast: true },
      ...{ entry: { at: 0, afterComma: false }, shard, shardPath: thrownAway, runPath, badPath: `${textPath}.bad` },
      ...{ sourceNumber: 0, sources: 1, sourceFrom: 0 },
    },
    files,
  );
  rmSync(thrownAway, { force: true });
  if (result.failure || result.read !== ordinals.length) {
    throw new Error(
      `a record of shard ${shard} is not what an import accepts, at byte ${result.failure?.offset} of its text`,
    );
  }
  const runs = result.runs.map((run) => renumber(run, runPath, ordinals));
  return { runs, losers: result.losers.map((line) => ordinals[line] as number) };
}

/** Line numbers become ordinals: both grow together, so entries stay in order. */
function renumber(run: Run, path: string, ordinals: Uint32Array): Run {
  const bytes = readFileSync(path);
  const end = run.chunkBytes.reduce((sum, chunk) => sum + chunk, run.offset);
  renumberEntries(bytes, run.offset, end, ordinals);
  const fd = openSync(path, 'w', 0o600);
  writeFully(fd, bytes, path);
  closeSync(fd);
  const fences = Buffer.from(run.fences);
  renumberEntries(fences, 0, fences.byteLength, ordinals);
  return { ...run, fences };
}

function renumberEntries(bytes: Buffer, from: number, end: number, ordinals: Uint32Array): void {
  for (let at = from; at < end; at += 10 + bytes.readUInt16LE(at + 8)) {
    bytes.writeUInt32LE(ordinals[bytes.readUInt32LE(at + 4)] as number, at + 4);
  }
}
