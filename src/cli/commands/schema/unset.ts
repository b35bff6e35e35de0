// gristmill schema unset: takes the schema of a collection away.

import type { Command } from 'commander';
import { type CommonOptions, withCommonOptions } from '../../shared/arguments.js';
import { interruptible } from '../../shared/interrupt.js';
import { openStore } from '../../shared/open.js';
import { type ReasonFlags, withReason } from '../../shared/reason.js';
import { type StoreFlags, withStoreFlags } from '../../shared/store-flags.js';
import { escapeControls, jsonLine } from '../../terminal/escape.js';
import { print } from '../../terminal/streams.js';
import { tellWait } from '../import.js';

interface UnsetFlags extends CommonOptions, StoreFlags, ReasonFlags {
  readonly wait: boolean;
}

/** Adds the command to `gristmill schema`. */
export function addUnset(schema: Command): void {
  const command = schema
    .command('unset')
    .description('take the schema of a collection away; the records stay')
    .argument('<collection>', 'name of the collection')
    .option('--no-wait', 'do not wait while another process writes to the store: fail with STORE_BUSY')
    // A flag that `gristmill schema` has too is taken by that.
    .action((collection: string) => runUnset(collection, command.optsWithGlobals()));
  withStoreFlags(withReason(withCommonOptions(command, 'print what was done, or the error, as one JSON object')));
}

async function runUnset(collection: string, flags: UnsetFlags): Promise<void> {
  const { wait, why, json } = flags;
  const removed = await interruptible(async (signal) => {
    const store = await openStore(flags, { create: false });
    try {
      return await store.unsetSchema(collection, { wait, why, signal, onWait: tellWait });
    } finally {
      await store.close();
    }
  });
  const text = removed ? `schema of ${collection} removed` : `${collection} has no schema`;
  print(json ? jsonLine({ collection, removed }) : `${escapeControls(text)}\n`);
}
