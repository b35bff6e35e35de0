// gristmill delete: removes the records with these keys, or those between two keys, all in one transaction.

import type { Command } from 'commander';
import type { KeyBounds } from '../../index.js';
import { type CommonOptions, readKey, readParts, withCommonOptions } from '../shared/arguments.js';
import { openStore } from '../shared/open.js';
import { type ReasonFlags, withReason } from '../shared/reason.js';
import { type StoreFlags, withStoreFlags } from '../shared/store-flags.js';
import { reportMiss } from '../terminal/diagnostics.js';
import { Exit } from '../terminal/exit.js';
import { print } from '../terminal/streams.js';
import { formatCount } from '../terminal/table.js';
import { missText } from './get.js';

const BOUNDS = ['gte', 'gt', 'lte', 'lt'] as const;

interface DeleteFlags extends CommonOptions, ReasonFlags, StoreFlags, Partial<Record<(typeof BOUNDS)[number], string>> {
  readonly collection: string;
  readonly prefix?: string;
  readonly string?: boolean;
}

const HELP = `
Examples:
  gristmill delete 42 43 --store ./store
  gristmill delete ada --store ./store --collection users
  gristmill delete --lt '"2025-01-01"' --store ./store --collection events

delete reads keys as get does (see: gristmill get --help). If a key has no record, delete reports it on stderr, deletes
the other records, and ends with exit code 1. With bounds it deletes all records whose keys are within them.`;

/** Adds the command to the program. */
export function addDelete(program: Command): void {
  const command = program
    .command('delete')
    .description('delete the records with these keys, all in one transaction')
    .argument('[key...]', 'keys of the records to delete')
    .option('--collection <name>', 'collection to change', 'records')
    .option('--gte <key>', 'delete keys greater than or equal to this one')
    .option('--gt <key>', 'delete keys greater than this one')
    .option('--lte <key>', 'delete keys less than or equal to this one')
    .option('--lt <key>', 'delete keys less than this one')
    .option(
      '--prefix <text>',
      'delete strings that begin with this text, or composite keys that begin with this JSON array',
    )
    .option('--string', 'read every key as a string, also 42 or true')
    .addHelpText('after', HELP)
    .action(runDelete);
  withStoreFlags(withReason(withCommonOptions(command, 'print the count, or the error, as one JSON object')));
}

async function runDelete(words: readonly string[], flags: DeleteFlags): Promise<void> {
  const { collection: name, why, json, string: asString = false } = flags;
  const keys = words.map((word) => readKey(word, asString));
  const bounds = boundsIn(flags);
  if (keys.length > 0 === (bounds !== undefined)) throw new TypeError('give keys, or bounds such as --lt');
  const store = await openStore(flags, { create: false });
  const tell = (deleted: number): void => {
    const said = json ? JSON.stringify({ collection: name, deleted }) : `${formatCount(deleted)} deleted from ${name}`;
    print(`${said}\n`);
  };
  try {
    if (bounds !== undefined) return tell(await store.collection(name).deleteRange(bounds, { why }));
    const was = await store.transaction(
      (transaction) => {
        const collection = transaction.collection(name);
        return keys.map((key) => collection.delete(key));
      },
      { why },
    );
    for (const [i, word] of words.entries()) {
      if (was[i]) continue;
      process.exitCode = Exit.notFound;
      reportMiss(word, missText(word, asString, flags), json === true);
    }
    tell(was.filter(Boolean).length);
  } finally {
    await store.close();
  }
}

function boundsIn(flags: DeleteFlags): KeyBounds | undefined {
  const { prefix, string: asString = false } = flags;
  const given = BOUNDS.flatMap((name) => {
    const word = flags[name];
    return word === undefined ? [] : [[name, readKey(word, asString)] as const];
  });
  if (prefix === undefined) return given.length === 0 ? undefined : Object.fromEntries(given);
  // A text, or the first components of a composite key.
  return { ...Object.fromEntries(given), prefix: (!asString && readParts(prefix)) || prefix };
}
