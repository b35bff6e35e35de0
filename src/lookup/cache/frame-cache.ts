// key > index page > location > [frame cache] > frame > record
//
// Decompressed frames, bounded in bytes; those of all collections that have no frame options of their own are in one. File
// numbers are never used twice, so a frame in here never becomes wrong; it only becomes unused.
//
// Readers of one frame share one load. They never wait for a background load, which may be long in coming: a reader that
// meets one reads for itself, and the frame that comes second is dropped.

import { FRAMES_PER_SHARD_MAX } from '../../base/limits.js';
import { type Frame, frameBytes, openFrame } from '../../store/shards/frame.js';
import type { ShardReader } from '../../store/shards/read.js';
import { BoundedCache, type Bounds, type Kept } from './bounded-cache.js';
import type { FrameThread } from './frame-thread.js';
import type { ReadCounters } from './read-counters.js';

/** What a cached frame costs beside its bytes, roughly. */
const OVERHEAD_BYTES = 512;
/** Frames of one background job: a message between threads costs about as much as a frame's decompression. */
const FRAMES_PER_JOB = 4;

class KeptFrame implements Kept {
  loadedAt = 0;
  readAt = 0;
  readonly frame: Frame;
  readonly counters: ReadCounters;

  constructor(frame: Frame, counters: ReadCounters) {
    this.frame = frame;
    this.counters = counters;
  }
}

export class FrameCache {
  /** Undefined where nothing is to be kept. */
  readonly kept: BoundedCache<number, KeptFrame> | undefined;
  readonly #loading = new Map<number, Promise<Frame>>();

  constructor(bounds: Bounds) {
    if (bounds.bytes === 0) return;
    this.kept = new BoundedCache<number, KeptFrame>(bounds, ({ counters }, why) => {
      if (why === 'evicted') counters.frameEvictions++;
      else counters.framesExpired++;
    });
  }

  get(file: number, index: number): Frame | undefined {
    return this.kept?.get(keyOf(file, index))?.frame;
  }

  /** Whether it is in memory; asking is not reading. */
  has(file: number, index: number): boolean {
    return this.kept?.has(keyOf(file, index)) ?? false;
  }

  loadSync(reader: ShardReader, file: number, index: number, counters: ReadCounters): Frame {
    counters.diskReads++;
    const frame = openFrame(reader.readFrameSync(index), reader, index);
    this.#keep(keyOf(file, index), frame, counters);
    return frame;
  }

  /** The same with the read off the main thread. */
  load(reader: ShardReader, file: number, index: number, counters: ReadCounters): Promise<Frame> {
    const key = keyOf(file, index);
    let loading = this.#loading.get(key);
    if (loading !== undefined) {
      counters.loadsShared++;
      return loading;
    }
    counters.diskReads++;
    loading = this.#load(reader, key, index, counters).finally(() => this.#loading.delete(key));
    this.#loading.set(key, loading);
    return loading;
  }

  /** One frame, in the background. */
  async loadBehind(thread: FrameThread, file: number, index: number, { open, counters }: Behind): Promise<Frame> {
    let loaded: Frame | undefined;
    const arrived = (_: number, frame: Frame): void => {
      loaded = frame;
      this.#keep(keyOf(file, index), frame, counters);
    };
    await thread.load(open, [index], arrived);
    counters.framesPrefetched++;
    return loaded as unknown as Frame;
  }

  /** Loads frames that are not in memory in the background, in this order. @throws what the first bad one threw, at the end */
  async prefetch(thread: FrameThread, file: number, task: PrefetchTask): Promise<void> {
    const { kept } = this;
    if (kept === undefined) return;
    const { open, indexes, counters } = task;
    const arrived = (index: number, frame: Frame): void => {
      const key = keyOf(file, index);
      if (kept.has(key)) return;
      counters.framesPrefetched++;
      this.#keep(key, frame, counters);
    };
    const missing = indexes.filter((index) => !kept.has(keyOf(file, index)));
    const jobs: Promise<void>[] = [];
    for (let at = 0; at < missing.length; at += FRAMES_PER_JOB) {
      jobs.push(thread.load(open, missing.slice(at, at + FRAMES_PER_JOB), arrived));
    }
    for (const outcome of await Promise.allSettled(jobs)) if (outcome.status === 'rejected') throw outcome.reason;
  }

  async #load(reader: ShardReader, key: number, index: number, counters: ReadCounters): Promise<Frame> {
    const frame = openFrame(await reader.readFrame(index), reader, index);
    this.#keep(key, frame, counters);
    return frame;
  }

  #keep(key: number, frame: Frame, counters: ReadCounters): void {
    this.kept?.keep(key, new KeptFrame(frame, counters), frameBytes(frame) + OVERHEAD_BYTES);
  }
}

/** The shard of a background load, and who counts it. */
interface Behind {
  readonly open: () => ShardReader;
  readonly counters: ReadCounters;
}

/** Bytes that a frame is going to take in a cache. */
export function bytesInCache(reader: ShardReader, index: number): number {
  const lines = Uint32Array.BYTES_PER_ELEMENT * (reader.linesOf(index) + 1);
  return reader.plainBytesOf(index) + lines + OVERHEAD_BYTES;
}

/** Frames of one shard to be loaded in the background. */
interface PrefetchTask extends Behind {
  readonly indexes: readonly number[];
}

function keyOf(file: number, index: number): number {
  return file * FRAMES_PER_SHARD_MAX + index;
}
