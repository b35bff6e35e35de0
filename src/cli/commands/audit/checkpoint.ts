// gristmill audit checkpoint: the state of the log as one line, to be kept elsewhere.

import type { Command } from 'commander';
import { type CommonOptions, withCommonOptions } from '../../shared/arguments.js';
import { openStore } from '../../shared/open.js';
import { type StoreFlags, withStoreFlags } from '../../shared/store-flags.js';
import { note } from '../../terminal/diagnostics.js';
import { jsonLine } from '../../terminal/escape.js';
import { print } from '../../terminal/streams.js';

/** Adds the command to `gristmill audit`. */
export function addCheckpoint(audit: Command): void {
  const command = audit
    .command('checkpoint')
    .description('print the state of the log as one line; keep it where nobody who can change the store can change it')
    .action(runCheckpoint);
  withStoreFlags(withCommonOptions(command, 'print the checkpoint, or the error, as one JSON object'));
}

async function runCheckpoint(flags: CommonOptions & StoreFlags): Promise<void> {
  const store = await openStore(flags, { readOnly: true });
  try {
    const checkpoint = await store.audit.checkpoint();
    if (checkpoint === undefined) note('the log has no entry yet');
    if (flags.json) print(jsonLine(checkpoint ?? null));
    else if (checkpoint !== undefined) print(`${checkpoint.line}\n`);
  } finally {
    await store.close();
  }
}
