// gristmill audit: the log of all changes of a store; to read, to verify, to keep a checkpoint of elsewhere.

import type { Command } from 'commander';
import { addCheckpoint } from './checkpoint.js';
import { addKeep } from './keep.js';
import { addLog } from './log.js';
import { addPrune } from './prune.js';
import { addVerifyLog } from './verify.js';

const HELP = `
Examples:
  gristmill audit log --store ./store --since 2026-11-01 --operation import
  gristmill audit log --store ./store --collection users --reverse --limit 10
  gristmill audit checkpoint --store ./store >> /mnt/elsewhere/checkpoints
  gristmill audit verify --store ./store --since "$(tail -1 /mnt/elsewhere/checkpoints)"
  gristmill audit prune --store ./store --before 2026-01-01
  gristmill audit keep 0 --store ./store

Every change of a store adds an entry, in the same transaction as the change. Each entry has the hash of the one before it,
so verify finds an entry that was changed, removed, inserted or moved. A checkpoint that is kept where nobody who can change
the store can change it also exposes a store that was rolled back as a whole. The log keeps the newest 250,000 entries,
unless keep says otherwise; 0 keeps all.`;

/** Adds the command to the program. */
export function addAudit(program: Command): void {
  const command = program
    .command('audit')
    .description('read and verify the log of all changes of a store')
    .addHelpText('after', HELP);
  for (const add of [addLog, addVerifyLog, addCheckpoint, addPrune, addKeep]) add(command);
}
