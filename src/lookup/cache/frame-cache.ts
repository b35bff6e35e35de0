// key > index page > location > [frame cache] > frame > record
//
// Decompressed frames, bounded in bytes; those of all collections that have no frame options of their own are in one. File
// numbers are never used twice, so a frame in here never becomes wrong; it only becomes unused.
//
// The buffer of a frame that is dropped holds another one later (frame-buffers.ts). So a frame is valid only in the turn, and
// only until the next one is loaded: readers that wait for a frame say what they take out of it, and that is done when it
// comes.
//
// Readers of one frame share one load. They never wait for a background load, which may be long in coming: a reader that
// meets one reads for itself, and the frame that comes second is dropped.

import { FRAMES_PER_SHARD_MAX } from '../../base/limits.js';
import type { Room } from '../../store/codec/frame-codec.js';
import { type Frame, frameOf, openFrame } from '../../store/shards/frame.js';
import type { ShardReader } from '../../store/shards/read.js';
import { BoundedCache, type Bounds, type Dropped, type Kept } from './bounded-cache.js';
import { bufferBytes, FrameBuffers, type FrameRoom } from './frame-buffers.js';
import type { LoadedFrame } from './frame-loader.js';
import type { FrameThread } from './frame-thread.js';
import type { ReadCounters } from './read-counters.js';

/** The memory of a cached frame in addition to its bytes, roughly. */
const OVERHEAD_BYTES = 512;
/** Frames of one background job: a message between threads costs about as much as a frame's decompression. */
const FRAMES_PER_JOB = 4;

class KeptFrame implements Kept {
  loadedAt = 0;
  readAt = 0;
  readonly frame: CachedFrame;
  readonly counters: ReadCounters;

  constructor(frame: CachedFrame, counters: ReadCounters) {
    this.frame = frame;
    this.counters = counters;
  }
}

/** A frame in a buffer that goes round. */
type CachedFrame = Frame & FrameRoom;

/** A reader that waits for a frame: what it does when it comes, or cannot be loaded. */
interface Waiting {
  readonly arrived: (frame: Frame) => void;
  readonly failed: (error: unknown) => void;
}

export class FrameCache {
  /** Undefined where nothing is to be kept. */
  readonly kept: BoundedCache<number, KeptFrame> | undefined;
  readonly #buffers: FrameBuffers;
  readonly #loading = new Map<number, Waiting[]>();

