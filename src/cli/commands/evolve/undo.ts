// gristmill evolve undo: returns a collection to an older version.

import type { Command } from 'commander';
import { DEFAULT_COLLECTION } from '../../../base/names.js';
import { type CommonOptions, readCount, withCommonOptions } from '../../shared/arguments.js';
import { interruptible } from '../../shared/interrupt.js';
import { openStore } from '../../shared/open.js';
import { type ReasonFlags, withReason } from '../../shared/reason.js';
import { type StoreFlags, withStoreFlags } from '../../shared/store-flags.js';
import { print } from '../../terminal/streams.js';
import { optionsOf, reportText, type WorkFlags, withWork } from './shared.js';

interface UndoFlags extends CommonOptions, StoreFlags, ReasonFlags, WorkFlags {
  readonly collection: string;
  readonly to: number;
  readonly dryRun?: boolean;
}

/** Adds the command to `gristmill evolve`. */
export function addUndo(evolve: Command): void {
  const command = evolve
    .command('undo')
    .description('return to an older version')
    .requiredOption('--to <version>', 'version to return to', readCount)
    .option('--collection <name>', 'collection to change', DEFAULT_COLLECTION)
    .option('--dry-run', 'look at the records that may fail and change nothing')
    .action(runUndo);
  withStoreFlags(
    withReason(withCommonOptions(withWork(command), 'print the report, or the error, as one JSON object')),
  );
}

async function runUndo(flags: UndoFlags): Promise<void> {
  const { collection, to, dryRun = false, why, json } = flags;
  const { options, stop } = await optionsOf(flags);
  const report = await interruptible(async (signal) => {
    const store = await openStore(flags, dryRun ? { readOnly: true } : { create: false });
    try {
      return await store.undoMigrations(collection, to, { ...options, dryRun, why, signal });
    } finally {
      stop();
      await store.close();
    }
  });
  print(reportText(report, json === true));
}
