// The options of a watcher: those of its imports, and when and how it looks at its sources.

import { type OptionTable, type Resolved, resolveOptions } from '../options.js';
import type { SyncOptions } from '../sources/sync.js';

const DAY = 24 * 60 * 60 * 1000;
const TIME = { type: 'integer', unit: 'milliseconds', min: 0, max: DAY } as const;

export const WATCH_OPTIONS = {
  stabilityMs: {
    ...{ ...TIME, default: 500 },
    meaning: 'milliseconds a changed file must be left alone before it is imported',
  },
  maxWaitMs: {
    ...{ ...TIME, default: 2_000 },
    meaning: 'milliseconds after which the lines added to a file are imported though it is still being written to',
  },
  compareMs: {
    ...{ ...TIME, default: 300_000, min: 100 },
    meaning: 'milliseconds between two comparisons of everything, in case the system has dropped a notification',
  },
  poll: {
    ...{ type: 'choice', default: 'auto', choices: ['auto', 'always', 'never'] },
    meaning: 'whether everything is compared all the time; auto: where the system cannot notify of all changes',
  },
  pollMs: {
    ...{ ...TIME, default: 2_000, min: 10 },
    meaning: 'milliseconds between two comparisons of everything, when polling',
  },
} as const satisfies OptionTable;

export type ResolvedWatchOptions = Resolved<typeof WATCH_OPTIONS>;

/** Options of `store.watch`; all optional. Unknown names are a TypeError. */
export interface WatchOptions extends Omit<SyncOptions, 'paths' | 'take'>, Partial<ResolvedWatchOptions> {}

/** Options of a synchronisation, or of an import, that are the watcher's own matter. */
const NO_OPTIONS = ['mode', 'resume', 'paths', 'take'];

/**
 * Parts the options of a watcher from those of its imports, which `syncSources` resolves.
 * @throws TypeError for a wrong type or a value out of bounds.
 */
export function resolveWatchOptions(given: WatchOptions = {}): {
  readonly watching: ResolvedWatchOptions;
  readonly importing: SyncOptions;
} {
  if (typeof given !== 'object' || given === null) throw new TypeError('options must be an object');
  for (const name of NO_OPTIONS) {
    if (Object.hasOwn(given, name)) throw new TypeError(`options.${name} is not an option of watch`);
  }
  const entries = Object.entries(given);
  const isWatching = ([name]: readonly [string, unknown]) => Object.hasOwn(WATCH_OPTIONS, name);
  return {
    watching: resolveOptions(WATCH_OPTIONS, Object.fromEntries(entries.filter(isWatching))),
    importing: Object.fromEntries(entries.filter((entry) => !isWatching(entry))),
  };
}
