// [source] > plan > map > scan > key > frame > shard > verify > merge > publish
//
// Time and chance of the transport, in one place: its tests put others there, so that they never wait.

import { setTimeout as later } from 'node:timers/promises';

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** A number from 0, below 1. */
  random(): number;
  /** Waits before the next attempt. Rejects when the signal is aborted. */
  pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void>;
  /** Calls back after that time. @returns a function that cancels this */
  after(milliseconds: number, callback: () => void): () => void;
}

export const SYSTEM_CLOCK: Clock = {
  now: Date.now,
  random: Math.random,
  pause: (milliseconds, signal) => later(milliseconds, undefined, signal && { signal }),
  after: (milliseconds, callback) => {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
};
