// hot places > hot set > [frames]
//
// Loads frames before they are asked for: of a hot set, a list of keys, a range of an index, a whole collection. Finding
// out which they are is done here, in slices that reads get in between; reading and decompressing them is the cache's
// (lookup/cache/caches.ts). A budget of bytes and time ends it.

import { setTimeout } from 'node:timers/promises';
import type { FrameAt } from '../../store/shards/frame.js';
import type { ShardEntry } from '../../store/types.js';
import { bytesInCache } from '../cache/frame-cache.js';
import { checkBoundsForm } from '../index/key-form.js';
import { placesOf } from '../index/places.js';
import { type RangeOptions, resolveBounds } from '../index/range.js';
import type { Lookup } from '../lookup.js';
import type { CollectionHotKey } from './hot-set-file.js';

/** The longest that reads wait for a slice, and the frames that one may ask for. */
const SLICE_MILLISECONDS = 0.5;
const FRAMES_PER_SLICE = 16;
/** Between two slices. */
const PAUSE_MILLISECONDS = 1;

interface WarmBudget {
  /** Of frames in the cache, those that are there already included: they would be in the way of the rest. */
  readonly bytes: number;
  readonly milliseconds: number;
  readonly signal: AbortSignal;
}

/** The result of `store.warm`. */
export interface WarmReport {
  /** The number of frames that were loaded. Frames that were already in memory do not count. */
  readonly frames: number;
  /** The bytes that these frames take in the cache. */
  readonly bytes: number;
  /** The number of requested records whose text is in memory now. */
  readonly records: number;
  /** Milliseconds that it took. */
  readonly milliseconds: number;
  /** Whether everything was loaded. False if `maxBytes` or `maxMs` ended it. */
  readonly complete: boolean;
}

/** A step of warming: records that were found, and their frame. Without a frame if there is none to load. */
export interface WarmStep {
  readonly lookup: Lookup;
  readonly records: number;
  readonly at?: FrameAt | undefined;
  /** Why it could not be found out. */
  readonly error?: unknown;
}

export class Warming {
  readonly #budget: WarmBudget;
  readonly #began = performance.now();
  readonly #asked = new Set<string>();
  #wantedBytes = 0;
  #frames = 0;
  #bytes = 0;
  #records = 0;
  #isComplete = true;
  /** The first error. The frames that could be loaded are loaded all the same. */
  error: unknown;

  constructor(budget: WarmBudget) {
    this.#budget = budget;
  }

  get report(): WarmReport {
    const milliseconds = performance.now() - this.#began;
    return {
      ...{ frames: this.#frames, bytes: this.#bytes, records: this.#records },
      ...{ milliseconds, complete: this.#isComplete },
    };
  }

  /** Loads the frames of all steps, or as many as the budget allows. */
  async run(steps: Generator<WarmStep>): Promise<void> {
    try {
      for (let isDone = false; !isDone; ) {
        const frames: Wanted[] = [];
        isDone = this.#slice(steps, frames);
        await this.#load(frames);
        if (!isDone) await pause(this.#budget.signal);
      }
    } finally {
      // It may hold a snapshot.
      steps.return(undefined);
    }
  }

  /** Takes steps for a moment. @returns whether there are no more of them, or no more may be taken. */
  #slice(steps: Generator<WarmStep>, frames: Wanted[]): boolean {
    const until = performance.now() + SLICE_MILLISECONDS;
    while (frames.length < FRAMES_PER_SLICE) {
      const now = performance.now();
      if (now > until) return false;
      const isLate = now - this.#began > this.#budget.milliseconds || this.#budget.signal.aborted;
      if (isLate || !this.#isComplete) {
        this.#isComplete = false;
        return true;
      }
      const { done, value } = steps.next();
      if (done) return true;
      this.error ??= value.error;
      if (value.at !== undefined && this.#isNew(value.at)) {
        const { entry, reader, index } = value.at;
        const bytes = bytesInCache(reader, index);
        if (this.#wantedBytes + bytes > this.#budget.bytes) {
          this.#isComplete = false;
          return true;
        }
        this.#wantedBytes += bytes;
        const isThere = value.lookup.caches.frames.has(entry.fileNumber, index);
        if (!isThere) frames.push({ lookup: value.lookup, entry, index, bytes });
      }
      this.#records += value.records;
    }
    return false;
  }

  #isNew({ entry, index }: FrameAt): boolean {
    const id = `${entry.fileNumber} ${index}`;
    const isNew = !this.#asked.has(id);
    if (isNew) this.#asked.add(id);
    return isNew;
  }

  async #load(frames: readonly Wanted[]): Promise<void> {
    const shards = new Map<number, { lookup: Lookup; entry: ShardEntry; indexes: number[] }>();
    for (const { lookup, entry, index } of frames) {
      const shard = shards.get(entry.fileNumber);
      if (shard === undefined) shards.set(entry.fileNumber, { lookup, entry, indexes: [index] });
      else shard.indexes.push(index);
    }
    const loads = Array.from(shards.values(), ({ lookup, entry, indexes }) => lookup.caches.prefetch(entry, indexes));
    for (const load of await Promise.allSettled(loads)) if (load.status === 'rejected') this.error ??= load.reason;
    for (const { lookup, entry, index, bytes } of frames) {
      if (!lookup.caches.frames.has(entry.fileNumber, index)) continue;
      this.#frames++;
      this.#bytes += bytes;
    }
  }
}

