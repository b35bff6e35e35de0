// key > index page > location > [frame cache] > frame > record
//
// What a store keeps in memory for lookups, each bounded: decompressed frames and verified index pages in bytes, open
// shards in file descriptors. All collections share them. File numbers are never used twice and pages belong to a tree
// as one generation saw it, so nothing in here ever becomes wrong; it only becomes unused.

import { LRUCache } from 'lru-cache';
import { GristmillError } from '../errors.js';
import { FRAMES_PER_SHARD_MAX } from '../limits.js';
import type { StorePlace } from '../store/blobs.js';
import { shardPath } from '../store/files.js';
import { ShardReader } from '../store/shard-read.js';
import type { ShardEntry } from '../store/types.js';
import { type Frame, frameBytes, openFrame } from './frame.js';

/** Shards open at a time: a quarter of the usual limit of descriptors. */
const SHARDS_OPEN_MAX = 256;
/** What a cached object costs beside its bytes, roughly. */
const OVERHEAD_BYTES = 256;

export class Caches {
  readonly #place: StorePlace;
  readonly #frames: LRUCache<number, Frame> | undefined;
  readonly #pages: LRUCache<number, Uint8Array> | undefined;
  readonly #shards = new LRUCache<number, ShardReader>({
    max: SHARDS_OPEN_MAX,
    dispose: (reader) => reader.close(),
  });
  readonly #loading = new Map<number, Promise<Frame>>();
  #nextPageSpace = 0;
  #closed = false;

  constructor(place: StorePlace, frameCacheBytes: number, pageCacheBytes: number) {
    this.#place = place;
    if (frameCacheBytes > 0) {
      this.#frames = new LRUCache({
        maxSize: frameCacheBytes,
        sizeCalculation: (frame) => frameBytes(frame) + OVERHEAD_BYTES,
      });
    }
    if (pageCacheBytes > 0) {
      this.#pages = new LRUCache({
        maxSize: pageCacheBytes,
        sizeCalculation: (page) => page.byteLength + OVERHEAD_BYTES,
      });
    }
  }

  /** The open shard. @throws GristmillError with cause ENOENT when another process has replaced it meanwhile. */
  shard(entry: ShardEntry): ShardReader {
    let reader = this.#shards.get(entry.fileNumber);
    if (reader === undefined) {
      const { directory, blobs } = this.#place;
      if (this.#closed)
        throw new GristmillError('STORE_CLOSED', `the store ${directory} has been closed: open it again`);
      reader = ShardReader.open(blobs, shardPath(directory, entry.file), entry);
      this.#shards.set(entry.fileNumber, reader);
    }
    return reader;
  }

  /** Closes a shard's file that is not part of a collection any more. */
  forget(fileNumber: number): void {
    this.#shards.delete(fileNumber);
  }

  cachedFrame(file: number, index: number): Frame | undefined {
    return this.#frames?.get(file * FRAMES_PER_SHARD_MAX + index);
  }

  frameSync(reader: ShardReader, file: number, index: number): Frame {
    const key = file * FRAMES_PER_SHARD_MAX + index;
    const cached = this.#frames?.get(key);
    if (cached !== undefined) return cached;
    const frame = openFrame(reader.readFrameSync(index), reader, index);
    this.#frames?.set(key, frame);
    return frame;
  }

  /** The same with the read off the main thread; readers of one frame share one read. */
  frame(reader: ShardReader, file: number, index: number): Promise<Frame> {
    const key = file * FRAMES_PER_SHARD_MAX + index;
    const cached = this.#frames?.get(key);
    if (cached !== undefined) return Promise.resolve(cached);
    let loading = this.#loading.get(key);
    if (loading === undefined) {
      loading = this.#load(reader, key, index).finally(() => this.#loading.delete(key));
      this.#loading.set(key, loading);
    }
    return loading;
  }

  /** A range of `pages` page numbers nobody else uses. */
  pageSpace(pages: number): number {
    const space = this.#nextPageSpace;
    this.#nextPageSpace += pages;
    return space;
  }

  cachedPage(key: number): Uint8Array | undefined {
    return this.#pages?.get(key);
  }

  keepPage(key: number, page: Uint8Array): void {
    this.#pages?.set(key, page);
  }

  close(): void {
    this.#closed = true;
    this.#shards.clear();
    this.#frames?.clear();
    this.#pages?.clear();
  }

  async #load(reader: ShardReader, key: number, index: number): Promise<Frame> {
    const frame = openFrame(await reader.readFrame(index), reader, index);
    this.#frames?.set(key, frame);
    return frame;
  }
}
