// gristmill rename: gives a collection another name.

import type { Command } from 'commander';
import { type CommonOptions, withCommonOptions } from '../../shared/arguments.js';
import { interruptible } from '../../shared/interrupt.js';
import { openStore } from '../../shared/open.js';
import { type ReasonFlags, withReason } from '../../shared/reason.js';
import { type StoreFlags, withStoreFlags } from '../../shared/store-flags.js';
import { escapeControls, jsonLine } from '../../terminal/escape.js';
import { print } from '../../terminal/streams.js';
import { tellWait } from '../import.js';

interface RenameFlags extends CommonOptions, StoreFlags, ReasonFlags {
  readonly wait: boolean;
}

const HELP = `
Examples:
  gristmill rename events events-2025 --store ./store

Records, indexes, sources and rejected records stay with the collection. An import or a watcher that uses the old
name makes a new collection with that name.`;

/** Adds the command to the program. */
export function addRename(program: Command): void {
  const command = program
    .command('rename')
    .description('give a collection another name')
    .argument('<from>', 'name of the collection')
    .argument('<to>', 'its new name')
    .option('--no-wait', 'do not wait while another process writes to the store: fail with STORE_BUSY')
    .addHelpText('after', HELP)
    .action(runRename);
  withStoreFlags(withReason(withCommonOptions(command, 'print the names, or the error, as one JSON object')));
}

async function runRename(from: string, to: string, flags: RenameFlags): Promise<void> {
  await interruptible(async (signal) => {
    const store = await openStore(flags, { create: false });
    try {
      await store.rename(from, to, { wait: flags.wait, why: flags.why, signal, onWait: tellWait });
    } finally {
      await store.close();
    }
  });
  print(flags.json ? jsonLine({ from, to }) : `${escapeControls(`${from} is now ${to}`)}\n`);
}
