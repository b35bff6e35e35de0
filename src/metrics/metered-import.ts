// source > plan > [ map > scan > key > frame > shard ] > verify > merge > publish: one of it, observed
//
// What one import has come to so far. It tells events and followers, and adds nothing to what the import does but some
// looks at the clock.

import type { StoreEvents } from '../base/events.js';
import type { ImportProgress, ImportReport } from '../base/import-report.js';
import type { ImportFollower, ImportObserver } from '../import/tasks/observer.js';
import type { Workers } from '../import/tasks/workers.js';
import { tellAll } from '../parallel/followers.js';
import type { SharedProgress, SpanStage } from '../parallel/shared-progress.js';
import { addTotals, type ImportTotals, NO_IMPORTS } from './import-totals.js';
import { MeteredWorkers, type ThreadUse } from './metered-workers.js';

export class MeteredImport implements ImportObserver {
  readonly #follow: ReadonlySet<(collection: string) => ImportFollower>;
  readonly #tell: (event: StoreEvents['import']) => void;
  readonly #begun: () => void;
  readonly #entered = new Map<ImportProgress['stage'], number>();
  #collection: string | undefined;
  #followers: readonly ImportFollower[] = [];
  #shared: SharedProgress | undefined;
  #workers: MeteredWorkers | undefined;
  #progress: Pick<ImportProgress, 'bytes' | 'records'> = { bytes: 0, records: 0 };
  #storedBytes = 0;
  /** Of an attempt that was given up. */
  #before = NO_IMPORTS;

  constructor(
    follow: ReadonlySet<(collection: string) => ImportFollower>,
    tell: (event: StoreEvents['import']) => void,
    begun: () => void,
  ) {
    this.#follow = follow;
    this.#tell = tell;
    this.#begun = begun;
  }

  get hasBegun(): boolean {
    return this.#collection !== undefined;
  }

  get use(): ThreadUse | undefined {
    return this.#workers?.use();
  }

  begin(collection: string): void {
    this.#collection = collection;
    this.#followers = tellAll(this.#follow, (follow) => follow(collection));
    this.#begun();
  }

  enter(stage: ImportProgress['stage'], shared: SharedProgress): void {
    if (this.#shared !== undefined && this.#shared !== shared) this.#beginAgain();
    this.#shared = shared;
    this.#entered.set(stage, performance.now());
    tellAll(this.#followers, (follower) => follower.enter(stage));
  }

  progress(progress: ImportProgress): void {
    this.#progress = progress;
    this.#tell({ phase: 'progress', collection: this.#collection as string, progress });
  }

  watched(workers: Workers, threads: number): Workers {
    this.#workers = new MeteredWorkers(workers, threads);
    return this.#workers;
  }

  /** @param reports of each collection; none where there was nothing to import */
  end(reports: readonly ImportReport[]): void {
    this.#over();
    if (this.#collection === undefined) return;
    this.#storedBytes = reports.reduce((sum, { bytes }) => sum + bytes.stored, 0);
    for (const report of reports) this.#tell({ phase: 'done', collection: report.collection, report });
  }

  fail(error: unknown): void {
    this.#over(error);
    if (this.#collection !== undefined) this.#tell({ phase: 'failed', collection: this.#collection, error });
  }

  #over(error?: unknown): void {
    this.#entered.set('done', this.#entered.get('done') ?? performance.now());
    tellAll(this.#followers, (follower) => follower.end(error));
  }

  totals(): ImportTotals {
    const use = this.#workers?.use();
    const spent = (stage: SpanStage) => this.#shared?.spent(stage) ?? 0;
    const inThreads = {
      ...{ map: spent('map'), scan: spent('scan'), key: spent('key'), frame: spent('frame') },
      merge: use?.mergeSeconds ?? 0,
    };
    return addTotals(this.#before, {
      ...{ bytes: this.#progress.bytes, records: this.#progress.records, storedBytes: this.#storedBytes },
      stages: { plan: this.#seconds('plan', 'scan'), ...inThreads, publish: this.#seconds('publish', 'done') },
      busySeconds: Object.values(inThreads).reduce((total, seconds) => total + seconds, 0),
      capacitySeconds: use?.capacitySeconds ?? 0,
    });
  }

  /** All over: what was done so far has been done nevertheless. */
  #beginAgain(): void {
    this.#before = this.totals();
    this.#entered.clear();
    this.#workers = undefined;
    this.#progress = { bytes: 0, records: 0 };
  }

  /** Seconds of a stage on the clock; up to now, or to the end, where the next was not entered. */
  #seconds(from: ImportProgress['stage'], to: ImportProgress['stage']): number {
    const began = this.#entered.get(from);
    if (began === undefined) return 0;
    return ((this.#entered.get(to) ?? this.#entered.get('done') ?? performance.now()) - began) / 1000;
  }
}
