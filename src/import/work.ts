// What an import is asked to do, and of which store.

import type { Pause } from '../parallel/pause.js';
import type { StorePlace } from '../store/files/blobs.js';
import type { PublishResult } from '../store/publish/publication.js';
import type { Catalog, CatalogWrite } from '../store/types.js';
import type { Plans } from './plan/sources.js';
import type { AcceptedSpan } from './plan/span-job.js';
import type { ImportObserver } from './tasks/observer.js';
import type { Workers } from './tasks/workers.js';

/** What an import needs of the store it imports into. */
export interface ImportTarget extends StorePlace {
  readonly catalog: Catalog;
  /** Cancels: the store is being closed. */
  readonly closing?: AbortSignal;
  /** Bytes of sources from which a journal is kept; tests want it sooner. */
  readonly journalFrom?: number;
  /** Starts so many threads. */
  readonly startWorkers: (threads: number) => Workers;
  /** Counts and times it; part of what a store's metrics say. */
  readonly observer?: ImportObserver;
}

/** What is imported, and what is noted of it in the transaction that publishes it. */
export interface ImportWork {
  /** As given, for the report. */
  readonly sources: readonly string[];
  /** Whether it may be gone on with when it is killed. */
  readonly isResumable: boolean;
  /** Whether spans of lines are hashed, for the next time. */
  readonly hashesSpans: boolean;
  plan(pause: Pause): Promise<Plans>;
  /** Spans in source order. */
  accept(span: AcceptedSpan): void;
  /** All spans are in: what can be done before the publishing transaction. */
  finish(pause: Pause): Promise<void>;
  /** Last in the publishing transaction: a throw refuses the publication. */
  publish(write: CatalogWrite, published: PublishResult): void;
}
