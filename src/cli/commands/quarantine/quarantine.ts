// gristmill quarantine: the records that imports have rejected and kept; to look at, to correct, to import after all.

import type { Command } from 'commander';
import { addList } from './list.js';
import { addRetry } from './retry.js';
import { addShow } from './show.js';

const HELP = `
Examples:
  gristmill quarantine list --store ./store
  gristmill quarantine show users --store ./store > rejected.txt
  gristmill quarantine retry users --file rejected.txt --store ./store

The beginning of a file name is enough if no other file name begins so. show prints a line "# <number> …" before each
record. Correct the records below these lines, and give the text to retry. Records that you leave out stay in quarantine.`;

/** Adds the command to the program. */
export function addQuarantine(program: Command): void {
  const command = program
    .command('quarantine')
    .description('list, show and retry the records that imports have rejected')
    .addHelpText('after', HELP);
  for (const add of [addList, addShow, addRetry]) add(command);
}
