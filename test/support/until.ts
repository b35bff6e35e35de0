// Waiting for what comes in a time of its own. The limit is for what never comes; a busy machine takes its time.

import { vi } from 'vitest';

const PATIENCE = { timeout: 40_000, interval: 5 };

/** Waits until a condition holds. */
export const until = (condition: () => boolean | Promise<boolean>) => vi.waitUntil(condition, PATIENCE);

/** Waits until assertions pass. */
export const eventually = <T>(assertions: () => T | Promise<T>) => vi.waitFor(assertions, PATIENCE);