  constructor(bounds: Bounds) {
    this.#buffers = new FrameBuffers(bounds.bytes);
    if (bounds.bytes === 0) return;
    this.kept = new BoundedCache<number, KeptFrame>(bounds, (dropped, why) => this.#dropped(dropped, why));
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
    const load = this.#loadOf(reader, index);
    return this.#keep(keyOf(file, index), load.frame(reader.readFrameSync(index, load.room)), counters);
  }

  /** The same with the read off the main thread. @param use takes what is wanted out of the frame, when it comes */
  load<T>({ reader, file, index, counters }: FrameWanted, use: (frame: Frame) => T): Promise<T> {
    const key = keyOf(file, index);
    const known = this.#loading.get(key);
    const waiting = known ?? [];
    const used = new Promise<T>((resolve, reject) => {
      waiting.push({ arrived: (frame) => resolve(use(frame)), failed: reject });
    });
    if (known !== undefined) {
      counters.loadsShared++;
    } else {
      counters.diskReads++;
      this.#loading.set(key, waiting);
      void this.#load(reader, key, index, counters);
    }
    return used;
  }

  /** One frame, in the background. @param use as in `load` */
  async loadBehind<T>(
    thread: FrameThread,
    file: number,
    index: number,
    { open, counters }: Behind,
    use: (frame: Frame) => T,
  ): Promise<T> {
    let used: T | undefined;
    await thread.load(open, [index], (_, frame) => {
      used = use(this.#keep(keyOf(file, index), this.#copied(frame), counters));
    });
    counters.framesPrefetched++;
    return used as T;
  }

  /** Loads frames that are not in memory in the background, in this order. @throws the error of the first bad one, at the end */
  async prefetch(thread: FrameThread, file: number, task: PrefetchTask): Promise<void> {
    const { kept } = this;
    if (kept === undefined) return;
    const { open, indexes, counters } = task;
    const arrived = (index: number, frame: LoadedFrame): void => {
      const key = keyOf(file, index);
      if (kept.has(key)) return;
      counters.framesPrefetched++;
      this.#keep(key, this.#copied(frame), counters);
    };
    const missing = indexes.filter((index) => !kept.has(keyOf(file, index)));
    const jobs: Promise<void>[] = [];
    for (let at = 0; at < missing.length; at += FRAMES_PER_JOB) {
      jobs.push(thread.load(open, missing.slice(at, at + FRAMES_PER_JOB), arrived));
    }
    for (const outcome of await Promise.allSettled(jobs)) if (outcome.status === 'rejected') throw outcome.reason;
  }

  async #load(reader: ShardReader, key: number, index: number, counters: ReadCounters): Promise<void> {
    const load = this.#loadOf(reader, index);
    try {
      const plain = await reader.readFrame(index, load.room);
      const frame = this.#keep(key, load.frame(plain), counters);
      // From here on nothing may come in between: a read could be given the buffer of this frame.
      for (const { arrived, failed } of this.#taken(key)) attempt(() => arrived(frame), failed);
    } catch (error) {
      for (const { failed } of this.#taken(key)) failed(error);
    }
  }

  /** The readers that wait for a frame; others that come will have to load it again. */
  #taken(key: number): readonly Waiting[] {
    const waiting = this.#loading.get(key) ?? [];
    this.#loading.delete(key);
    return waiting;
  }

  /** A load into a buffer of the cache, which is taken when the frame is known to be as long as it should be. */
  #loadOf(reader: ShardReader, index: number): { readonly room: Room; frame(plain: Buffer): CachedFrame } {
    let room: FrameRoom | undefined;
    return {
      room: (bytes) => {
        room = this.#buffers.take(bytes, reader.linesOf(index));
        return room.plain;
      },
      frame: (plain) => openFrame(plain, reader, index, room?.lines) as CachedFrame,
    };
  }

  /** A frame from the background, whose buffers are not ours, in one of ours. */
  #copied({ plain, lines, ascii }: LoadedFrame): CachedFrame {
    const room = this.#buffers.take(plain.byteLength, lines.length - 1);
    room.plain.set(plain);
    room.lines.set(lines);
    return frameOf(room.plain, room.lines, ascii) as CachedFrame;
  }

  #keep(key: number, frame: CachedFrame, counters: ReadCounters): Frame {
    this.kept?.keep(key, new KeptFrame(frame, counters), frame.plain.buffer.byteLength + OVERHEAD_BYTES);
    return frame;
  }

  #dropped({ frame, counters }: KeptFrame, why: Dropped): void {
    if (why === 'evicted') counters.frameEvictions++;
    else if (why === 'expired') counters.framesExpired++;
    this.#buffers.giveBack(frame);
  }
}

/** A frame that a reader waits for, and the counters for it. */
interface FrameWanted {
  readonly reader: ShardReader;
  readonly file: number;
  readonly index: number;
  readonly counters: ReadCounters;
}

/** The shard of a background load, and the counters for it. */
interface Behind {
  readonly open: () => ShardReader;
  readonly counters: ReadCounters;
}

/** Bytes that a frame is going to take in a cache, about. */
export function bytesInCache(reader: ShardReader, index: number): number {
  return bufferBytes(reader.plainBytesOf(index), reader.linesOf(index)) + OVERHEAD_BYTES;
}

/** Frames of one shard to be loaded in the background. */
interface PrefetchTask extends Behind {
  readonly indexes: readonly number[];
}

function keyOf(file: number, index: number): number {
  return file * FRAMES_PER_SHARD_MAX + index;
}

function attempt(work: () => void, failed: (error: unknown) => void): void {
  try {
    work();
  } catch (error) {
    failed(error);
  }
}
