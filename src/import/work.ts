// What an import is asked to do, and of which store.

import type { EditCounts } from '../base/import-report.js';
import type { Pause } from '../parallel/pause.js';
import type { StorePlace } from '../store/files/blobs.js';
import type { PublishResult } from '../store/publish/publication.js';
import type { Catalog, CatalogWrite } from '../store/types.js';
import type { Plans } from './plan/sources.js';
import type { AcceptedSpan } from './plan/span-job.js';
import type { ImportObserver } from './tasks/observer.js';
import type { Workers } from './tasks/workers.js';

/** The parts of a store that an import into it needs. */
export interface ImportTarget extends StorePlace {
  readonly catalog: Catalog;
  /** Cancels: the store is being closed. */
  readonly closing?: AbortSignal;
  /** Bytes of sources from which a journal is kept; tests want it sooner. */
  readonly journalFrom?: number;
  /** Starts this number of threads. With 0, the calling thread does the work. */
  readonly startWorkers: (threads: number) => Workers;
  /** Counts and times the import, for the metrics of the store. */
  readonly observer?: ImportObserver;
}

/** The work of an import, and the notes that its publishing transaction writes. */
export interface ImportWork {
  /** As given, for the report. */
  readonly sources: readonly string[];
  /** Whether the import may be resumed if it is killed. */
  readonly isResumable: boolean;
  /** Whether it is fine if all files are left out, because the collection holds others. */
  readonly mayAllBeBad: boolean;
  /** Whether spans of lines are hashed, for the next time. */
  readonly hashesSpans: boolean;
  /** Whether only a profile of the records is wanted. */
  readonly storesNothing?: true;
  plan(pause: Pause): Promise<Plans>;
  /** What the audit log calls it. */
  readonly operation: 'import' | 'synchronise';
  /** After `publish`: records that it has removed because they are not in the sources any more. */
  readonly removed?: number;
  /** After `publish`: records that it has removed because they were deletions of a bulk file. */
  readonly deletions?: number;
  /** Spans in source order. */
  accept(span: AcceptedSpan): void;
  /** Called when all spans are accepted: does the work that can precede the publishing transaction. */
  finish(pause: Pause): Promise<void>;
  /** Last in the publishing transaction: a throw refuses the publication. Says what became of changes by transactions. */
  publish(write: CatalogWrite, published: PublishResult): EditCounts;
}
