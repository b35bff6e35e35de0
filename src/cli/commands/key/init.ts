// gristmill init: makes an empty store, plain or encrypted.

import type { Command } from 'commander';
import type { StoreOptions } from '../../../index.js';
import { type CommonOptions, withCommonOptions } from '../../shared/arguments.js';
import { newEncryption } from '../../shared/encryption.js';
import { type StoreFlags, storeOptionsIn, withStoreFlags } from '../../shared/store-flags.js';
import { escapeControls, jsonLine } from '../../terminal/escape.js';
import { print } from '../../terminal/streams.js';

interface InitFlags extends CommonOptions, StoreFlags {
  readonly encrypt?: boolean;
}

const HELP = `
Examples:
  gristmill init --store ./store --encrypt --key-file store.key
  gristmill init --store ./store --encrypt --keys plaintext

A key file has 32 bytes: (umask 077; head -c 32 /dev/urandom > store.key). Without --key-file, init asks for a passphrase.
Keep the key or the passphrase: nobody can read the store without it. docs/security.md says what --keys decides.`;

/** Adds the command to the program. */
export function addInit(program: Command): void {
  const command = program
    .command('init')
    .description('make an empty store, also an encrypted one')
    .option('--encrypt', 'encrypt all that is in the store')
    .addHelpText('after', HELP)
    .action(runInit);
  withStoreFlags(withCommonOptions(command, 'print the result, or the error, as one JSON object'), ['keys']);
}

async function runInit({ store, json, encrypt, ...flags }: InitFlags): Promise<void> {
  const { initStore } = await import('../../../index.js');
  const given: StoreOptions = await storeOptionsIn(flags);
  const encryption = given.encryption ?? (encrypt ? await newEncryption(flags.config) : undefined);
  await initStore(store, { ...given, ...(encryption && { encryption }) });
  if (json) print(jsonLine({ store }));
  else print(`made the store ${escapeControls(store)}\n`);
}
