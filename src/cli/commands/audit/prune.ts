// gristmill audit prune: removes old entries of the log.

import type { Command } from 'commander';
import { type CommonOptions, withCommonOptions } from '../../shared/arguments.js';
import { openStore } from '../../shared/open.js';
import { type ReasonFlags, withReason } from '../../shared/reason.js';
import { type StoreFlags, withStoreFlags } from '../../shared/store-flags.js';
import { jsonLine } from '../../terminal/escape.js';
import { print } from '../../terminal/streams.js';
import { formatCount } from '../../terminal/table.js';

interface PruneFlags extends CommonOptions, StoreFlags, ReasonFlags {
  readonly before: string;
}

/** Adds the command to `gristmill audit`. */
export function addPrune(audit: Command): void {
  const command = audit
    .command('prune')
    .description('remove the entries before a time or a sequence number; the log gets an entry about it')
    .requiredOption('--before <time|number>', 'remove the entries before this time, or before this sequence number')
    .action(runPrune);
  withStoreFlags(withReason(withCommonOptions(command, 'print the report, or the error, as one JSON object')));
}

async function runPrune(flags: PruneFlags): Promise<void> {
  const { before, why, json } = flags;
  const store = await openStore(flags, { create: false });
  try {
    // A year alone would be a number: times have a month too.
    const report = await store.audit.prune({ before: /^\d+$/.test(before) ? Number(before) : before, why });
    const { removed, first, last } = report;
    const left = last === 0 ? 'the log has no entry' : `the log has entries ${first} to ${last}`;
    print(json ? jsonLine(report) : `${formatCount(removed)} entries removed; ${left}\n`);
  } finally {
    await store.close();
  }
}
