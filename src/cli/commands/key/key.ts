// gristmill key: the key of an encrypted store; to rotate it.

import type { Command } from 'commander';
import { addReencrypt } from './convert.js';
import { addRotate } from './rotate.js';

const HELP = `
Examples:
  gristmill key rotate --store ./store --key-file old.key --new-key-file new.key
  gristmill key rotate --store ./store --new-passphrase
  gristmill key reencrypt --store ./store --key-file store.key`;

/** Adds the command to the program. */
export function addKey(program: Command): void {
  const command = program
    .command('key')
    .description('rotate the key of an encrypted store, or encrypt it with new data keys')
    .addHelpText('after', HELP);
  addRotate(command);
  addReencrypt(command);
}
