// What makes a profile of lines: one for each thread, because its memory is worth keeping.

import { PlainProfiler } from './plain.js';
import type { Profile } from './types.js';

/** Makes a profile of records as shards keep them: compact JSON, one on each line. */
export interface Profiler {
  /** Adds whole lines. They are not needed afterwards. */
  add(lines: Uint8Array): void;
  /** The profile of all lines since the last call. */
  take(): Profile;
}

let profiler: Profiler | undefined;

/** The profiler of this thread. Whoever adds lines takes the profile, or drops it, before others add theirs. */
export function threadProfiler(): Profiler {
  profiler ??= new PlainProfiler();
  return profiler;
}
