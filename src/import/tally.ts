// source > plan > map > scan > key > frame > shard > [verify] > merge > publish
//
// What the accepted spans add up to, in source order: shards to publish, runs to merge, records to count, rejected records
// to keep. Enforces what is allowed to be bad.

import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { GristmillError } from '../errors.js';
import { makeDirectory, QUARANTINE_DIRECTORY } from '../store/files.js';
import { syncFile } from '../store/io.js';
import { decodeKey } from '../store/key.js';
import type { ShardEntry } from '../store/types.js';
import { failureError } from './bad-source.js';
import type { FilledImportOptions } from './import-options.js';
import type { PlacedRun } from './merge-plan.js';
import type { MergeResult } from './merge-types.js';
import type { AcceptedSpan } from './scan-sources.js';
import type { Duplicate, RejectedLine } from './span-types.js';

/** Records read before their share of bad ones is judged: one bad record of two says nothing yet. */
const RATIO_RECORDS_MIN = 1000;

export class Tally {
  readonly shards: Omit<ShardEntry, 'firstOrdinal' | 'dead'>[] = [];
  readonly runs: PlacedRun[] = [];
  /** Ordinals that lost to another record of this import, by shard. */
  readonly dead = new Map<number, number[]>();
  read = 0;
  rejected = 0;
  replaced = 0;
  storedBytes = 0;
  redone = 0;
  quarantine: string | undefined;
  readonly #options: FilledImportOptions;
  readonly #store: string;
  readonly #id: string;
  /** Records read before the records of each shard, for the ordinal of a duplicate. */
  readonly #readBefore = new Map<number, number>();
  readonly #syncs: Promise<void>[] = [];
  #duplicate: Duplicate | undefined;

  constructor(options: FilledImportOptions, store: string, id: string) {
    this.#options = options;
    this.#store = store;
    this.#id = id;
  }

  get stored(): number {
    return this.read - this.rejected - this.replaced;
  }

  /** @throws BAD_RECORD, RECORD_TOO_LARGE, SOURCE_TRUNCATED, TOO_MANY_BAD_RECORDS */
  accept({ plan, task, result, wasRedone }: AcceptedSpan): void {
    const readBefore = this.read;
    if (wasRedone) this.redone++;
    this.read += result.read;
    this.rejected += result.rejected;
    if (existsSync(task.badPath)) this.#keepRejected(task.path, task.badPath, readBefore);
    if (result.failure) throw failureError(task, result.failure, readBefore);
    this.#checkRejected(false);
    for (const run of result.runs) this.runs.push({ ...run, path: task.runPath });
    this.#noteDead(task.shard, result.losers);
    this.#noteDuplicate(result.duplicate);
    if (!result.shard) return;
    this.#readBefore.set(task.shard, readBefore);
    this.storedBytes += result.shard.storedBytes;
    this.shards.push({
      shard: task.shard,
      file: basename(task.shardPath),
      ...result.shard,
      named: plan.framing === 'object',
      source: { file: task.path, from: result.entry, to: result.exit },
    });
    const sync = syncFile(task.shardPath);
    sync.catch(() => {}); // told by `synced`
    this.#syncs.push(sync);
  }

  /** A partition's losers and duplicates. */
  acceptMerged({ losers, duplicate }: MergeResult): void {
    for (let i = 0; i < losers.length; i += 2) this.#noteDead(losers[i] as number, [losers[i + 1] as number]);
    this.#noteDuplicate(duplicate);
  }

  /** All spans are in: the limits on bad records hold for the whole. @throws TOO_MANY_BAD_RECORDS */
  finishScan(): void {
    this.#checkRejected(true);
  }

  /** All entries are in. @throws DUPLICATE_KEY where duplicates are errors */
  finishMerge(): void {
    if (this.#options.onDuplicate !== 'error' || !this.#duplicate) return;
    const { shard, ordinal, key } = this.#duplicate;
    const entry = this.shards.find((one) => one.shard === shard);
    const shown = JSON.stringify(decodeKey(key), (_, value) => (typeof value === 'bigint' ? String(value) : value));
    const record = (this.#readBefore.get(shard) ?? 0) + ordinal;
    const message = `Record ${record} of ${entry?.source.file} has key ${shown}, which an earlier record has too; nothing was changed. Choose --on-duplicate last or first, or another --key.`;
    throw new GristmillError('DUPLICATE_KEY', message, { record, ...(entry && { file: entry.source.file }) });
  }

  /** Resolves when every shard is on disk. @throws IO_ERROR, DISK_FULL */
  async synced(): Promise<void> {
    await Promise.all(this.#syncs);
  }

  /** Settles the syncs under way, whatever comes of them. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#syncs);
  }

  #checkRejected(isEnd: boolean): void {
    const { maxBad, maxBadRatio } = this.#options;
    const ratio = this.read === 0 ? 0 : this.rejected / this.read;
    const isOverRatio = ratio > maxBadRatio && (isEnd || this.read >= RATIO_RECORDS_MIN);
    if (this.rejected <= maxBad && !isOverRatio) return;
    const limit = this.rejected > maxBad ? `--max-bad ${maxBad}` : `--max-bad-ratio ${maxBadRatio}`;
    const message = `${this.rejected} of ${this.read} records are bad, more than ${limit} allows; nothing was changed.`;
    throw new GristmillError('TOO_MANY_BAD_RECORDS', message);
  }

  #noteDead(shard: number, ordinals: ArrayLike<number>): void {
    if (ordinals.length === 0) return;
    const dead = this.dead.get(shard) ?? [];
    for (let i = 0; i < ordinals.length; i++) dead.push(ordinals[i] as number);
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

  /** Moves a span's rejected records to the quarantine file, with their ordinal in the import. */
  #keepRejected(source: string, badPath: string, readBefore: number): void {
    if (!this.quarantine) {
      const directory = join(this.#store, QUARANTINE_DIRECTORY);
      makeDirectory(directory);
      this.quarantine = join(directory, `${this.#id}.ndjson`);
    }
    const lines = readFileSync(badPath, 'utf8').split('\n').filter(Boolean);
    for (const line of lines) {
      const rejected = JSON.parse(line) as RejectedLine;
      const kept = { file: source, ...rejected, record: readBefore + rejected.record };
      appendFileSync(this.quarantine, `${JSON.stringify(kept)}\n`, { mode: 0o600 });
    }
    rmSync(badPath);
  }
}
