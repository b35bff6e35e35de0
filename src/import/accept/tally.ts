// source > plan > map > scan > key > frame > shard > [verify] > merge > publish
//
// What the accepted spans add up to, in source order: shards to publish, runs to merge, records to count, rejected records
// to keep. Enforces what is allowed to be bad.

import { basename } from 'node:path';
import { GristmillError } from '../../base/errors.js';
import { failpoint } from '../../base/failpoints.js';
import type { BadFile } from '../../base/import-report.js';
import { shownEntryKey } from '../../keys/decode.js';
import type { Pause } from '../../parallel/pause.js';
import { ImageSum } from '../../profile/simd/image.js';
import type { StorePlace } from '../../store/files/blobs.js';
import type { NewShard } from '../../store/publish/publication.js';
import type { FilledImportOptions } from '../options/resolve.js';
import type { SourcePlan } from '../plan/source-plan.js';
import type { AcceptedSpan } from '../plan/span-job.js';
import { unpackFiles } from '../source/file-list.js';
import type { MergeResult, PlacedRun } from '../tasks/merge.js';
import { type CutSource, type Duplicate, filePathIn, type SpanFiles } from '../tasks/span.js';
import { type SpanPlace, spanPaths } from '../tasks/span-paths.js';
import { type BadPlace, type Failed, failureError, placeOf } from './bad-source.js';
import { Quarantine } from './quarantine.js';

/** Where the records of a shard are in their source. */
interface Origin {
  /** Records of the source read before its span. */
  readonly readBefore: number;
  /** Of each record of the span that is not in the shard, those of the shard before it. */
  readonly goodBefore: Uint32Array | undefined;
  /** Ordinals of records of the shard that are not the first one of their record in the source. */
  readonly addedAt: Uint32Array | undefined;
  /** For a span of many files: their folder, and the result of each file. */
  readonly files?: { readonly folder: string; readonly of: SpanFiles; readonly records: Uint32Array };
}

export class Tally {
  readonly shards: NewShard[] = [];
  readonly runs: PlacedRun[] = [];
  /** Ordinals that lost to another record of this import, by shard. */
  readonly dead = new Map<number, number[]>();
  read = 0;
  rejected = 0;
  filtered = 0;
  /** Records in addition to one for each record read. */
  added = 0;
  replaced = 0;
  storedBytes = 0;
  /** Source bytes that the accepted spans have read. */
  progressBytes = 0;
  redone = 0;
  /** Spans of sources that are read in sequence. */
  spansInSequence = 0;
  /** Files read. */
  files = 0;
  /** Files that were left out, those that the plan left out first. */
  readonly badFiles: BadFile[] = [];
  /** Files with a document in which a name of option `select` occurs twice: the first one of each span. */
  readonly ambiguous: string[] = [];
  /** Sources that are cut off, of which the whole records are kept. */
  readonly cut: CutSource[] = [];
  /** Of the records of all spans, where it is asked for, but for spans that a killed import had finished. */
  readonly profiles = new ImageSum();
  /** The shards of these records, with how many they have. */
  readonly profiledShards = new Map<number, number>();
  readonly quarantine: Quarantine;
  readonly #options: FilledImportOptions;
  readonly #place: StorePlace & SpanPlace;
  readonly #pause: Pause;
  /** The origin of each shard: it maps a record of the shard to a record of the source. */
  readonly #origins = new Map<number, Origin>();
  readonly #syncs: Promise<void>[] = [];
  #source: SourcePlan | undefined;
  /** Records read of the sources before the one at hand. */
  #readOfOthers = 0;
  /** The place of the first rejected record, when it is asked for. */
  #firstRejected: (() => Promise<BadPlace>) | undefined;
  #duplicate: Duplicate | undefined;

  /** @param id of the import. */
  constructor(options: FilledImportOptions, place: StorePlace & SpanPlace, id: string, pause: Pause) {
    this.#options = options;
    this.#place = place;
    this.quarantine = new Quarantine(place, id, options.collection);
    this.#pause = pause;
  }

