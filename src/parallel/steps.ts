// Work in steps, as a generator: by whom it is asked decides whether others have a turn between two of them.

import type { Pause } from './pause.js';

/** Runs all steps without a pause, and returns their result. */
export function atOnce<T>(steps: Generator<void, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** The same with a pause after each step. @throws any error that `pause` throws */
export async function inTurns<T>(steps: Generator<void, T>, pause: Pause): Promise<T> {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    await pause();
  }
}
