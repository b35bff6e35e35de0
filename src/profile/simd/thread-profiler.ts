// What makes a profile of lines: one for each thread, because its memory is worth keeping.

import { Profiler } from './profiler.js';

let profiler: Profiler | undefined;

/** The profiler of this thread. Whoever adds lines takes the profile, or drops it, before others add theirs. */
export function threadProfiler(): Profiler {
  profiler ??= new Profiler();
  return profiler;
}
