// How full a cache is, and how busy the thread behind it.

/** How full a cache is. */
export interface CacheSize {
  readonly cache: 'frames' | 'records' | 'pages';
  /** The collection that has it for itself; absent where all others share it. */
  readonly collection?: string;
  readonly bytes: number;
  readonly bytesMax: number;
  readonly entries: number;
}

/** Jobs that load frames in the background: under way, and waiting. */
export interface BackgroundMetrics {
  readonly running: number;
  readonly queued: number;
}
