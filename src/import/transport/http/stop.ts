// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// Ends what is under way, for the caller's signal or for a reason of our own. (`AbortSignal.any` may forget the signals it was
// made of in Node 20.)

import { setMaxListeners } from 'node:events';

export interface Stop {
  readonly signal: AbortSignal;
  readonly stop: () => void;
  /** Forgets the caller's signal, which may live much longer. */
  release(): void;
}

export function linkedTo(given: AbortSignal | undefined): Stop {
  const controller = new AbortController();
  const { signal } = controller;
  // One for each request in flight.
  setMaxListeners(0, signal);
  const stop = () => controller.abort(given?.reason);
  if (given?.aborted) stop();
  given?.addEventListener('abort', stop, { once: true });
  return { signal, stop, release: () => given?.removeEventListener('abort', stop) };
}

/**
 * An iterable of a generator that is made with its signal. `return` ends at once also while `next` waits: that of a generator
 * alone would wait for it.
 */
export function stoppable<T>(
  given: AbortSignal | undefined,
  make: (signal: AbortSignal) => AsyncGenerator<T, void>,
): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const { signal, stop, release } = linkedTo(given);
      const generator = make(signal);
      return {
        async next() {
          const step = await generator.next().catch((error) => {
            release();
            throw error;
          });
          if (step.done) release();
          return step;
        },
        async return() {
          release();
          stop();
          return generator.return();
        },
      };
    },
  };
}
