// notices > schedule > readiness > sync > [event]
//
// What a watcher tells of its rounds: an event for each, and warnings of what somebody should know, once.

import { GristmillError } from '../base/errors.js';
import type { StoreEmitter } from '../base/events.js';
import { HELD_FILES_MAX } from '../base/limits.js';
import { NO_RECORDS, type SyncReport } from '../sources/sync.js';

export class Telling {
  readonly #collection: string;
  readonly #tell: StoreEmitter['tell'];
  #toldOfKeys = false;
  /** What was told of files that are left out. */
  #leftOut: ReadonlySet<string> = new Set();

  constructor(collection: string, tell: StoreEmitter['tell']) {
    this.#collection = collection;
    this.#tell = tell;
  }

  /** @param isNews whether a round without a change is to be told, too */
  done(done: SyncReport, isNews: boolean, milliseconds: number): void {
    const { changed, added, removed, bytesRead: bytes, records, report } = done;
    const isChange = changed + added + removed > 0;
    if (!isChange && !isNews) return;
    const outcome = isChange ? 'imported' : 'unchanged';
    const collection = this.#collection;
    this.#tell('watch', { collection, changed, added, removed, bytes, records, outcome, milliseconds });
    if (report?.sharedKeys === undefined || this.#toldOfKeys) return;
    // Once: a source of versions of the same records has them in every round.
    this.#toldOfKeys = true;
    this.warn(new GristmillError('DUPLICATE_KEY', report.sharedKeys.text));
  }

  /** Each file that is left out is told once, until it is read or left out for another reason. */
  leftOut({ badFiles = [] }: SyncReport, isOfAll: boolean): void {
    const messages = badFiles.slice(0, HELD_FILES_MAX).map(({ message }) => message);
    for (const { reason, message, file } of badFiles) {
      if (!this.#leftOut.has(message)) this.warn(new GristmillError(reason, message, { file }));
    }
    this.#leftOut = new Set(isOfAll ? messages : [...this.#leftOut, ...messages].slice(-HELD_FILES_MAX));
  }

  refused(error: GristmillError, milliseconds: number): void {
    const counts = { changed: 0, added: 0, removed: 0, bytes: 0, records: NO_RECORDS };
    this.#tell('watch', { collection: this.#collection, ...counts, outcome: 'refused', milliseconds, error });
    this.warn(error);
  }

  warn(error: GristmillError): void {
    this.#tell('warning', { about: 'watch', error });
  }
}
