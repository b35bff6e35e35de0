// What a store tells while it runs: typed events. There is no event "error", which Node would throw where nobody listens:
// what goes wrong in the background is a "warning", and what a caller waits for rejects.

import { EventEmitter } from 'node:events';
import type { GristmillError } from './errors.js';
import type { ImportProgress, ImportReport } from './import-report.js';

/** The events of a store, each with what it tells. */
export interface StoreEvents {
  /** A newer publication of a collection is what reads without a `freshness` of their own see from now on. */
  generation: {
    readonly collection: string;
    readonly generation: number;
    /** Keys loaded before the switch; 0 where it did not wait for them. */
    readonly warmed: number;
    /** From the time it was noticed to the switch. */
    readonly milliseconds: number;
  };
  /** A cached record or frame was loaded again in the background, or could not be. */
  refresh: {
    readonly collection: string;
    readonly what: 'record' | 'frame';
    readonly outcome: 'same' | 'changed' | 'gone' | 'failed';
    readonly milliseconds: number;
    readonly error?: unknown;
  };
  /** A watched source has changed and was looked at. */
  watch: {
    readonly collection: string;
    readonly changed: number;
    readonly added: number;
    readonly removed: number;
    /** Bytes of sources that were read for it. */
    readonly bytes: number;
    readonly outcome: 'imported' | 'unchanged' | 'refused';
    readonly milliseconds: number;
    /** Why the new version was refused; the old one is served on. */
    readonly error?: unknown;
  };
  /** An import of this store object began, went on or ended. */
  import:
    | { readonly phase: 'progress'; readonly collection: string; readonly progress: ImportProgress }
    | { readonly phase: 'done'; readonly collection: string; readonly report: ImportReport }
    | { readonly phase: 'failed'; readonly collection: string; readonly error: unknown };
  /** Something went wrong in the background; nobody who reads has been failed. */
  warning: { readonly about: 'refresh' | 'warm' | 'hot set' | 'watch' | 'generation'; readonly error: GristmillError };
}

type Listeners = { readonly [Name in keyof StoreEvents]: [event: StoreEvents[Name]] };

/** Tells listeners; one that throws is the listener's own matter and is thrown where no caller of the store sees it. */
export class StoreEmitter extends EventEmitter<Listeners> {
  tell<Name extends keyof StoreEvents>(name: Name, event: StoreEvents[Name]): void {
    if (this.listenerCount(name) === 0) return;
    // In a turn of its own: a listener must neither hold up nor break what it is told about.
    setImmediate(() => (this as EventEmitter).emit(name, event));
  }
}
