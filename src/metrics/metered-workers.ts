// source > plan > [ map > scan > key > frame > shard ] > verify > [merge] > publish: how busy its threads are
//
// Stands between an import and its workers and counts: tasks that were given and have not come back. As many of them as
// there are threads are being worked on; the others wait.

import type { DecodedPart, PartTask } from '../import/feed/decode-part.js';
import type { MergeResult, MergeTask } from '../import/tasks/merge.js';
import type { SpanOrder, SpanResult } from '../import/tasks/span.js';
import type { Workers } from '../import/tasks/workers.js';

/** What the threads of an import have done so far. */
export interface ThreadUse {
  readonly threads: number;
  /** Threads that have a task now (or are starting for one), and tasks that wait for one. */
  readonly busy: number;
  readonly queued: number;
  /** Seconds that threads spent on merges, all together; and seconds that there were threads. */
  readonly mergeSeconds: number;
  readonly capacitySeconds: number;
}

export class MeteredWorkers implements Workers {
  readonly #workers: Workers;
  readonly #threads: number;
  readonly #began = performance.now();
  #ended: number | undefined;
  /** When the sums were last brought up to date. */
  #since = this.#began;
  #scans = 0;
  #merges = 0;
  #merging = 0;

  constructor(workers: Workers, threads: number) {
    this.#workers = workers;
    this.#threads = threads;
  }

  decode(task: PartTask): Promise<DecodedPart> {
    return this.#counted(() => this.#workers.decode(task));
  }

  scan(order: SpanOrder): Promise<SpanResult> {
    return this.#counted(() => this.#workers.scan(order));
  }

  async merge(task: MergeTask): Promise<MergeResult> {
    this.#addUp();
    this.#merges++;
    try {
      return await this.#workers.merge(task);
    } finally {
      this.#addUp();
      this.#merges--;
    }
  }

  close(): Promise<void> {
    this.#ended ??= performance.now();
    return this.#workers.close();
  }

  use(): ThreadUse {
    this.#addUp();
    const elapsed = (this.#ended ?? this.#since) - this.#began;
    const given = this.#scans + this.#merges;
    const busy = Math.min(given, this.#threads);
    return {
      ...{ threads: this.#ended === undefined ? this.#threads : 0, busy, queued: given - busy },
      mergeSeconds: this.#merging / 1000,
      capacitySeconds: (this.#threads * elapsed) / 1000,
    };
  }

  /** Counts a task while it is under way. */
  async #counted<T>(task: () => Promise<T>): Promise<T> {
    this.#addUp();
    this.#scans++;
    try {
      return await task();
    } finally {
      this.#addUp();
      this.#scans--;
    }
  }

  /** What has passed since the last change is what was under way then. */
  #addUp(): void {
    const now = performance.now();
    this.#merging += (now - this.#since) * Math.min(this.#merges, this.#threads);
    this.#since = now;
  }
}