  /** Files that must be on disk before a span counts as finished. */
  filesOf({ task, result }: AcceptedSpan): string[] {
    const { path } = this.quarantine;
    const { shard, run } = spanPaths(this.#place, task.shard);
    return [
      ...(result.shard ? [shard] : []),
      ...(result.runs.length > 0 ? [run] : []),
      ...(path !== undefined && result.rejected > 0 ? [path] : []),
    ];
  }

  get stored(): number {
    return this.read + this.added - this.rejected - this.filtered - this.replaced;
  }

  /** Bytes of the sorted runs. */
  get runBytes(): number {
    return this.runs.reduce((sum, run) => sum + run.chunkBytes.reduce((bytes, chunk) => bytes + chunk, 0), 0);
  }

  /** @throws BAD_RECORD, RECORD_TOO_LARGE, SOURCE_TRUNCATED, TOO_MANY_BAD_RECORDS */
  async accept(span: AcceptedSpan): Promise<void> {
    const { plan, task, result, wasRedone, live } = span;
    const sequence = live?.sequence;
    if (sequence) this.spansInSequence++;
    const paths = spanPaths(this.#place, task.shard);
    if (plan !== this.#source) this.#readOfOthers = this.read;
    if (result.fileRecords) this.files += result.fileRecords.length / 2 - (result.badFiles?.length ?? 0);
    else if (plan !== this.#source) this.files++;
    this.#source = plan;
    const readBefore = this.read - this.#readOfOthers;
    if (wasRedone) this.redone++;
    if (result.ambiguous !== undefined) this.ambiguous.push(result.ambiguous);
    this.cut.push(...(result.cut ?? []));
    this.badFiles.push(...(result.badFiles ?? []).map(({ at: _, ...bad }) => bad));
    this.read += result.read;
    this.progressBytes += result.progressBytes;
    this.rejected += result.rejected;
    this.filtered += result.filtered ?? 0;
    this.added += result.added ?? 0;
    const { failure, firstRejected } = result;
    if (failure) throw await failureError({ task, failure, readBefore, sequence }, this.#pause);
    if (firstRejected) {
      await this.#noteRejected({ task, failure: firstRejected, readBefore, sequence });
      const source = task.files === undefined ? task.path : undefined;
      await this.quarantine.take(paths.bad, source, readBefore, this.#pause);
    }
    for (const run of result.runs) this.runs.push({ ...run, shard: task.shard });
    this.#noteDead(task.shard, result.losers);
    this.#noteDuplicate(result.duplicate);
    if (result.profile !== undefined) this.profiles.add(result.profile);
    if (!result.shard) return;
    const { fileRecords: records, goodBefore, addedAt } = result;
    const files = task.files && records && { folder: task.path, of: task.files, records };
    this.#origins.set(task.shard, { readBefore, goodBefore, addedAt, ...(files && { files }) });
    this.storedBytes += result.shard.storedBytes;
    if (result.profile !== undefined) this.profiledShards.set(task.shard, result.shard.records);
    this.shards.push({
      shard: task.shard,
      fileNumber: task.shard,
      file: basename(paths.shard),
      ...result.shard,
      named: plan.recordLayout === 'object',
      source: { file: task.path, from: result.entry, to: result.exit },
    });
    failpoint('shard.sync');
    const sync = this.#place.blobs.sync(paths.shard);
    sync.catch(() => {}); // told by `synced`
    this.#syncs.push(sync);
  }

  /** A partition's losers and duplicates. */
  acceptMerged({ losers, duplicate }: MergeResult): void {
    for (let i = 0; i < losers.length; i += 2) this.#noteDead(losers[i]!, [losers[i + 1]!]);
    this.#noteDuplicate(duplicate);
  }

  /** All spans are in. @param mayAllBeBad whether all files may have been left out. @throws as `#checkBadRecords`; the error of a file */
  async finishScan(mayAllBeBad = false): Promise<void> {
    const [bad] = this.badFiles;
    if (bad !== undefined && this.files === 0 && !mayAllBeBad) {
      const message = `${bad.message} No file could be imported, so nothing was changed.`;
      throw new GristmillError(bad.reason, message, { file: bad.file });
    }
    if (this.#options.onBadFile === 'quarantine') for (const one of this.badFiles) this.quarantine.note(one);
    await this.#checkBadRecords();
  }

  /** The share of bad records is that of all, so it does not depend on spans. @throws TOO_MANY_BAD_RECORDS */
  async #checkBadRecords(): Promise<void> {
    const { read, rejected } = this;
    const isOver = rejected > read * this.#options.maxBadRatio;
    if (!this.#firstRejected || (rejected < read && !isOver)) return;
    const { where, why, facts } = await this.#firstRejected();
    const allowed = isOver ? `, more than option maxBadRatio: ${this.#options.maxBadRatio} allows` : '';
    const message = `${rejected} of ${read} records are bad${allowed}; nothing was changed. The first bad one is at ${where}: ${why}.`;
    throw new GristmillError('TOO_MANY_BAD_RECORDS', message, facts);
  }

  /** All entries are in. @throws DUPLICATE_KEY where duplicates are errors */
  finishMerge(): void {
    if (this.#options.onDuplicate !== 'error' || !this.#duplicate) return;
    const { shard, ordinal, key } = this.#duplicate;
    const origin = this.#origins.get(shard) as Origin;
    const source = this.shards.find((one) => one.shard === shard)?.source.file as string;
    const shown = shownEntryKey(key);
    const { record, file } = placeIn(origin, recordOf(ordinal, origin), source);
    const message = `Record ${record} of ${file} has the key ${shown}, and an earlier record has the same key; nothing was changed. Choose option onDuplicate: 'last' or option onDuplicate: 'first', or another option key.`;
    throw new GristmillError('DUPLICATE_KEY', message, { record, file });
  }

  /** Resolves when every shard and the rejected records are on disk. @throws IO_ERROR, DISK_FULL */
  async synced(): Promise<void> {
    await Promise.all([this.quarantine.sync(), ...this.#syncs]);
  }

  /** Settles the syncs under way, whatever comes of them. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#syncs);
  }

  /** What is read in sequence has to be looked at now: it cannot be read again. */
  async #noteRejected(failed: Failed): Promise<void> {
    if (this.#firstRejected !== undefined) return;
    const place = failed.sequence && (await placeOf(failed, this.#pause));
    this.#firstRejected = async () => place ?? placeOf(failed, this.#pause);
  }

  #noteDead(shard: number, ordinals: ArrayLike<number>): void {
    if (ordinals.length === 0) return;
    const dead = this.dead.get(shard) ?? [];
    for (let i = 0; i < ordinals.length; i++) dead.push(ordinals[i]!);
    this.dead.set(shard, dead);
    this.replaced += ordinals.length;
  }

  #noteDuplicate(duplicate: Duplicate | undefined): void {
    if (!duplicate) return;
    const first = this.#duplicate;
    const isEarlier =
      !first || duplicate.shard < first.shard || (duplicate.shard === first.shard && duplicate.ordinal < first.ordinal);
    if (isEarlier) this.#duplicate = duplicate;
  }
}

/** The ordinal in its source of the record with this ordinal in its shard: those before it that are not there count too. */
function recordOf(ordinal: number, { readBefore, goodBefore, addedAt }: Origin): number {
  const passedBefore = goodBefore?.filter((good) => good <= ordinal).length ?? 0;
  const addedBefore = addedAt?.filter((added) => added <= ordinal).length ?? 0;
  return readBefore + ordinal + passedBefore - addedBefore;
}

/** The file that a record of a source is in, and its ordinal there. */
function placeIn({ files, readBefore }: Origin, record: number, source: string) {
  if (files === undefined) return { record, file: source };
  let rest = record - readBefore;
  let at = 0;
  for (; rest >= files.records[2 * at + 1]!; at++) rest -= files.records[2 * at + 1]!;
  return { record: rest, file: filePathIn(files.folder, files.of, unpackFiles(files.of.list)[at]!.path) };
}
