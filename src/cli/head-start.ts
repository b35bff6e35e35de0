// gristmill import: its threads take as long to start as the rest of the program takes to load, so they are started first.

import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { SPAN_BYTES_MIN, WORKERS_MAX } from '../limits.js';

/** Starts the threads that an import of these sources will ask for; what is wrong with either is told later, by the import. */
export async function withHeadStart<T>(
  sources: readonly string[],
  { workers = availableParallelism(), spanBytes = SPAN_BYTES_MIN }: { workers?: number; spanBytes?: number },
  work: () => Promise<T>,
): Promise<T> {
  const { closeEarly, startEarly } = await import('../import/pool.js');
  startEarly(Math.min(workers, WORKERS_MAX, spansOf(sources, spanBytes)));
  try {
    return await work();
  } finally {
    await closeEarly();
  }
}

/** At most so many spans, hence threads with something to do. */
function spansOf(sources: readonly string[], spanBytes: number): number {
  let spans = 0;
  for (const source of sources) {
    const stat = statSync(source, { throwIfNoEntry: false });
    // What a folder holds is not known yet.
    const bytes = stat?.isDirectory() ? Number.POSITIVE_INFINITY : (stat?.size ?? 0);
    spans += Math.ceil(bytes / Math.max(spanBytes, 1));
  }
  return spans;
}
