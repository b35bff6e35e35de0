// key > index page > location > frame cache > frame > record: how long it takes
//
// The clock costs as much as a hot read, and who is told of samples costs more. So not every read is timed: about one in 250
// microseconds is, which costs the same small share of the time however fast reads are. It is one in a few where they come
// from disk, and one in some thousand where the record cache answers. Which ones is drawn by lot: with a fixed step, a program
// that reads in a circle would have the same keys timed for ever.
//
// Where reads were answered is counted for every one (read-counters.ts), and that is how it is known here: before it first
// waits, a read has added to one of the counters.

import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { tellAll } from '../../parallel/followers.js';
import type { ReadCounters } from './read-counters.js';

/**
 * Where a read was answered: the record cache, the frame cache, the disk, the index ("inline": it has the records of
 * transactions until compaction); or "absent", if there is no such record.
 */
export type Answer = 'recordCache' | 'frameCache' | 'disk' | 'inline' | 'absent';
const ANSWERS: readonly Answer[] = ['recordCache', 'frameCache', 'disk', 'inline', 'absent'];

/** Where samples come faster than this, fewer are taken. */
const SAMPLE_MILLISECONDS = 0.25;
/** At least one read in this many is timed, on average. */
const STRIDE_MAX = 4096;
/** The longest time that a histogram records, in nanoseconds: an hour. */
const NANOSECONDS_MAX = 3.6e12;
/** Significant digits of a value of a histogram: it is within 1 % of the true value. */
const FIGURES = 2;

/** The latency of the timed reads, in microseconds. Not every read is timed. */
export interface Latency {
  /** The number of reads that were timed. */
  readonly samples: number;
  /** The mean. */
  readonly mean: number;
  /** The median. */
  readonly p50: number;
  /** 90 of 100 are shorter. */
  readonly p90: number;
  /** 99 of 100 are shorter. */
  readonly p99: number;
  /** The longest. */
  readonly max: number;
}

/** Told of each timed read. */
export type OnSample = (collection: string, answer: Answer, seconds: number) => void;

/** Times reads of one collection: those that are due, and no others. */
export class LatencySampler {
  readonly #collection: string;
  readonly #counters: ReadCounters;
  readonly #followers: ReadonlySet<OnSample>;
  /** In the order of ANSWERS; made with the first sample: each takes some 30 KB. */
  readonly #histograms: (RecordableHistogram | undefined)[] = ANSWERS.map(() => undefined);
  /** The counters, in the order of ANSWERS, before the read that is being timed. */
  readonly #before = new Float64Array(ANSWERS.length);
  /** One read in so many is timed now; reads until the next that is; when the last one began. */
  #stride = 1;
  #left = 1;
  #last = 0;

  /** @param followers shared by all collections of a store */
  constructor(collection: string, counters: ReadCounters, followers: ReadonlySet<OnSample>) {
    this.#collection = collection;
    this.#counters = counters;
    this.#followers = followers;
  }

  /** Whether the read that is to begin is one to be timed; to be asked once for each. */
  isDue(): boolean {
    return --this.#left <= 0;
  }

  /** Runs a read that is due, and times it unless it fails. */
  timeSync<From, Key, R>(read: (from: From, key: Key) => R, from: From, key: Key): R {
    const began = this.#begin();
    const record = read(from, key);
    this.#end(began, this.#answered());
    return record;
  }

  /** The same for a read that may have to wait. */
  async time<From, Key, R>(read: (from: From, key: Key) => Promise<R>, from: From, key: Key): Promise<R> {
    const began = this.#begin();
    const reading = read(from, key);
    // Now: later other reads will have come in between.
    const answered = this.#answered();
    const record = await reading;
    this.#end(began, answered);
    return record;
  }

  /** The latencies so far, by where reads were answered. An answer without a timed read is absent. */
  latencies(): Partial<Record<Answer, Latency>> {
    const latencies: Partial<Record<Answer, Latency>> = {};
    for (const [i, histogram] of this.#histograms.entries()) {
      if (histogram !== undefined) latencies[ANSWERS[i]!] = latencyOf(histogram);
    }
    return latencies;
  }

  #begin(): number {
    for (let i = 0; i < ANSWERS.length; i++) this.#before[i] = this.#count(i);
    const now = performance.now();
    const isSoon = now - this.#last < SAMPLE_MILLISECONDS;
    this.#last = now;
    this.#stride = isSoon ? Math.min(2 * this.#stride, STRIDE_MAX) : Math.max(this.#stride >> 1, 1);
    // From 1 to twice the stride less 1; an integer, which costs less to count down.
    this.#left = (1 + Math.random() * (2 * this.#stride - 1)) | 0;
    return now;
  }

  /** Index of the counter that the read has added to. */
  #answered(): number {
    for (let i = 0; i < ANSWERS.length; i++) if (this.#count(i) !== this.#before[i]) return i;
    return -1;
  }

  #count(answer: number): number {
    const counters = this.#counters;
    switch (answer) {
      case 0:
        return counters.recordHits + counters.recordStale;
      case 1:
        return counters.frameHits;
      case 2:
        return counters.diskReads + counters.loadsShared;
      case 3:
        return counters.inlineReads;
      default:
        return counters.absent;
    }
  }

  #end(began: number, answered: number): void {
    const nanoseconds = Math.round((performance.now() - began) * 1e6);
    if (answered === -1) return;
    let histogram = this.#histograms[answered];
    if (histogram === undefined) {
      histogram = createHistogram({ lowest: 1, highest: NANOSECONDS_MAX, figures: FIGURES });
      this.#histograms[answered] = histogram;
    }
    histogram.record(Math.min(Math.max(nanoseconds, 1), NANOSECONDS_MAX));
    if (this.#followers.size === 0) return;
    tellAll(this.#followers, (follower) => follower(this.#collection, ANSWERS[answered]!, nanoseconds / 1e9));
  }
}

function latencyOf(histogram: RecordableHistogram): Latency {
  const at = (percent: number): number => histogram.percentile(percent) / 1000;
  return {
    ...{ samples: histogram.count, mean: histogram.mean / 1000 },
    ...{ p50: at(50), p90: at(90), p99: at(99), max: histogram.max / 1000 },
  };
}
