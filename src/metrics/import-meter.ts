// source > plan > [ map > scan > key > frame > shard ] > verify > merge > publish: counted and timed
//
// What the imports of one store object have done: read by store.metrics(), told as event "import" while they run, and
// followed by traces. An import reports to its MeteredImport; one that is refused for its options has not begun.

import type { StoreEvents } from '../base/events.js';
import type { ImportReport } from '../base/import-report.js';
import type { ImportFollower, ImportObserver } from '../import/tasks/observer.js';
import { addTotals, type ImportTotals, NO_IMPORTS } from './import-totals.js';
import { MeteredImport } from './metered-import.js';
import type { ThreadUse } from './metered-workers.js';

export class ImportMeter {
  /** Called at the beginning of each import. */
  readonly followers = new Set<(collection: string) => ImportFollower>();
  readonly #tell: (event: StoreEvents['import']) => void;
  readonly #running = new Set<MeteredImport>();
  #ended: ImportTotals = NO_IMPORTS;
  #done = 0;
  #failed = 0;

  constructor(tell: (event: StoreEvents['import']) => void) {
    this.#tell = tell;
  }

  /**
   * Runs what imports and reports to the observer it is given.
   * @param reportsOf the reports in what comes of it, one for each collection; none where there was nothing to import, which
   *   is then not counted.
   */
  async observe<R>(
    run: (observer: ImportObserver) => Promise<R>,
    reportsOf: (result: R) => readonly ImportReport[],
  ): Promise<R> {
    const metered: MeteredImport = new MeteredImport(this.followers, this.#tell, () => this.#running.add(metered));
    try {
      const result = await run(metered);
      const reports = reportsOf(result);
      if (reports.length > 0) this.#done++;
      metered.end(reports);
      return result;
    } catch (error) {
      if (metered.hasBegun) this.#failed++;
      metered.fail(error);
      throw error;
    } finally {
      this.#ended = addTotals(this.#ended, metered.totals());
      this.#running.delete(metered);
    }
  }

  /** Imports under way (waiting ones too), done, and failed or cancelled. */
  get counts(): { readonly running: number; readonly done: number; readonly failed: number } {
    return { running: this.#running.size, done: this.#done, failed: this.#failed };
  }

  totals(): ImportTotals {
    return [...this.#running].reduce((total, one) => addTotals(total, one.totals()), this.#ended);
  }

  /** What the threads do now. */
  threads(): Pick<ThreadUse, 'threads' | 'busy' | 'queued'> {
    const uses = Array.from(this.#running, (one) => one.use).filter((use) => use !== undefined);
    const all = (name: 'threads' | 'busy' | 'queued') => uses.reduce((total, use) => total + use[name], 0);
    return { threads: all('threads'), busy: all('busy'), queued: all('queued') };
  }
}
