// Work in steps, as a generator: by whom it is asked decides whether others have a turn between two of them.

import type { Pause } from './pause.js';

/** Steps, and what has to be waited for before the next of them, if anything. */
export type Steps<T> = Generator<Promise<void> | undefined, T>;

/** Runs all steps without a pause, and returns their result. None of them may have to be waited for. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value as T;
    if (value !== undefined) throw new Error('a step has to be waited for: a bug in gristmill');
  }
}

/** The same with a pause after each step. @throws any error that `pause` throws */
export async function inTurns<T>(steps: Steps<T>, pause: Pause): Promise<T> {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value as T;
    await value;
    await pause();
  }
}
