// How full a cache is, and how busy the thread behind it.

/** The size of a cache, in bytes and in entries. */
export interface CacheSize {
  /** What the cache holds: decompressed frames, parsed records, or index pages. */
  readonly cache: 'frames' | 'records' | 'pages';
  /** The only collection that uses this cache. Absent for the cache that the other collections share. */
  readonly collection?: string;
  /** Bytes that are taken now. */
  readonly bytes: number;
  /** The most bytes that it may take. */
  readonly bytesMax: number;
  /** Frames, records or pages in it. */
  readonly entries: number;
}

/** The jobs that load frames in the background: running ones, and queued ones. */
export interface BackgroundMetrics {
  /** Jobs under way. */
  readonly running: number;
  /** Jobs that wait. */
  readonly queued: number;
}
