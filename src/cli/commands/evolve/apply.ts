// gristmill evolve plan, apply: a migration file is tried, or applied.

import type { Command } from 'commander';
import type { EvolveOptions } from '../../../index.js';
import { type CommonOptions, choice, withCommonOptions } from '../../shared/arguments.js';
import { interruptible } from '../../shared/interrupt.js';
import { openStore } from '../../shared/open.js';
import { type ReasonFlags, withReason } from '../../shared/reason.js';
import { type StoreFlags, withStoreFlags } from '../../shared/store-flags.js';
import { print } from '../../terminal/streams.js';
import { migrationIn, optionsOf, reportText, type WorkFlags, withWork } from './shared.js';

interface PlanFlags extends CommonOptions, StoreFlags, WorkFlags {
  readonly collection?: string;
  readonly onFailure?: EvolveOptions['onFailure'];
}

interface ApplyFlags extends PlanFlags, ReasonFlags {
  readonly dryRun?: boolean;
}

/** Adds the commands to `gristmill evolve`. */
export function addApply(evolve: Command): void {
  const plan = evolve
    .command('plan')
    .description('look at all records as apply does, and change nothing')
    .action((file: string, flags: PlanFlags) => migrate(file, flags, { dryRun: true }));
  const apply = evolve
    .command('apply')
    .description('apply a migration')
    .option('--dry-run', 'look at all records and change nothing, as plan does')
    .action((file: string, flags: ApplyFlags) => migrate(file, flags, { dryRun: flags.dryRun, why: flags.why }));
  withReason(apply);
  for (const command of [plan, apply]) {
    command
      .argument('<file>', 'migration file, or - for standard input')
      .option('--collection <name>', 'collection to change (default: the one that the file names)')
      .addOption(
        choice(
          '--on-failure <what>',
          'what becomes of records that the migration cannot change: refuse the migration, put them into quarantine, keep them as they are, or make the value null (default: refuse)',
          ['refuse', 'quarantine', 'keep', 'null'],
        ),
      );
    withStoreFlags(withCommonOptions(withWork(command), 'print the report, or the error, as one JSON object'));
  }
}

async function migrate(file: string, flags: PlanFlags, how: EvolveOptions): Promise<void> {
  const migration = await migrationIn(file, flags.collection);
  const { options, stop } = await optionsOf(flags);
  const report = await interruptible(async (signal) => {
    const store = await openStore(flags, how.dryRun ? { readOnly: true } : { create: false });
    try {
      return await store.evolve(migration, { ...options, ...how, onFailure: flags.onFailure, signal });
    } finally {
      stop();
      await store.close();
    }
  });
  print(reportText(report, flags.json === true));
}
