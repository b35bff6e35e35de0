// gristmill index: the secondary indexes of a collection that is there; to list, to add, to drop.

import type { Command } from 'commander';
import { addAdd } from './add.js';
import { addDrop } from './drop.js';
import { addList } from './list.js';

const HELP = `
Examples:
  gristmill index add email --store ./store --collection users
  gristmill index add '["country","age"]' --store ./store --collection users
  gristmill index list --store ./store
  gristmill index drop email --store ./store --collection users

add makes the index from the stored records. Meanwhile, other processes may read and change the records. Later imports
keep the index, also if they do not name it, until index drop removes it. If an import names an index that was dropped,
it makes the index again.`;

/** Adds the command to the program. */
export function addIndex(program: Command): void {
  const command = program
    .command('index')
    .description('list, add and drop secondary indexes, without importing again')
    .addHelpText('after', HELP);
  for (const add of [addAdd, addDrop, addList]) add(command);
}
