// The files that the scan of a span writes, by the number of its shard.

import { pathIn, shardFileName, shardPath } from '../../store/files/layout.js';

/** The store's directory, and the import's own in it (plan/workspace.ts). */
export interface SpanPlace {
  readonly directory: string;
  readonly temporary: string;
  /** Whether the store is encrypted. */
  readonly isSealed?: boolean | undefined;
}

/** All that a span may write. */
export interface SpanPaths {
  readonly shard: string;
  /** Sorted runs, and rejected records, should there be any. */
  readonly run: string;
  readonly bad: string;
}

export function spanPaths({ directory, temporary, isSealed }: SpanPlace, shard: number): SpanPaths {
  return {
    shard: shardPath(directory, shardFileName(shard, isSealed)),
    run: runPathOf(temporary, shard),
    bad: pathIn(temporary, `${shard}.bad`),
  };
}

/** The sorted runs of a span. */
export function runPathOf(temporary: string, shard: number): string {
  return pathIn(temporary, `${shard}.run`);
}