interface Wanted {
  readonly lookup: Lookup;
  readonly entry: ShardEntry;
  readonly index: number;
  readonly bytes: number;
}

/**
 * The records of keys of several collections, which are hot places from then on.
 * @param lookupOf undefined for collections that are to be left out. @param found counts the keys found, by collection.
 */
export function* hotSteps(
  keys: Iterable<CollectionHotKey>,
  lookupOf: (collection: string) => Lookup | undefined,
  found = new Map<string, number>(),
): Generator<WarmStep> {
  for (const hot of keys) {
    const { collection } = hot;
    const lookup = lookupOf(collection);
    if (lookup === undefined) continue;
    // One that cannot be found is no reason not to look for the others.
    try {
      const place = lookup.expect(hot);
      if (place === undefined) continue;
      found.set(collection, (found.get(collection) ?? 0) + 1);
      yield { lookup, records: 1, at: lookup.frameAt(place) };
    } catch (error) {
      yield { lookup, records: 0, error };
    }
  }
}

/** The same for keys that were read before: if the keys of a collection have another form now, it has none of them. */
export function hintSteps(
  hints: Iterable<CollectionHotKey>,
  lookupOf: (collection: string) => Lookup | undefined,
  found?: Map<string, number>,
): Generator<WarmStep> {
  function* possible(): Generator<CollectionHotKey> {
    for (const hint of hints) if (lookupOf(hint.collection)?.isKey(hint.key)) yield hint;
  }
  return hotSteps(possible(), lookupOf, found);
}

/** The records of a range. @param lookupNow is asked when the first step is taken: a state that was served before may be released by then */
export function* rangeSteps(lookupNow: () => Lookup, options: RangeOptions): Generator<WarmStep> {
  const bounds = resolveBounds(options);
  const lookup = lookupNow();
  const { generation, snapshot } = lookup.hold();
  try {
    checkBoundsForm(generation.manifest, options);
    let left = bounds.limit;
    for (const { place } of placesOf(generation, snapshot, bounds, options.index)) {
      if (left-- === 0) return;
      yield { lookup, records: 1, at: lookup.frameAt(place) };
    }
  } finally {
    snapshot.release();
    generation.release();
  }
}

/** All records. @param lookupNow as in `rangeSteps` */
export function* wholeSteps(lookupNow: () => Lookup): Generator<WarmStep> {
  const lookup = lookupNow();
  const { generation, snapshot } = lookup.hold();
  try {
    for (const entry of generation.shards) {
      if (entry.fileNumber === 0) {
        yield { lookup, records: entry.records };
        continue;
      }
      for (let index = 0; index < entry.frames; index++) {
        // Asked for each time: it is closed when many others have been used meanwhile.
        const reader = lookup.store.caches.shard(entry);
        yield { lookup, records: reader.linesOf(index), at: { entry, reader, index } };
      }
    }
  } finally {
    snapshot.release();
    generation.release();
  }
}

/** Lets reads get in between, without keeping the process alive. */
async function pause(signal: AbortSignal): Promise<void> {
  // Aborted: the next slice sees it.
  await setTimeout(PAUSE_MILLISECONDS, undefined, { ref: false, signal }).catch(() => {});
}
