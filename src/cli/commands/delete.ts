// gristmill delete: removes the records with these keys, all in one transaction.

import type { Command } from 'commander';
import { type CommonOptions, readKey, withCommonOptions } from '../shared/arguments.js';
import { openStore } from '../shared/open.js';
import { type StoreFlags, withStoreFlags } from '../shared/store-flags.js';
import { reportMiss } from '../terminal/diagnostics.js';
import { Exit } from '../terminal/exit.js';
import { print } from '../terminal/streams.js';
import { formatCount } from '../terminal/table.js';
import { missText } from './get.js';

interface DeleteFlags extends CommonOptions, StoreFlags {
  readonly collection: string;
  readonly string?: boolean;
}

const HELP = `
Examples:
  gristmill delete 42 43 --store ./store
  gristmill delete ada --store ./store --collection users

delete reads keys as get does (see: gristmill get --help). If a key has no record, delete reports it on stderr, deletes
the other records, and ends with exit code 1.`;

/** Adds the command to the program. */
export function addDelete(program: Command): void {
  const command = program
    .command('delete')
    .description('delete the records with these keys, all in one transaction')
    .argument('<key...>', 'keys of the records to delete')
    .option('--collection <name>', 'collection to change', 'records')
    .option('--string', 'read every key as a string, also 42 or true')
    .addHelpText('after', HELP)
    .action(runDelete);
  withStoreFlags(withCommonOptions(command, 'print the count, or the error, as one JSON object'));
}

async function runDelete(words: readonly string[], flags: DeleteFlags): Promise<void> {
  const { collection: name, json, string: asString = false } = flags;
  const keys = words.map((word) => readKey(word, asString));
  const store = await openStore(flags, { create: false });
  try {
    const was = await store.transaction((transaction) => {
      const collection = transaction.collection(name);
      return keys.map((key) => collection.delete(key));
    });
    for (const [i, word] of words.entries()) {
      if (was[i]) continue;
      process.exitCode = Exit.notFound;
      reportMiss(word, missText(word, asString, flags), json === true);
    }
    const deleted = was.filter(Boolean).length;
    const said = json ? JSON.stringify({ collection: name, deleted }) : `${formatCount(deleted)} deleted from ${name}`;
    print(`${said}\n`);
  } finally {
    await store.close();
  }
}
