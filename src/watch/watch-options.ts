// The options of a watcher: those of its imports, and when and how it looks at its sources.

import { importOptionsOver } from '../config/effective.js';
import { checkTogether, IMPORT_HOOKS } from '../import/options/resolve.js';
import { IMPORT_OPTIONS } from '../import/options/table.js';
import type { ImportOptions } from '../import/options/types.js';
import {
  checkedOptions,
  type Given,
  isOptions,
  type OptionTable,
  type Resolved,
  resolveOptions,
} from '../options/check.js';
import type { SyncOptions } from '../sources/sync.js';

const DAY = 24 * 60 * 60 * 1000;
const TIME = { type: 'integer', unit: 'milliseconds', min: 0, max: DAY } as const;

export const WATCH_OPTIONS = {
  log: {
    ...{ type: 'boolean', default: false },
    meaning: 'the sources are logs: each line is a record, and records stay when a log is rotated',
  },
  stabilityMs: {
    ...{ ...TIME, default: 500 },
    meaning: 'milliseconds without a write, after which a changed file is imported',
  },
  maxWaitMs: {
    ...{ ...TIME, default: 2_000 },
    meaning: 'milliseconds after which appended lines are imported, although the file is still being written',
  },
  recompress: {
    ...{ type: 'boolean', default: false },
    meaning: 'compress shards of compression none in the background, while there is nothing to import',
  },
  compareMs: {
    ...{ ...TIME, default: 300_000, min: 100 },
    meaning:
      'milliseconds between two comparisons of all files; a comparison finds changes that the system did not report',
  },
  poll: {
    ...{ type: 'choice', default: 'auto', choices: ['auto', 'always', 'never'] },
    meaning:
      'whether to compare all files again and again instead of waiting for notices of the system; auto: only where the system cannot report all changes',
  },
  pollMs: {
    ...{ ...TIME, default: 2_000, min: 10 },
    meaning: 'milliseconds between two comparisons of all files while polling',
  },
  remotePollMs: {
    ...{ ...TIME, default: 30_000, min: 10 },
    meaning: 'milliseconds between two checks of remote sources; the time varies by a tenth',
  },
} as const satisfies OptionTable;

export type ResolvedWatchOptions = Resolved<typeof WATCH_OPTIONS>;

/** Options of `store.watch`: those of imports, and those of watching (docs/watch.md). All are optional. */
export interface WatchOptions extends Omit<SyncOptions, 'paths' | 'take' | 'log'>, Given<ResolvedWatchOptions> {}

/** Those of its imports: what is stored is always made to be what the sources hold, so there is no choice of these two. */
const { mode: _mode, resume: _resume, ...IMPORTING } = IMPORT_OPTIONS;
const TABLE = { ...IMPORTING, ...IMPORT_HOOKS, ...WATCH_OPTIONS } as const satisfies OptionTable;

/** Options of a watcher over what config file and environment say of imports. */
export function watchOptionsOver({ mode, resume, ...imports }: ImportOptions, given?: WatchOptions): WatchOptions {
  return importOptionsOver(imports, given);
}

/**
 * Parts the options of a watcher from those of its imports.
 * @throws TypeError for an unknown name, a wrong type or a value out of bounds.
 */
export function resolveWatchOptions(given: WatchOptions = {}): {
  readonly watching: ResolvedWatchOptions;
  readonly importing: SyncOptions;
} {
  if (isOptions(given) && 'collections' in given) {
    throw new TypeError(
      'watch: options.collections is for imports: a watcher keeps one collection up to date. Start one for each collection, with options.collection and options.select',
    );
  }
  const checked = Object.entries(checkedOptions('watch', TABLE, given));
  const isWatching = ([name]: readonly [string, unknown]) => Object.hasOwn(WATCH_OPTIONS, name);
  const importing: SyncOptions = Object.fromEntries(checked.filter((entry) => !isWatching(entry)));
  checkTogether('watch', importing);
  if (given.log && (importing.select !== undefined || (importing.layout ?? 'ndjson') !== 'ndjson')) {
    throw new TypeError('watch: with options.log each line is a record: leave out options.select and options.layout');
  }
  if (given.log && importing.limit !== undefined) {
    throw new TypeError(
      'watch: options.limit cannot be used with options.log: each round reads only the lines that are new',
    );
  }
  if (given.log && (importing.format ?? 'json') !== 'json') {
    throw new TypeError(
      "watch: with options.log each line is a record of JSON: leave out options.format, or give 'json'",
    );
  }
  // A log that is left out while it is read would be taken for read.
  if (given.log && (importing.onBadFile ?? 'fail') !== 'fail') {
    throw new TypeError("watch: with options.log no log is left out: leave out options.onBadFile, or give 'fail'");
  }
  return {
    watching: resolveOptions('watch', WATCH_OPTIONS, Object.fromEntries(checked.filter(isWatching))),
    importing,
  };
}
