// gristmill audit keep: how many entries the log keeps.

import type { Command } from 'commander';
import { type CommonOptions, readInteger, withCommonOptions } from '../../shared/arguments.js';
import { openStore } from '../../shared/open.js';
import { type ReasonFlags, withReason } from '../../shared/reason.js';
import { type StoreFlags, withStoreFlags } from '../../shared/store-flags.js';
import { jsonLine } from '../../terminal/escape.js';
import { print } from '../../terminal/streams.js';
import { formatCount } from '../../terminal/table.js';

type KeepFlags = CommonOptions & StoreFlags & ReasonFlags;

/** Adds the command to `gristmill audit`. */
export function addKeep(audit: Command): void {
  const command = audit
    .command('keep')
    .description('say how many of the newest entries the log keeps at least, for all who change the store')
    .argument('<entries>', 'number of entries; 0: all', readInteger)
    .action(runKeep);
  withStoreFlags(withReason(withCommonOptions(command, 'print the number, or the error, as one JSON object')));
}

async function runKeep(entries: number, flags: KeepFlags): Promise<void> {
  const store = await openStore(flags, { create: false });
  try {
    await store.audit.keep(entries, { why: flags.why });
  } finally {
    await store.close();
  }
  const text =
    entries === 0 ? 'the log keeps all entries' : `the log keeps at least the newest ${formatCount(entries)} entries`;
  print(flags.json ? jsonLine({ keep: entries }) : `${text}\n`);
}
