// What an import reports to while it runs: whoever counts or traces it.

import type { ImportProgress } from '../../base/import-report.js';
import type { SharedProgress } from '../../parallel/shared-progress.js';
import type { Workers } from './workers.js';

/** Follows one import; `instrument` makes a span of it. */
export interface ImportFollower {
  enter(stage: ImportProgress['stage']): void;
  end(error?: unknown): void;
}

/** The observer that a running import reports to. */
export interface ImportObserver {
  /** Its options are right: it begins, perhaps by waiting for its turn. */
  begin(collection: string): void;
  enter(stage: ImportProgress['stage'], shared: SharedProgress): void;
  progress(progress: ImportProgress): void;
  /** Stands between the import and its workers from now on. */
  watched(workers: Workers, threads: number): Workers;
}
