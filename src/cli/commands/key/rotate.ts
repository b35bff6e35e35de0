// gristmill key rotate: gives an encrypted store another key.

import type { Command } from 'commander';
import type { EncryptionOptions } from '../../../index.js';
import { type CommonOptions, withCommonOptions } from '../../shared/arguments.js';
import { newPassphrase } from '../../shared/encryption.js';
import { withPassphrase } from '../../shared/open.js';
import { type StoreFlags, storeOptionsIn, withStoreFlags } from '../../shared/store-flags.js';
import { escapeControls, jsonLine } from '../../terminal/escape.js';
import { print } from '../../terminal/streams.js';

interface RotateFlags extends CommonOptions, StoreFlags {
  readonly newKeyFile?: string;
  readonly newPassphrase?: boolean;
}

const HELP = `
Examples:
  gristmill key rotate --store ./store --key-file old.key --new-key-file new.key
  gristmill key rotate --store ./store --new-passphrase

It takes no time, and others may have the store open. The old key opens the store no more, but it still opens backups that
were made before.`;

/** Adds the command to `key`. */
export function addRotate(parent: Command): void {
  const command = parent
    .command('rotate')
    .description('give an encrypted store another key')
    .option('--new-key-file <file>', 'file with the new key')
    .option('--new-passphrase', 'ask for a new passphrase')
    .addHelpText('after', HELP)
    .action((flags: RotateFlags) => runRotate(flags, command));
  withStoreFlags(withCommonOptions(command, 'print the result, or the error, as one JSON object'));
}

async function runRotate(flags: RotateFlags, command: Command): Promise<void> {
  const { store, json, newKeyFile } = flags;
  if ((newKeyFile === undefined) === (flags.newPassphrase !== true))
    command.error('error: give --new-key-file <file> or --new-passphrase');
  const { rotateKey } = await import('../../../index.js');
  const given = await storeOptionsIn(flags);
  let newEncryption: EncryptionOptions | undefined;
  await withPassphrase(store, async (asked) => {
    newEncryption ??= newKeyFile === undefined ? await newPassphrase() : { keyFile: newKeyFile };
    await rotateKey(store, { ...given, ...asked, newEncryption });
  });
  if (json) print(jsonLine({ store }));
  else print(`the store ${escapeControls(store)} has its new key\n`);
}
