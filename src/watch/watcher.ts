// [notices > schedule > readiness > sync > event]
//
// A watcher keeps a collection what its sources are: it waits for notices, lets the schedule say when to look at what, and
// has `syncSources` do it, one round at a time. A round that fails has changed nothing; what it was to look at comes with
// the next.

import { keptAlive } from '../base/alive.js';
import { GristmillError } from '../base/errors.js';
import { HOLDS_PER_ROUND_MAX } from '../base/limits.js';
import { absoluteOf, isRemote, placeOf } from '../import/names/sources.js';
import { sourceNames } from '../import/sequence/remote-files.js';
import type { FileFacts, Take } from '../sources/looking.js';
import type { SyncOptions } from '../sources/sync.js';
import { Notices, type Notifier } from './notices.js';
import type { WatchParts } from './parts.js';
import { Readiness } from './readiness.js';
import { Recompression } from './recompression.js';
import { isBadSource, isMistake, refusalOf, waitOf } from './refusal.js';
import { sharedFileSystem } from './remote.js';
import { type Round, Schedule } from './schedule.js';
import { Telling } from './telling.js';
import { type ResolvedWatchOptions, resolveWatchOptions, type WatchOptions } from './watch-options.js';

/** How long a failure that may pass by itself is waited for: twice as long each time. */
const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 60_000;
/** Looks at remote sources come by this share sooner or later. */
const JITTER = 0.1;

/** See `Store.watch`. */
export let startWatcher: (
  parts: WatchParts,
  sources: readonly (string | URL)[],
  given?: WatchOptions,
) => Promise<Watcher>;

/** Keeps a collection equal to its sources, in the background. `store.watch` makes it. */
export class Watcher {
  /** The name of the collection. */
  readonly collection: string;
  /** The absolute paths of the sources, and the addresses of remote ones without query strings and passwords. */
  readonly sources: readonly string[];
  /** The same, with all that a server has to be asked with. */
  readonly #given: readonly (string | URL)[];
  readonly #parts: WatchParts;
  readonly #options: ResolvedWatchOptions;
  readonly #importing: SyncOptions;
  readonly #telling: Telling;
  readonly #schedule: Schedule;
  readonly #readiness: Readiness;
  readonly #recompression: Recompression | undefined;
  readonly #stop = new AbortController();
  #notices: Notifier | undefined;
  #polls = false;
  #timer: NodeJS.Timeout | undefined;
  /** The round under way; resolves to what it failed with. */
  #running: Promise<unknown> | undefined;
  #retryMs = RETRY_MS_MIN;
  #hasCompared = false;
  /** Whether a file of this round was left because somebody may be writing to it. */
  #awaits = false;
  #toldOfLoss = false;
  /** The error of the newest round, if it failed. */
  #failure: GristmillError | undefined;
  /** What was told of sources without records, for as long as they have none. */
  #emptiness: string | undefined;
  readonly #settling = new Set<() => void>();
  #closing: Promise<void> | undefined;

  static {
    startWatcher = async (parts, sources, given = {}) => {
      const watcher = new Watcher(parts, sources, given);
      const { signal } = given;
      const stop = () => void watcher.close(signal?.reason);
      watcher.#stop.signal.addEventListener('abort', () => signal?.removeEventListener('abort', stop), { once: true });
      if (signal?.aborted) stop();
      else signal?.addEventListener('abort', stop, { once: true });
      try {
        await watcher.#begin();
        return watcher;
      } catch (error) {
        await watcher.close();
        throw error;
      }
    };
  }

