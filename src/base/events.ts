// What a store tells while it runs: typed events. There is no event "error", which Node would throw where nobody listens:
// what goes wrong in the background is a "warning", and what a caller waits for rejects. A warning that nobody listens to
// becomes a warning of the process: it must not be lost.

import { EventEmitter } from 'node:events';
import type { GristmillError } from './errors.js';
import type { ImportProgress, ImportReport } from './import-report.js';

/** The type of our warnings among those of the process. */
export const WARNING_TYPE = 'GristmillWarning';

/** The records of one round of a watcher. */
export interface RecordCounts {
  /** Records of new and changed files that are stored now. */
  readonly imported: number;
  /** Stored records that records with the same key replaced. Absent if everything was imported again. */
  readonly replaced?: number;
  /** Stored records that were removed, because they are no longer in the sources. Absent if everything was imported again. */
  readonly removed?: number;
  /** Bad records that were skipped or quarantined. */
  readonly rejected: number;
}

/** The events of a store, by name, each with the object that its listeners get. */
export interface StoreEvents {
  /** From now on, reads that do not set `freshness` see a newer publication of the collection. */
  generation: {
    readonly collection: string;
    readonly generation: number;
    /** The number of keys that were loaded before the switch; 0 if the switch did not wait for them. */
    readonly warmed: number;
    /** Milliseconds from noticing the publication to the switch. */
    readonly milliseconds: number;
  };
  /** A cached record or frame was loaded again in the background, or loading it again failed. */
  refresh: {
    readonly collection: string;
    readonly what: 'record' | 'frame';
    readonly outcome: 'same' | 'changed' | 'gone' | 'failed';
    readonly milliseconds: number;
    readonly error?: unknown;
  };
  /** A watcher has compared changed sources with the stored records, and imported or refused them. */
  watch: {
    readonly collection: string;
    readonly changed: number;
    readonly added: number;
    readonly removed: number;
    /** Bytes of sources that the watcher read. */
    readonly bytes: number;
    readonly records: RecordCounts;
    readonly outcome: 'imported' | 'unchanged' | 'refused';
    readonly milliseconds: number;
    /** The reason why the new version was refused. Reads see the old version. */
    readonly error?: unknown;
  };
  /** An import of this store object made progress or ended. */
  import:
    | { readonly phase: 'progress'; readonly collection: string; readonly progress: ImportProgress }
    | { readonly phase: 'done'; readonly collection: string; readonly report: ImportReport }
    | { readonly phase: 'failed'; readonly collection: string; readonly error: unknown };
  /**
   * Something failed in the background. No read has failed because of it. If the event has no listener, it becomes a
   * warning of the process (`process.on('warning')`), which Node prints on stderr.
   */
  warning: { readonly about: 'refresh' | 'warm' | 'hot set' | 'watch' | 'generation'; readonly error: GristmillError };
}

type Listeners = { readonly [Name in keyof StoreEvents]: [event: StoreEvents[Name]] };

/** Tells listeners; one that throws is the listener's own matter and is thrown where no caller of the store sees it. */
export class StoreEmitter extends EventEmitter<Listeners> {
  tell<Name extends keyof StoreEvents>(name: Name, event: StoreEvents[Name]): void {
    if (this.listenerCount(name) > 0) {
      // In a turn of its own: a listener must neither hold up nor break what it is told about.
      setImmediate(() => (this as EventEmitter).emit(name, event));
    } else if (name === 'warning') {
      process.emitWarning(processWarning(event as StoreEvents['warning']));
    }
  }
}

/** A warning that nobody listens to, as a warning of the process. Node prints it on stderr. */
function processWarning({ about, error }: StoreEvents['warning']): Error {
  const warning = new Error(`${about}: ${error.message}`, { cause: error });
  return Object.assign(warning, { name: WARNING_TYPE, code: error.code });
}
