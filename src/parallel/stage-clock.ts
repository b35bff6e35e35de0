// source > plan > [map > scan > key > frame > shard] > verify > merge > publish
//
// Where a worker's time goes: what has passed since the last look at the clock belongs to one stage. A look at every
// window and every frame, never at a record.

import type { SharedProgress, SpanStage } from './shared-progress.js';

export class StageClock {
  readonly #progress: SharedProgress;
  #since = performance.now();

  constructor(progress: SharedProgress) {
    this.#progress = progress;
  }

  /** The time up to now was this stage's. */
  ends(stage: SpanStage): void {
    const now = performance.now();
    this.#progress.spend(stage, now - this.#since);
    this.#since = now;
  }
}
