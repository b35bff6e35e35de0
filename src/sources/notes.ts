// source > plan > map > scan > key > frame > shard > [verify] > merge > publish
//
// Notes from accepted spans which records each file gave, for the manifest. Files of lines that may be logs are looked at
// once more: what they begin and end with tells later whether they have only grown.

import { join } from 'node:path';
import { hasNoRecords } from '../base/bad-files.js';
import { formatOf } from '../import/format/coding.js';
import type { FilledImportOptions } from '../import/options/resolve.js';
import type { SourcePlan } from '../import/plan/source-plan.js';
import type { AcceptedSpan } from '../import/plan/span-job.js';
import { codingIn } from '../import/sequence/plain.js';
import { UTF8_MARK } from '../import/source/detect.js';
import { unpackFiles } from '../import/source/file-list.js';
import { isNamedLines, layoutOfNamedLines } from '../import/source/layout.js';
import { openSource } from '../import/source/open.js';
import type { Fingerprint, Source } from '../import/source/source.js';
import { recordsStored } from '../import/tasks/span.js';
import { skipBlanks } from '../kernel/plain/bytes.js';
import { atOnce } from '../parallel/steps.js';
import { xxh64 } from '../store/files/checksum.js';
import type { SourceLines, SourceSpan } from '../store/source-types.js';
import type { NotedFile, RecordRange } from './manifest.js';

/** Smaller files are read anew when they have grown: that is as fast. */
export const GROWN_BYTES_MIN = 64 * 1024;
/** Bytes at the beginning and at the end that are compared. */
const HASHED_BYTES = 16 * 1024;
const NEWLINE = '\n'.charCodeAt(0);

/** What a span of many files gave. */
interface FilesRead {
  readonly shard: number;
  /** Of each file the good records, and all that were read. */
  readonly records: Uint32Array;
  /** Places of files that could not be read. */
  readonly unread: ReadonlySet<number>;
}

export class Notes {
  readonly #add: (file: NotedFile) => void;
  readonly #layout: FilledImportOptions['layout'];
  readonly #hasDocuments: boolean;
  readonly #isDialect: boolean;
  readonly #format: FilledImportOptions['format'];
  /** A file whose spans come one by one. */
  #open:
    | { readonly plan: SourcePlan; readonly ranges: RecordRange[]; readonly spans: SourceSpan[]; read: number }
    | undefined;

  /** The batch whose spans come now, and how many of its sources have been noted. */
  #batch: { readonly plan: SourcePlan; members: number } | undefined;

  /** @param add is called with each file, in the order of the import. */
  constructor(
    { layout, select, dialect, format }: Pick<FilledImportOptions, 'layout' | 'select' | 'dialect' | 'format'>,
    add: (file: NotedFile) => void,
  ) {
    this.#layout = layout;
    this.#hasDocuments = select !== undefined;
    this.#isDialect = dialect !== 'json';
    this.#format = format;
    this.#add = add;
  }