  private constructor(parts: WatchParts, sources: readonly (string | URL)[], given: WatchOptions) {
    const { watching, importing } = resolveWatchOptions(given);
    if (watching.log && sources.some(isRemote)) {
      throw new TypeError(
        'watch: a remote source cannot be a log, because its objects are replaced: leave out options.log',
      );
    }
    this.#parts = parts;
    this.#options = watching;
    this.#importing = importing;
    this.collection = importing.collection ?? 'records';
    this.#telling = new Telling(this.collection, parts.tell);
    // Frozen: whoever holds the watcher must not change what is watched.
    this.sources = Object.freeze(sourceNames(sources).map(absoluteOf));
    this.#given = sources.map((source, i) => (isRemote(source) ? source : this.sources[i]!));
    this.#schedule = new Schedule(watching, performance.now());
    this.#readiness = new Readiness(watching.stabilityMs);
    if (watching.recompress) this.#recompression = new Recompression(this.collection, parts.compact, this.#telling);
  }

  /** Whether the watcher compares everything all the time, because the system cannot report all changes. */
  get polls(): boolean {
    return this.#polls;
  }

  /**
   * The reason why the stored records are not those of the sources: the newest round failed (or the first import, when
   * `store.watch` resolves), or the newest version of a file is bad. Undefined when all noticed changes are imported.
   */
  get refused(): GristmillError | undefined {
    return this.#failure ?? this.#readiness.refused;
  }

