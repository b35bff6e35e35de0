// gristmill evolve finalize: from then on, the migrations of a collection cannot be undone.

import type { Command } from 'commander';
import { DEFAULT_COLLECTION } from '../../../base/names.js';
import { type CommonOptions, withCommonOptions } from '../../shared/arguments.js';
import { interruptible } from '../../shared/interrupt.js';
import { openStore } from '../../shared/open.js';
import { type ReasonFlags, withReason } from '../../shared/reason.js';
import { type StoreFlags, withStoreFlags } from '../../shared/store-flags.js';
import { escapeControls, jsonLine } from '../../terminal/escape.js';
import { print } from '../../terminal/streams.js';
import { tellWait } from '../import.js';

interface FinalizeFlags extends CommonOptions, StoreFlags, ReasonFlags {
  readonly collection: string;
  readonly wait: boolean;
}

/** Adds the command to `gristmill evolve`. */
export function addFinalize(evolve: Command): void {
  const command = evolve
    .command('finalize')
    .description('make the migrations final: they can no longer be undone')
    .option('--collection <name>', 'collection to change', DEFAULT_COLLECTION)
    .option('--no-wait', 'do not wait while another process writes to the store: fail with STORE_BUSY')
    .action(runFinalize);
  withStoreFlags(withReason(withCommonOptions(command, 'print the version, or the error, as one JSON object')));
}

async function runFinalize(flags: FinalizeFlags): Promise<void> {
  const { collection, wait, why, json } = flags;
  const version = await interruptible(async (signal) => {
    const store = await openStore(flags, { create: false });
    try {
      return await store.finalizeMigrations(collection, { wait, why, signal, onWait: tellWait });
    } finally {
      await store.close();
    }
  });
  print(
    json ? jsonLine({ collection, final: version }) : `${escapeControls(collection)}: version ${version} is final\n`,
  );
}
