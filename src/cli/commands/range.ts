// gristmill range: records in key order, between two keys or with a common beginning.

import type { Command } from 'commander';
import type { Collection, KeyPath, KeyValue, RangeOptions } from '../../index.js';
import { isParts } from '../../keys/encode.js';
import { readKeyPath } from '../../keys/key-path.js';
import { type CommonOptions, readCount, readKey, readParts, withCommonOptions } from '../shared/arguments.js';
import { openStore } from '../shared/open.js';
import { READING_FLAGS, type StoreFlags, withStoreFlags } from '../shared/store-flags.js';
import { note } from '../terminal/diagnostics.js';
import { LineWriter, standardOutput } from '../terminal/output.js';

const BOUNDS = ['gte', 'gt', 'lte', 'lt'] as const;

interface RangeFlags extends CommonOptions, StoreFlags, Partial<Record<(typeof BOUNDS)[number], string>> {
  readonly collection: string;
  readonly index?: KeyPath;
  readonly prefix?: string;
  readonly reverse?: boolean;
  readonly limit?: number;
  readonly string?: boolean;
}

const HELP = `
Examples:
  gristmill range --store ./store --gte 1000 --lt 2000
  gristmill range --store ./store --index email --prefix ada@ --limit 10
  gristmill range --store ./store --index created_at --reverse --limit 1      the newest
  gristmill range --store ./store --prefix '["acme"]'                         of a composite key, all that begin so

Order: null < false < true < numbers < strings. range reads a JSON scalar (42, true, null, "42") as that value, and a JSON
array of them as a composite key, or the first components of one. Anything else is a string. With --index, a record appears once for each value that it has in the index.`;

/** Adds the command to the program. */
export function addRange(program: Command): void {
  const command = program
    .command('range')
    .description('print records in key order as NDJSON')
    .option('--collection <name>', 'collection to read', 'records')
    .option(
      '--index <path>',
      'read in the order of this secondary index, a JSON array of paths for a composite one (default: the primary key)',
      readKeyPath,
    )
    .option('--gte <key>', 'only keys from this one on')
    .option('--gt <key>', 'only keys after this one')
    .option('--lte <key>', 'only keys up to this one')
    .option('--lt <key>', 'only keys before this one')
    .option(
      '--prefix <text>',
      'only strings that begin with this text, or composite keys that begin with this JSON array',
    )
    .option('--reverse', 'print from the last record to the first')
    .option('--limit <n>', 'print at most n records', readCount)
    .option('--string', 'read every bound as a string, also 42 or true')
    .addHelpText('after', HELP)
    .action(runRange);
  withStoreFlags(withCommonOptions(command, 'print errors as JSON objects'), READING_FLAGS);
}

async function runRange(flags: RangeFlags): Promise<void> {
  const options = rangeOptions(flags);
  const store = await openStore(flags, { readOnly: true });
  try {
    const collection = store.collection(flags.collection);
    if (flags.json !== true) await warnOfTypes(collection, options);
    const lines = new LineWriter(standardOutput());
    for await (const { text } of collection.rangeText(options)) await lines.add(`${text}\n`);
    await lines.flush();
  } finally {
    await store.close();
  }
}

/** Says so when a bound has a type that no key has: then it bounds nothing, or everything. */
async function warnOfTypes(collection: Collection, { index, ...options }: RangeOptions): Promise<void> {
  const bounds = BOUNDS.map((name) => options[name]).filter((bound) => bound !== undefined);
  if (bounds.length === 0) return;
  const [first, last] = [await firstKey(collection, { index }), await firstKey(collection, { index, reverse: true })];
  if (first === undefined || last === undefined || typeOf(first) !== typeOf(last)) return;
  for (const bound of bounds) {
    if (typeOf(bound) === typeOf(first)) continue;
    const help = typeOf(first) === 'string' ? `; for the string, write '"${bound}"' or use --string` : '';
    note(`no key is a ${typeOf(bound)}: all of them are of type ${typeOf(first)}${help}`);
  }
}

async function firstKey(collection: Collection, options: RangeOptions): Promise<KeyValue | undefined> {
  for await (const { key } of collection.rangeText({ ...options, limit: 1 })) return key;
  return undefined;
}

/** The types whose values are ordered among each other. */
function typeOf(key: KeyValue): string {
  if (key === null) return 'null';
  if (isParts(key)) return 'array';
  return typeof key === 'string' || typeof key === 'boolean' ? typeof key : 'number';
}

function rangeOptions(flags: RangeFlags): RangeOptions {
  const options: Record<string, unknown> = {};
  for (const name of BOUNDS) {
    const word = flags[name];
    if (word !== undefined) options[name] = readKey(word, flags.string === true, flags.index);
  }
  const { prefix } = flags;
  // A text, or the first components of a composite key.
  if (prefix !== undefined) options.prefix = (flags.string !== true && readParts(prefix, flags.index)) || prefix;
  for (const name of ['index', 'reverse', 'limit'] as const) {
    if (flags[name] !== undefined) options[name] = flags[name];
  }
  return options;
}
