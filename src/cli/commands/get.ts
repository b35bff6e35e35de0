// gristmill get: the records with these keys, one a line, as spelled in the source.

import type { Command } from 'commander';
import type { Collection, KeyPath, KeyValue } from '../../index.js';
import { keyPathText, readKeyPath } from '../../keys/key-path.js';
import { type CommonOptions, hasStringTwin, readKey, withCommonOptions } from '../shared/arguments.js';
import { openStore } from '../shared/open.js';
import { RECORD_FLAGS, type StoreFlags, withStoreFlags } from '../shared/store-flags.js';
import { reportMiss } from '../terminal/diagnostics.js';
import { Exit } from '../terminal/exit.js';
import { LineWriter, standardOutput } from '../terminal/output.js';

interface GetFlags extends CommonOptions, StoreFlags {
  readonly collection: string;
  readonly index?: KeyPath;
  readonly string?: boolean;
}

const HELP = `
Examples:
  gristmill get 42 --store ./store
  gristmill get ada@example.com bob@example.com --store ./store --index email
  gristmill get '"42"' --store ./store          the string "42", not the number
  gristmill get 42 --string --store ./store     the same
  gristmill get '["acme",42]' --store ./store   a composite key

get reads a JSON scalar (42, true, null, "42") as that value, and a JSON array of scalars as a composite key. Anything
else is a string. A number and a string are never the same key. Numbers keep all their digits; 7, 7.0 and 70e-1 are one
key. If the collection was imported without --key, keys are member names (--layout object), file paths (a folder), or
ordinals: 0, 1, 2, …
If a key has no record, get reports it on stderr, prints the other records, and ends with exit code 1.`;

/** Adds the command to the program. */
export function addGet(program: Command): void {
  const command = program
    .command('get')
    .description('print the records with these keys as NDJSON')
    .argument('<key...>', 'keys to look up')
    .option('--collection <name>', 'collection to look in', 'records')
    .option(
      '--index <path>',
      'look up the keys in this secondary index, a JSON array of paths for a composite one (default: the primary key)',
      readKeyPath,
    )
    .option('--string', 'read every key as a string, also 42 or true')
    .addHelpText('after', HELP)
    .action(runGet);
  withStoreFlags(withCommonOptions(command, 'print errors as JSON objects'), RECORD_FLAGS);
}

async function runGet(words: readonly string[], flags: GetFlags): Promise<void> {
  const asString = flags.string === true;
  // All of them first: a word that is no key must not end a command that has printed half its answer.
  const keys = words.map((word) => readKey(word, asString, flags.index));
  const store = await openStore(flags, { readOnly: true });
  try {
    const collection = store.collection(flags.collection);
    const lines = new LineWriter(standardOutput());
    for (const [i, key] of keys.entries()) {
      let found = 0;
      for await (const text of textsOf(collection, key, flags.index)) {
        found++;
        await lines.add(`${text}\n`);
      }
      if (found > 0) continue;
      await lines.flush();
      process.exitCode = Exit.notFound;
      reportMiss(words[i]!, missText(words[i]!, asString, flags), flags.json === true);
    }
    await lines.flush();
  } finally {
    await store.close();
  }
}

/** The records with this key: one or none by primary key, any number by a secondary one. */
async function* textsOf(collection: Collection, key: KeyValue, index: KeyPath | undefined): AsyncGenerator<string> {
  if (index !== undefined) {
    for await (const { text } of collection.findText(index, key)) yield text;
    return;
  }
  const text = await collection.getText(key);
  if (text !== undefined) yield text;
}

/** Says that a key has no record. */
export function missText(
  word: string,
  asString: boolean,
  { collection, index }: Pick<GetFlags, 'collection' | 'index'>,
): string {
  const where = index === undefined ? '' : ` at ${keyPathText(index)}`;
  const text = `no record in ${collection} has the key ${word}${where}`;
  if (asString || !hasStringTwin(word)) return text;
  return `${text}; for the string, write '"${word}"' or use --string`;
}
