// How full a cache is, and how busy the thread behind it.

/** The size of a cache, in bytes and in entries. */
export interface CacheSize {
  readonly cache: 'frames' | 'records' | 'pages';
  /** The only collection that uses this cache. Absent for the cache that the other collections share. */
  readonly collection?: string;
  readonly bytes: number;
  readonly bytesMax: number;
  readonly entries: number;
}

/** The jobs that load frames in the background: running ones, and queued ones. */
export interface BackgroundMetrics {
  readonly running: number;
  readonly queued: number;
}
