// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// The jobs of a tar archive, which is read in sequence: whole entries are batched into spans as the files of a folder are,
// each lent the text that they are in. A large entry of many records that have keys of their own is cut into spans as a
// source of its own would be.

import { GristmillError } from '../../../base/errors.js';
import { SEQUENCE_CHUNK_BYTES, SPAN_FILES_MAX } from '../../../base/limits.js';
import type { EntryNames } from '../../archive/entry-names.js';
import { EntrySequence } from '../../archive/entry-sequence.js';
import { type TarEntry, TarWalk } from '../../archive/tar-walk.js';
import { entryPath } from '../../names/sources.js';
import type { FilledImportOptions } from '../../options/resolve.js';
import type { ChunkRun } from '../../sequence/chunk.js';
import type { Sequence } from '../../sequence/sequence.js';
import type { SpanTask } from '../../tasks/span.js';
import type { SourcePlan } from '../source-plan.js';
import type { LiveSpan, SpanJob } from '../span-job.js';
import { noEntries, spanFilesOf, type TakenEntry } from '../zip.js';
import type { SpanJobs } from './span-jobs.js';

export class TarJobs {
  readonly #sequence: Sequence;
  readonly #plan: SourcePlan;
  readonly #names: EntryNames;
  readonly #jobs: SpanJobs;
  readonly #options: FilledImportOptions;
  readonly #walk: TarWalk;
  /** All of the archive. */
  readonly #whole: EntrySequence;
  /** Entries that have no span yet. */
  #batch: TakenEntry[] = [];
  /** Where the next span begins. */
  #from = 0;
  #discarded = 0;
  /** Spans that somebody works on. */
  #pending = 0;
  #isWalked = false;

  constructor(sequence: Sequence, plan: SourcePlan, names: EntryNames, jobs: SpanJobs, options: FilledImportOptions) {
    this.#sequence = sequence;
    this.#plan = plan;
    this.#names = names;
    this.#jobs = jobs;
    this.#options = options;
    this.#walk = new TarWalk(sequence, (offset) => this.#passTo(offset));
    const whole = {
      sequence,
      discardBefore: (offset: number) => this.#discard(offset),
      truncated: () => this.#walk.truncated(),
    };
    this.#whole = new EntrySequence(whole, plan.path, 0, Number.POSITIVE_INFINITY);
  }

  /** @throws SOURCE_… errors of the archive */
  async *all(): AsyncGenerator<SpanJob> {
    const spanBytes = this.#options.spanBytes ?? SEQUENCE_CHUNK_BYTES;
    for await (const entry of this.#walk.entries()) {
      const path = this.#names.take(entry);
      // What is passed over is not kept, however large it is.
      const [first] = this.#batch;
      const isFull =
        this.#batch.length === SPAN_FILES_MAX || (first && entry.at + entry.bytes - first.place.at > spanBytes);
      if (isFull) yield await this.#span(false);
      if (path === undefined) continue;
      this.#check(path, entry);
      this.#batch.push({ path, place: { at: entry.at, bytes: entry.bytes } });
    }
    if (this.#batch.length > 0) yield await this.#span(true);
    if (this.#names.taken === 0 && !this.#options.allowEmpty) throw noEntries(this.#plan.path);
    this.#isWalked = true;
    this.#closeIfDone();
  }

  /** @throws SOURCE_NOT_SUPPORTED */
  #check(path: string, { at, bytes, isSparse }: TarEntry): void {
    const file = entryPath(this.#plan.path, path);
    const refuse = (is: string, help: string) => {
      return new GristmillError('SOURCE_NOT_SUPPORTED', `${file} is ${is}. ${help}`, { file, offset: at });
    };
    if (isSparse) {
      throw refuse(
        'a sparse file',
        'Make the archive without option --sparse, or leave the entry out with option exclude',
      );
    }
    if (bytes > this.#options.recordBytesMax) {
      const help = 'Unpack the archive first, give option key, or raise option recordBytesMax';
      throw refuse(
        `larger than ${this.#options.recordBytesMax} bytes, so it has to be read from memory as a whole`,
        help,
      );
    }
  }

  /** The span of the batch. */
  async #span(isLast: boolean): Promise<SpanJob> {
    const [batch, from] = [this.#batch, this.#from];
    const { at, bytes } = batch.at(-1)!.place;
    const begin = batch[0]!.place.at;
    // An empty entry takes no bytes, and a span at least one.
    const to = Math.max(at + bytes, from + 1);
    await this.#sequence.upTo(at + bytes);
    if (this.#sequence.available < at + bytes) throw this.#walk.truncated();
    this.#batch = [];
    this.#from = to;
    const lent = this.#sequence.lend(begin, at + bytes);
    const task: SpanTask = {
      ...this.#jobs.tasks.of(this.#plan, { from, to }, await this.#jobs.nextShard()),
      ...{ isLast, entry: { at: from, afterComma: false }, chunks: lent, sourceShare: shareOf(lent) },
      files: spanFilesOf(this.#plan.fingerprint, batch, this.#options),
    };
    return { plan: this.#plan, task, live: this.#live(task, lent) };
  }

  #live({ to }: SpanTask, lent: ChunkRun): LiveSpan {
    this.#pending++;
    return {
      sequence: this.#whole,
      extended: () => Promise.reject(new Error('whole entries have all of their text')),
      done: () => {
        this.#sequence.giveBack(lent);
        this.#discard(to);
        this.#pending--;
        this.#closeIfDone();
      },
    };
  }

  /** Resolves when the text has come up to there, or has ended. What no entry of the batch is in goes. */
  async #passTo(offset: number): Promise<void> {
    const needed = Math.min(offset, this.#batch[0]?.place.at ?? offset);
    while (this.#sequence.available < offset && this.#sequence.available < this.#sequence.end) {
      await this.#sequence.upTo(this.#sequence.available + 1);
      this.#discard(needed);
    }
    this.#discard(needed);
  }

  #discard(offset: number): void {
    this.#discarded = Math.max(this.#discarded, offset);
    // Nobody asks for lines of the archive itself.
    this.#sequence.pass(this.#discarded, 0);
    this.#sequence.discardBefore(this.#discarded);
  }

  #closeIfDone(): void {
    if (this.#isWalked && this.#pending === 0) this.#sequence.close();
  }
}

/** Bytes of the source for a byte of its text. */
function shareOf({ chunks }: ChunkRun): number {
  let [text, source] = [0, 0];
  for (const { bytes, sourceBytes } of chunks) {
    text += bytes;
    source += sourceBytes;
  }
  return source / Math.max(1, text);
}
