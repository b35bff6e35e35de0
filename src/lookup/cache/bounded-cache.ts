// key > index page > location > [frame cache] > frame > record
//
// A cache bounded in bytes whose entries may grow too old, or be left unread too long. The least recently read goes first.
//
// An entry past its time is dropped when it is asked for. One that nobody asks for is swept: the least recently read stand
// at one end, so a sweep looks at what it drops and at one more.

import { LRUCache } from 'lru-cache';

/** The times of a cached entry, on the monotonic clock. They stay 0 in a cache without times. */
export interface Kept {
  loadedAt: number;
  readAt: number;
}

export interface Bounds {
  /** The greatest number of bytes of all entries together. */
  readonly bytes: number;
  /** From loading to dropping; 0: for ever. */
  readonly lifeMs: number;
  /** From the last reading to dropping; 0: for ever. */
  readonly idleMs: number;
}

/** The reason why the cache drops an entry: to make room, because its time has passed, or for a new entry of its key. */
export type Dropped = 'evicted' | 'expired' | 'replaced';

export class BoundedCache<Key extends {}, Value extends Kept> {
  readonly bytesMax: number;
  /** Whether time matters: where it does not, no clock is read. */
  readonly isTimed: boolean;
  /** How long an entry may stay unread; infinite without times. */
  readonly unreadMs: number;
  readonly #lifeMs: number;
  readonly #idleMs: number;
  readonly #entries: LRUCache<Key, Value>;
  readonly #dropped: (value: Value, why: Dropped) => void;

  constructor({ bytes, lifeMs, idleMs }: Bounds, dropped: (value: Value, why: Dropped) => void) {
    this.bytesMax = bytes;
    this.#lifeMs = lifeMs || Number.POSITIVE_INFINITY;
    this.#idleMs = idleMs || Number.POSITIVE_INFINITY;
    this.unreadMs = Math.min(this.#lifeMs, this.#idleMs);
    this.isTimed = this.unreadMs !== Number.POSITIVE_INFINITY;
    this.#dropped = dropped;
    this.#entries = new LRUCache({
      maxSize: bytes,
      dispose: (value, _key, reason) => {
        if (reason === 'evict') dropped(value, 'evicted');
        else if (reason === 'set') dropped(value, 'replaced');
      },
    });
  }

  get bytes(): number {
    return this.#entries.calculatedSize;
  }

  get count(): number {
    return this.#entries.size;
  }

  get(key: Key): Value | undefined {
    const value = this.#entries.get(key);
    if (value === undefined || !this.isTimed) return value;
    const now = performance.now();
    if (now - value.loadedAt >= this.#lifeMs || now - value.readAt >= this.#idleMs) {
      this.#expire(key, value);
      return undefined;
    }
    value.readAt = now;
    return value;
  }

  has(key: Key): boolean {
    return this.#entries.has(key);
  }

  /** Keeps a value in place of the one there. One that is larger than the whole cache is not kept. @returns whether it was */
  keep(key: Key, value: Value, bytes: number): boolean {
    if (this.isTimed) value.loadedAt = value.readAt = performance.now();
    this.#entries.set(key, value, { size: bytes });
    return bytes <= this.bytesMax;
  }

  delete(key: Key): void {
    this.#entries.delete(key);
  }

  /** Drops the entries that were not read for longer than the idle time. */
  sweep(): void {
    const now = performance.now();
    for (;;) {
      const key = this.#entries.rkeys().next().value as Key | undefined;
      const value = key === undefined ? undefined : this.#entries.peek(key);
      if (key === undefined || value === undefined || now - value.readAt < this.unreadMs) return;
      this.#expire(key, value);
    }
  }

  clear(): void {
    this.#entries.clear();
  }

  #expire(key: Key, value: Value): void {
    this.#entries.delete(key);
    this.#dropped(value, 'expired');
  }
}
