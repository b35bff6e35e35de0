// gristmill evolve check: whether a migration would leave the versions of a collection compatible.

import type { Command } from 'commander';
import type { CompatibilityReport } from '../../../index.js';
import { type CommonOptions, choice, readInteger, withCommonOptions } from '../../shared/arguments.js';
import { interruptible } from '../../shared/interrupt.js';
import { openStore } from '../../shared/open.js';
import { READING_FLAGS, type StoreFlags, withStoreFlags } from '../../shared/store-flags.js';
import { escapeControls, jsonLine } from '../../terminal/escape.js';
import { Exit } from '../../terminal/exit.js';
import { progressView } from '../../terminal/progress.js';
import { print } from '../../terminal/streams.js';
import { failureText, migrationIn } from './shared.js';

interface CheckFlags extends CommonOptions, StoreFlags {
  readonly collection?: string;
  readonly mode: CompatibilityReport['mode'];
  readonly workers?: number;
  readonly quiet?: boolean;
}

const MODES = ['backward', 'forward', 'full', 'backward-transitive', 'forward-transitive', 'full-transitive'];

const HELP = `
Examples:
  gristmill evolve check users-1.json --store ./store
  gristmill evolve check users-1.json --store ./store --mode full-transitive

backward: the newer version can have all stored records. forward: the version before can have all that the newer one makes of them.
full: both. -transitive: all versions before, not only the last one. (All stored records count for backward, in whatever version
they are stored.)

It asks the profile of the collection. If the profile does not know enough, it looks at the records, and changes nothing. If the answer
is no, it names records, and the exit code is 1. "undone:" stands before what an older version cannot have.`;

/** Adds the command to `gristmill evolve`. */
export function addCheck(evolve: Command): void {
  const command = evolve
    .command('check')
    .description('say whether a migration leaves the versions compatible')
    .argument('<file>', 'migration file, or - for standard input')
    .option('--collection <name>', 'collection to look at (default: the one that the file names)')
    .addOption(choice('--mode <mode>', 'which versions must be compatible', MODES).default('backward'))
    .option('--workers <n>', 'number of worker threads (default: the available processors)', readInteger)
    .option('--quiet', 'print no progress')
    .addHelpText('after', HELP)
    .action(runCheck);
  withStoreFlags(withCommonOptions(command, 'print the answer, or the error, as one JSON object'), READING_FLAGS);
}

async function runCheck(file: string, flags: CheckFlags): Promise<void> {
  const migration = await migrationIn(file, flags.collection);
  const { mode, workers, quiet, json } = flags;
  const view = await progressView(quiet === true || json === true);
  const report = await interruptible(async (signal) => {
    const store = await openStore(flags, { readOnly: true });
    try {
      const options = { mode, signal, onProgress: view.show, ...(workers !== undefined && { workers }) };
      return await store.compatibility(migration, options);
    } finally {
      view.stop();
      await store.close();
    }
  });
  print(json ? jsonLine(report) : textOf(report));
  if (!report.isCompatible) process.exitCode = Exit.incompatible;
}

function textOf(report: CompatibilityReport): string {
  const { collection, from, to, mode, isCompatible, failures, undoFailures } = report;
  const lines = [
    `${collection}: version ${to} is ${isCompatible ? '' : 'not '}compatible with version ${from} (${mode})`,
    ...failures.map(failureText),
    ...undoFailures.map((failure) => `undone: ${failureText(failure)}`),
  ];
  return `${lines.map(escapeControls).join('\n')}\n`;
}