  /** Follows the sources, and compares them with what is stored. @throws what makes it pointless to go on */
  async #begin(): Promise<void> {
    const { poll } = this.#options;
    const roots = this.sources.filter((source) => !isRemote(source)).map((source) => placeOf(source).root);
    const shared = await Promise.all(roots.map(sharedFileSystem));
    this.#stop.signal.throwIfAborted();
    if (poll === 'always' || (poll === 'auto' && shared.some((kind) => kind !== undefined))) this.#poll();
    if (roots.length < this.sources.length) this.#askAll();
    if (poll !== 'always' && roots.length > 0) {
      const follow = this.#parts.follow ?? ((followed, listener) => new Notices(followed, listener));
      this.#notices = follow(
        { sources: roots },
        {
          noticed: (paths) => this.#noticed(paths),
          failed: (error) => this.#notAllIsTold(error),
        },
      );
    }
    this.#go();
    const failure = await this.#running;
    this.#stop.signal.throwIfAborted();
    if (isMistake(failure)) throw failure;
    // Files that were written to a moment ago are looked at once more.
    await this.settled();
    this.#stop.signal.throwIfAborted();
  }

  /** From now on, without notices. */
  #poll(): void {
    this.#compareEvery(() => this.#options.pollMs);
  }

  /** No server tells of changes. Each time is another one, so that many watchers do not come together. */
  #askAll(): void {
    this.#compareEvery(() => this.#options.remotePollMs * (1 - JITTER + 2 * JITTER * Math.random()));
  }

  #compareEvery(ms: () => number): void {
    this.#polls = true;
    this.#schedule.compareEvery(ms, performance.now());
  }

  #noticed(paths: readonly string[]): void {
    const now = performance.now();
    for (const path of paths) this.#schedule.notice(path, now);
    this.#go();
  }

  #notAllIsTold(cause: Error): void {
    if (this.#polls || this.#toldOfLoss) return;
    this.#toldOfLoss = true;
    const { poll, pollMs, compareMs } = this.#options;
    if (poll === 'auto') this.#poll();
    const every = this.#polls ? pollMs : compareMs;
    const message = `the system cannot report all changes (${cause.message}): the watcher compares everything every ${every} ms`;
    this.#telling.warn(new GristmillError('IO_ERROR', message, { cause }));
    this.#go();
  }

  /** Begins the round that is due; where none is, waits for it. */
  #go(): void {
    clearTimeout(this.#timer);
    if (this.#closing || this.#running) return;
    const now = performance.now();
    const round = this.#schedule.take(now);
    if (round === undefined) {
      this.#timer = setTimeout(() => this.#go(), Math.ceil(this.#schedule.due() - now)).unref();
      this.#recompression?.begin();
      return;
    }
    this.#running = this.#run(round);
    void this.#running.then(() => {
      this.#running = undefined;
      this.#wakeSettling();
      this.#go();
    });
  }

  /** Runs a round to its end; never rejects. @returns what it failed with */
  async #run(round: Round): Promise<unknown> {
    // What happens while everything is compared has to be told.
    if (round.paths === undefined) await this.#notices?.check();
    await this.#recompression?.giveWay();
    for (let holds = 0; ; holds++) {
      const began = performance.now();
      this.#readiness.begin();
      this.#awaits = false;
      try {
        const report = await this.#parts.sync(this.#given, {
          ...{ ...this.#importing, log: this.#options.log },
          ...(round.paths && { paths: round.paths }),
          take: this.#take,
          signal: this.#stop.signal,
        });
        // Comparing all the time and finding nothing is no news, but that a failure has passed is. What is looked at again in a
        // moment, or was refused, is none.
        const isExpected = round.paths !== undefined || !this.#hasCompared || this.#failure !== undefined;
        this.#hasCompared = true;
        this.#telling.leftOut(report, round.paths === undefined);
        this.#telling.done(report, isExpected && !this.#awaits && holds === 0, performance.now() - began);
        this.#schedule.done(performance.now());
        if (report.report !== undefined) this.#recompression?.due();
        this.#retryMs = RETRY_MS_MIN;
        this.#emptiness = undefined;
        this.#failure = undefined;
        this.#readiness.done(round.paths);
        return undefined;
      } catch (error) {
        const now = performance.now();
        if (this.#stop.signal.aborted) return error;
        const refusal = refusalOf(error);
        // Sources that stay empty are no news.
        if (refusal.message !== this.#emptiness) this.#telling.refused(refusal, now - began);
        this.#emptiness = refusal.code === 'SOURCE_EMPTY' ? refusal.message : undefined;
        const isBad = isBadSource(refusal);
        if (isBad && holds < HOLDS_PER_ROUND_MAX && this.#readiness.hold(refusal)) continue;
        this.#failure = refusal;
        const retryMs = Math.max(this.#retryMs, waitOf(refusal));
        this.#schedule.failed(now, isBad ? undefined : now + retryMs);
        if (!isBad) this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MS_MAX);
        return error;
      }
    }
  }

  readonly #take = (path: string, facts: FileFacts): Take => {
    const take = this.#readiness.of(path, facts, Date.now());
    if (take === 'growth') {
      this.#awaits = true;
      this.#schedule.notice(path, performance.now());
    }
    return take;
  };

  /**
   * Resolves when all changes that were noticed so far are imported or refused, or when the watcher is closed. (The watcher
   * notices a change some milliseconds after it was made.)
   */
  settled(): Promise<void> {
    return keptAlive(this.#settled());
  }

  async #settled(): Promise<void> {
    const notice = this.#schedule.noticed;
    while (!this.#closing && this.#schedule.first() <= notice) {
      await new Promise<void>((resolve) => this.#settling.add(resolve));
    }
  }

  /**
   * Ends the watcher. It cancels a running import, which then changes nothing. Idempotent.
   * @param reason the error for callers that still wait for the watcher to begin. Default: CANCELLED.
   */
  close(reason?: unknown): Promise<void> {
    this.#closing ??= keptAlive(this.#close(reason));
    return this.#closing;
  }

  /** Calls `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(cause: unknown): Promise<void> {
    clearTimeout(this.#timer);
    const cancelled = () => new GristmillError('CANCELLED', 'the watcher was closed; nothing was changed', { cause });
    this.#stop.abort(cause instanceof GristmillError ? cause : cancelled());
    await this.#notices?.close();
    await this.#running;
    await this.#recompression?.giveWay();
    this.#wakeSettling();
    this.#parts.ended?.();
  }

  #wakeSettling(): void {
    const settling = [...this.#settling];
    this.#settling.clear();
    for (const look of settling) look();
  }
}