  accept({ plan: own, task, result }: AcceptedSpan): void {
    // An archive is one file, whatever it is read in.
    const plan = own.within ?? own;
    if (plan !== this.#open?.plan) this.finish();
    if (task.files !== undefined && plan.archive === undefined) {
      const records = result.fileRecords as Uint32Array;
      // What could not be read is not noted, so that it counts as new the next time.
      const unread = (result.badFiles ?? []).filter(({ reason }) => !hasNoRecords(reason)).map(({ at }) => at);
      const files = { shard: task.shard, records, unread: new Set(unread) };
      if (plan.members === undefined) this.#addFiles(plan, task.files.list, files);
      else this.#addMembers(plan, plan.members, files);
      return;
    }
    this.#open ??= { plan, ranges: [], spans: [], read: 0 };
    const count = recordsStored(result);
    this.#open.read += result.read;
    const { entry, exit, hash, read } = result;
    if (hash !== undefined) this.#open.spans.push([entry, exit, hash, read, task.shard]);
    if (count > 0) this.#open.ranges.push({ shard: task.shard, first: 0, count });
  }

  /** All spans are in. */
  finish(): void {
    if (this.#open === undefined) return;
    const { plan, ranges, spans, read } = this.#open;
    this.#open = undefined;
    const { source, relative, path, fingerprint, recordLayout, sequential, coding } = plan;
    const ends = recordLayout === 'ndjson' && !sequential && !coding ? linesOf(path, fingerprint) : undefined;
    const lines = ends && spans.length > 0 ? { ...ends, spans } : ends;
    this.#add({ source, path: relative, fingerprint, read, ranges, ...(lines && { lines }) });
  }

  /** Sources of a batch, whose spans come one after another. */
  #addMembers(plan: SourcePlan, members: readonly SourcePlan[], { shard, records, unread }: FilesRead): void {
    if (this.#batch?.plan !== plan) this.#batch = { plan, members: 0 };
    let first = 0;
    for (let i = 0; 2 * i < records.length; i++) {
      const { source, relative, path, fingerprint, recordLayout, coding } = members[
        this.#batch.members++
      ] as SourcePlan;
      if (unread.has(i)) continue;
      const [count, read] = [records[2 * i]!, records[2 * i + 1]!];
      const ranges = count === 0 ? [] : [{ shard, first, count }];
      const lines = recordLayout === 'ndjson' && !coding ? linesOf(path, fingerprint) : undefined;
      this.#add({ source, path: relative, fingerprint, read, ranges, ...(lines && { lines }) });
      first += count;
    }
  }

  #addFiles({ source, path: folder }: SourcePlan, list: Uint8Array, { shard, records, unread }: FilesRead): void {
    let first = 0;
    unpackFiles(list).forEach(({ path, fingerprint }, i) => {
      if (unread.has(i)) return;
      const [count, read] = [records[2 * i]!, records[2 * i + 1]!];
      const ranges = count === 0 ? [] : [{ shard, first, count }];
      const isNamed = this.#layout === undefined && isNamedLines(path);
      // What is appended to documents is more of them, each of which is walked: they are read again as a whole.
      // Whether a name was believed is asked of strict JSON only. What is converted is read again as a whole.
      const isText = !this.#hasDocuments && formatOf(path, { format: this.#format }) === undefined;
      const mayBe = isText && ((isNamed && !this.#isDialect) || this.#layout === 'ndjson');
      const lines = mayBe ? linesOf(join(folder, path), fingerprint, isNamed) : undefined;
      this.#add({ source, path, fingerprint, read, ranges, ...(lines && { lines }) });
      first += count;
    });
  }
}

/**
 * Undefined for a file that is small, does not end with a whole line, or has changed since.
 * @param isNamed whether only its name says that it is of lines
 */
export function linesOf(path: string, fingerprint: Fingerprint, isNamed = false): SourceLines | undefined {
  if (fingerprint.bytes < GROWN_BYTES_MIN) return undefined;
  return readIfSame(path, fingerprint, (file) => {
    // A compressed file that has grown is read anew.
    if (codingIn(file, {}) !== undefined) return undefined;
    return !isNamed || wasReadAsLines(file) ? hashEnds(file, fingerprint.bytes) : undefined;
  });
}

/** Whether a file of a folder that is named so was a file of lines. */
function wasReadAsLines(file: Source): boolean {
  const head = file.bytesAt(0, HASHED_BYTES);
  const first = skipBlanks(
    head,
    UTF8_MARK.every((byte, i) => head[i] === byte) ? UTF8_MARK.length : 0,
    head.byteLength,
  );
  // What begins with so many blanks is not worth knowing again.
  return first < head.byteLength && atOnce(layoutOfNamedLines(file, first, {})) === 'ndjson';
}

/** Whether the file, as it is now, begins with all that it was. */
export function hasGrown(path: string, now: Fingerprint, { fingerprint: then, lines }: NotedFile): boolean {
  const isSameFile = now.inode === then.inode && now.device === then.device;
  return lines !== undefined && isSameFile && now.bytes > then.bytes && hasEnds(path, now, then.bytes, lines);
}

/** Whether the first `end` bytes of a file begin and end as it is said. */
export function hasEnds(path: string, fingerprint: Fingerprint, end: number, { head, tail }: SourceLines): boolean {
  const found = endsOf(path, fingerprint, end);
  return found?.head === head && found.tail === tail;
}

/** What a log begins with, and what its first `end` bytes end with. Undefined if it changes, or no line ends there. */
export function endsOf(path: string, fingerprint: Fingerprint, end: number): SourceLines | undefined {
  return readIfSame(path, fingerprint, (file) => hashEnds(file, end));
}

function readIfSame<T>(path: string, fingerprint: Fingerprint, read: (file: Source) => T): T | undefined {
  let file: Source;
  try {
    file = openSource(path, 'read', fingerprint);
  } catch {
    return undefined; // what has changed since is read anew
  }
  try {
    return read(file);
  } catch {
    return undefined;
  } finally {
    file.close();
  }
}

function hashEnds(file: Source, end: number): SourceLines | undefined {
  const tail = file.bytesAt(Math.max(0, end - HASHED_BYTES), end);
  if (tail.at(-1) !== NEWLINE) return undefined;
  return { head: hash(file.bytesAt(0, Math.min(HASHED_BYTES, end))), tail: hash(tail) };
}

function hash(bytes: Uint8Array): string {
  return xxh64(bytes).toString(16);
}
