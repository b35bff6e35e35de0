// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// The jobs of a tar archive, which is read in sequence: whole entries are batched into spans as the files of a folder are,
// each lent the text that they are in. A large entry of many records that have keys of their own is cut into spans as a
// source of its own would be.

import { GristmillError } from '../../../base/errors.js';
import { SEQUENCE_CHUNK_BYTES, SPAN_FILES_MAX } from '../../../base/limits.js';
import { isOnePlace, parsePointer } from '../../../keys/paths.js';
import type { Pause } from '../../../parallel/pause.js';
import type { EntryNames } from '../../archive/entry-names.js';
import { type Archive, EntrySequence } from '../../archive/entry-sequence.js';
import { type TarEntry, TarWalk } from '../../archive/tar-walk.js';
import { CODEC_HEAD_BYTES } from '../../codec/recognise.js';
import type { ChunkRun } from '../../feed/chunk.js';
import { entryPath } from '../../names/sources.js';
import type { FilledImportOptions } from '../../options/resolve.js';
import { codingIn } from '../../sequence/plain.js';
import type { Sequence } from '../../sequence/sequence.js';
import { containerOf, isNamedLines } from '../../source/layout.js';
import type { SpanTask } from '../../tasks/span.js';
import { hasArray } from '../folder.js';
import { planOpened } from '../plan.js';
import type { SourcePlan } from '../source-plan.js';
import type { LiveSpan, SpanJob } from '../span-job.js';
import { noEntries, spanFilesOf, type TakenEntry } from '../zip.js';
import { jobsOf, type SpanJobs } from './span-jobs.js';

export class TarJobs {
  readonly #sequence: Sequence;
  readonly #plan: SourcePlan;
  readonly #names: EntryNames;
  readonly #jobs: SpanJobs;
  readonly #options: FilledImportOptions;
  readonly #pause: Pause;
  readonly #walk: TarWalk;
  readonly #archive: Archive;
  /** All of the archive. */
  readonly #whole: EntrySequence;
  /** Entries that have no span yet. */
  #batch: TakenEntry[] = [];
  /** Of the spans of batches, until a large entry comes between them. */
  #batchPlan: SourcePlan;
  /** Where the next span begins. */
  #from = 0;
  #discarded = 0;
  /** Spans that somebody works on. */
  #pending = 0;
  #isWalked = false;

  constructor(
    sequence: Sequence,
    plan: SourcePlan,
    names: EntryNames,
    jobs: SpanJobs,
    options: FilledImportOptions,
    pause: Pause,
  ) {
    this.#sequence = sequence;
    this.#plan = plan;
    this.#names = names;
    this.#jobs = jobs;
    this.#options = options;
    this.#pause = pause;
    this.#walk = new TarWalk(sequence, (offset) => this.#passTo(offset));
    this.#archive = {
      sequence,
      discardBefore: (offset: number) => this.#discard(offset),
      truncated: () => this.#walk.truncated(),
    };
    this.#batchPlan = plan;
    this.#whole = new EntrySequence(this.#archive, plan.path, 0, Number.POSITIVE_INFINITY);
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
      if (entry.bytes > spanBytes && !entry.isSparse) {
        if (this.#batch.length > 0) yield await this.#span(false);
        const plan = await this.#planLarge(path, entry);
        if (plan !== undefined) {
          yield* this.#large(plan, path, entry);
          continue;
        }
      }
      this.#check(path, entry);
      this.#batch.push({ path, place: { at: entry.at, bytes: entry.bytes } });
    }
    if (this.#batch.length > 0) yield await this.#span(true);
    if (this.#names.taken === 0 && !this.#options.allowEmpty) throw noEntries(this.#plan.path);
    this.#isWalked = true;
    this.#closeIfDone();
  }

  /** A large entry as a source of its own, where it can be one. @throws as planSource */
  async #planLarge(path: string, { at, bytes }: TarEntry): Promise<SourcePlan | undefined> {
    const { key, layout, select } = this.#options;
    if (key === undefined && layout !== 'object') return undefined;
    const file = this.#entry(path, at, bytes);
    await file.upTo(CODEC_HEAD_BYTES);
    if (codingIn(file, {}) !== undefined) return undefined;
    // One worker reads a document with several containers, all of it.
    if (select !== undefined && !isOnePlace(parsePointer(select))) return undefined;
    const isOfMany = select !== undefined || layout !== undefined || isNamedLines(path) || (await hasArray(file));
    if (!isOfMany) return undefined;
    const container = select === undefined ? {} : { container: containerOf(layout) };
    const { source, sequential } = this.#plan;
    const opened = { file, ...(sequential && { sequential }) };
    const plan = await planOpened(
      opened,
      { ...this.#options, pass: undefined, ...container },
      this.#pause,
      source,
      path,
    );
    return { ...plan, within: this.#plan };
  }

  /** The spans of a large entry. What follows its records may be looked at until all of them are accepted. */
  async *#large(plan: SourcePlan, path: string, { at, bytes }: TarEntry): AsyncGenerator<SpanJob> {
    const accepted: Promise<void>[] = [];
    for await (const { live, ...job } of jobsOf(this.#entry(path, at, bytes), plan, this.#jobs)) {
      const { promise, resolve } = withResolvers();
      accepted.push(promise);
      const done = () => {
        live?.done();
        resolve();
      };
      yield { ...job, ...(live && { live: { sequence: live.sequence, extended: () => live.extended(), done } }) };
    }
    await Promise.all(accepted);
    this.#from = at + bytes;
    this.#batchPlan = { ...this.#plan, within: this.#plan, from: this.#from };
  }

  #entry(path: string, at: number, bytes: number): EntrySequence {
    return new EntrySequence(this.#archive, entryPath(this.#plan.path, path), at, bytes);
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
      ...this.#jobs.tasks.of(this.#batchPlan, { from, to }, await this.#jobs.nextShard()),
      ...{ isLast, entry: { at: from, afterComma: false }, chunks: lent, sourceShare: shareOf(lent) },
      files: spanFilesOf(this.#plan.fingerprint, batch, this.#options),
    };
    return { plan: this.#batchPlan, task, live: this.#live(task, lent) };
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

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
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
