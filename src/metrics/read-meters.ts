// key > index page > location > frame cache > frame > record: counted and timed, for each collection
//
// The lookups of one collection, on whatever state of the store, share one meter.

import { LatencySampler, type OnSample } from './latency-sampler.js';
import { ReadCounters } from './read-counters.js';

export interface ReadMeter {
  readonly counters: ReadCounters;
  readonly sampler: LatencySampler;
}

export class ReadMeters {
  /** Told of each read that is timed: for histograms that others keep. */
  readonly followers = new Set<OnSample>();
  readonly #meters = new Map<string, ReadMeter>();

  of(collection: string): ReadMeter {
    let meter = this.#meters.get(collection);
    if (meter === undefined) {
      meter = { counters: new ReadCounters(), sampler: new LatencySampler(collection, this.followers) };
      this.#meters.set(collection, meter);
    }
    return meter;
  }

  /** By collection, in the order in which they were first read. */
  all(): Iterable<readonly [string, ReadMeter]> {
    return this.#meters;
  }
}
