// gristmill audit verify: whether the log is as it was written.

import type { Command } from 'commander';
import { type CommonOptions, withCommonOptions } from '../../shared/arguments.js';
import { interruptible } from '../../shared/interrupt.js';
import { openStore } from '../../shared/open.js';
import { type StoreFlags, withStoreFlags } from '../../shared/store-flags.js';
import { note } from '../../terminal/diagnostics.js';
import { escapeControls, jsonLine } from '../../terminal/escape.js';
import { Exit } from '../../terminal/exit.js';
import { print } from '../../terminal/streams.js';
import { formatCount } from '../../terminal/table.js';

interface VerifyFlags extends CommonOptions, StoreFlags {
  readonly since?: string;
}

/** Adds the command to `gristmill audit`. */
export function addVerifyLog(audit: Command): void {
  const command = audit
    .command('verify')
    .description('verify the chain of the log, and report the first entry that is not as it was written')
    .option('--since <checkpoint>', 'a line that audit checkpoint printed: the log must still have that entry')
    .action(runVerify);
  withStoreFlags(withCommonOptions(command, 'print the report, or the error, as one JSON object'));
}

async function runVerify(flags: VerifyFlags): Promise<void> {
  const { since, json } = flags;
  const report = await interruptible(async (signal) => {
    const store = await openStore(flags, { readOnly: true });
    try {
      return await store.audit.verify({ since, signal });
    } finally {
      await store.close();
    }
  });
  const { isSound, fault, entries, first, last, unlogged } = report;
  if (!isSound) process.exitCode = Exit.store;
  if (!json && unlogged > 0) note(`${formatCount(unlogged)} changes are not in the log: an older gristmill made them`);
  const range = entries === 0 ? '' : ` (${first} to ${last})`;
  const text = isSound
    ? `sound: ${formatCount(entries)} entries${range}`
    : `entry ${fault?.sequence}: ${fault?.message}; ${formatCount(entries)} entries before it were verified`;
  print(json ? jsonLine(report) : `${escapeControls(text)}\n`);
}
