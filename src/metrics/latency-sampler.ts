// key > index page > location > frame cache > frame > record: how long it takes
//
// The clock costs a good part of what a hot read does, so one read in 64 is timed, not every one. Which ones is drawn
// by lot: with a fixed step, a program that reads in a circle would have the same keys timed for ever. What is answered
// from where is counted for every read (read-counters.ts).
//
// In the read path, whose every way out knows where its answer came from:
//
//     const began = sampler.begin();
//     …
//     if (began !== 0) sampler.end(began, 'frameCache');

import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

/** Where a read was answered. Inline: from the index, which holds the records of transactions until compaction. */
export const ANSWERS = ['recordCache', 'frameCache', 'disk', 'inline', 'absent'] as const;
export type Answer = (typeof ANSWERS)[number];

/** One read in so many is timed, on average. */
export const READS_PER_SAMPLE = 64;
/** Longest time a histogram tells apart, in nanoseconds: an hour. */
const NANOSECONDS_MAX = 3.6e12;
/** Significant digits of what a histogram tells: it is within 1 % of the true value. */
const FIGURES = 2;

/** What timed reads took, in microseconds. */
export interface Latency {
  /** Reads that were timed: about one in 64 of all. */
  readonly samples: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** Told of each timed read. */
export type OnSample = (collection: string, answer: Answer, seconds: number) => void;

/** Times reads of one collection. */
export class LatencySampler {
  readonly #collection: string;
  readonly #followers: ReadonlySet<OnSample>;
  /** Made with the first sample: each takes some 30 KB. */
  readonly #histograms = new Map<Answer, RecordableHistogram>();
  /** Reads until the next that is timed. */
  #left = 1;

  /** @param followers shared by all collections of a store */
  constructor(collection: string, followers: ReadonlySet<OnSample>) {
    this.#collection = collection;
    this.#followers = followers;
  }

  /** At the beginning of a read: when it began, or 0 when it is not timed. */
  begin(): number {
    return --this.#left > 0 ? 0 : this.#draw();
  }

  /** At the end of a read that is timed. */
  end(began: number, answer: Answer): void {
    const nanoseconds = (performance.now() - began) * 1e6;
    let histogram = this.#histograms.get(answer);
    if (histogram === undefined) {
      histogram = createHistogram({ lowest: 1, highest: NANOSECONDS_MAX, figures: FIGURES });
      this.#histograms.set(answer, histogram);
    }
    histogram.record(Math.min(Math.max(Math.round(nanoseconds), 1), NANOSECONDS_MAX));
    for (const follower of this.#followers) follower(this.#collection, answer, nanoseconds / 1e9);
  }

  /** What was timed so far, by where it was answered; without those where nothing was. */
  latencies(): Partial<Record<Answer, Latency>> {
    const latencies: Partial<Record<Answer, Latency>> = {};
    for (const [answer, histogram] of this.#histograms) latencies[answer] = latencyOf(histogram);
    return latencies;
  }

  #draw(): number {
    this.#left = 1 + Math.floor(Math.random() * (2 * READS_PER_SAMPLE - 1));
    return performance.now();
  }
}

function latencyOf(histogram: RecordableHistogram): Latency {
  const at = (percent: number): number => histogram.percentile(percent) / 1000;
  return {
    ...{ samples: histogram.count, mean: histogram.mean / 1000 },
    ...{ p50: at(50), p90: at(90), p99: at(99), max: histogram.max / 1000 },
  };
}
