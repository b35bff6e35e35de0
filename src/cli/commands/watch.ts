// gristmill watch: keeps a collection what its sources are, until it is stopped. What it does is a line of stdout each
// time, with --json an object.

import { once } from 'node:events';
import type { Command } from 'commander';
import type { ImportProgress } from '../../base/import-report.js';
import { pathsOf } from '../../import/names/sources.js';
import type { StoreEvents, Watcher, WatchOptions } from '../../index.js';
import {
  type ResolvedWatchOptions,
  resolveWatchOptions,
  WATCH_OPTIONS,
  watchOptionsOver,
} from '../../watch/watch-options.js';
import { withCommonOptions } from '../shared/arguments.js';
import { withImportFlags } from '../shared/import-flags.js';
import { interruptible } from '../shared/interrupt.js';
import { noteWarning, onStore } from '../shared/open.js';
import { withReason } from '../shared/reason.js';
import { withFlagOf, withStoreFlags } from '../shared/store-flags.js';
import { escapeControls } from '../terminal/escape.js';
import { failureOf } from '../terminal/exit.js';
import { standardOutput } from '../terminal/output.js';
import { progressView } from '../terminal/progress.js';
import { formatBytes, formatCount, formatSeconds } from '../terminal/table.js';
import { configuredImports, type ImportFlags, importOptions, tellWait } from './import.js';

const HELP = `
Examples:
  gristmill watch ./documents --store ./store
  gristmill watch events.ndjson --store ./store --collection events --key event_id --index user
  gristmill watch ./shared --store ./store --poll always --poll-ms 10s --json
  gristmill watch 's3://bucket/prefix/*.json.gz' --store ./store --key id --remote-poll-ms 5m

watch imports files that are new, changed or removed, and lines that are appended to NDJSON. It imports a file when
nobody has written to it for a short time (--stability-ms). Meanwhile, other processes can read the store. If the new
version of a file is bad, watch reports it, and the records of the old version stay. Ctrl-C ends watch.`;

/** Named as commander names them. */
type WatchFlags = ImportFlags & Partial<ResolvedWatchOptions>;

/** Adds the command to the program. */
export function addWatch(program: Command): void {
  const command = program
    .command('watch')
    .description('import files, folders and remote objects into a collection, and import their changes until stopped')
    .argument('<source...>', 'files, folders and addresses (https://…, s3://…) to watch');
  withImportFlags(command).option('--quiet', 'print no progress of the first import').addHelpText('after', HELP);
  for (const [name, row] of Object.entries(WATCH_OPTIONS)) withFlagOf(command, name, row);
  withStoreFlags(withReason(withCommonOptions(command, 'print each event as one JSON object a line')), [
    'schemaVersion',
  ]).action(runWatch);
}

async function runWatch(sources: readonly string[], flags: WatchFlags): Promise<void> {
  pathsOf(sources);
  resolveWatchOptions(watchOptionsOver(await configuredImports(flags), watchOptions(flags)));
  const view = await progressView(flags.quiet === true || flags.json === true);
  const lines = new Lines(flags.json === true);
  await interruptible((signal) =>
    onStore(flags, true, async (store) => {
      let refused: unknown;
      store.on('watch', (event) => {
        refused = event.error;
        lines.add({ event: 'watch', ...event }, () => eventText(event));
      });
      store.off('warning', noteWarning).on('warning', (warning) => {
        if (warning.error !== refused) noteWarning(warning);
      });
      let watcher: Watcher | undefined;
      try {
        const onProgress = (progress: ImportProgress) => {
          if (watcher === undefined) view.show(progress);
        };
        watcher = await store.watch(sources, { ...watchOptions(flags), onProgress, onWait: tellWait, signal });
      } finally {
        view.stop();
      }
      const { collection, polls } = watcher;
      const how = polls ? 'by polling' : 'notified of changes';
      lines.add({ event: 'watching', collection, sources: watcher.sources, polls }, () => {
        return `watching ${watcher.sources.join(', ')} for ${collection}, ${how}`;
      });
      // A watcher alone keeps no process alive.
      const alive = setInterval(() => {}, 2 ** 30);
      try {
        if (!signal.aborted) await Promise.race([once(signal, 'abort'), lines.failed]);
        await watcher.close();
      } finally {
        clearInterval(alive);
      }
    }),
  );
}

/** Only what was asked for: defaults belong to the library. */
function watchOptions(flags: WatchFlags): WatchOptions {
  const names = Object.keys(WATCH_OPTIONS) as (keyof ResolvedWatchOptions)[];
  const given = names.filter((name) => flags[name] !== undefined).map((name) => [name, flags[name]]);
  return { ...importOptions(flags), ...Object.fromEntries(given) };
}

/** Lines of stdout, one after another, each an object or a text with the time before it. */
class Lines {
  readonly #output = standardOutput();
  readonly #asJson: boolean;
  #last: Promise<void> = Promise.resolve();
  #fail: (error: unknown) => void = () => {};
  /** Rejects when nobody reads them any more, or they cannot be written. */
  readonly failed = new Promise<never>((_resolve, reject) => {
    this.#fail = reject;
  });

  constructor(asJson: boolean) {
    this.#asJson = asJson;
    this.failed.catch(() => {});
  }

  add(facts: { readonly error?: unknown; readonly [name: string]: unknown }, text: () => string): void {
    const time = new Date().toISOString();
    const error = facts.error === undefined ? {} : { error: failureFacts(facts.error) };
    const line = this.#asJson ? JSON.stringify({ time, ...facts, ...error }) : `${time} ${escapeControls(text())}`;
    this.#last = this.#last.then(() => this.#output.write(`${line}\n`)).catch(this.#fail);
  }
}

function failureFacts(error: unknown): object {
  const { code, message, facts } = failureOf(error);
  return { code, message, ...facts };
}

function eventText(event: StoreEvents['watch']): string {
  const { outcome, changed, added, removed, bytes, records, milliseconds, error } = event;
  const took = formatSeconds(milliseconds / 1000);
  if (outcome === 'refused') {
    const { code, message } = failureOf(error);
    return `refused: ${code}: ${message}; the stored records stay`;
  }
  const files = [`${formatCount(changed)} changed`, `${formatCount(added)} added`, `${formatCount(removed)} removed`];
  const what = Object.entries(records).map(([name, count]) => `${formatCount(count)} ${name}`);
  return `${outcome}: files ${files.join(', ')}; records ${what.join(', ')}; ${formatBytes(bytes)} read in ${took}`;
}
