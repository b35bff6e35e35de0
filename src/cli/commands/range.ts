// gristmill range: records in key order, between two keys or with a common beginning.

import type { Command } from 'commander';
import type { RangeOptions } from '../../index.js';
import { type CommonOptions, readCount, readKey, withCommonOptions } from '../shared/arguments.js';
import { openStore } from '../shared/open.js';
import { READING_FLAGS, type StoreFlags, withStoreFlags } from '../shared/store-flags.js';
import { LineWriter, standardOutput } from '../terminal/output.js';

const BOUNDS = ['gte', 'gt', 'lte', 'lt'] as const;

interface RangeFlags extends CommonOptions, StoreFlags, Partial<Record<(typeof BOUNDS)[number], string>> {
  readonly collection: string;
  readonly index?: string;
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

Order: null < false < true < numbers < strings. A bound that is a JSON scalar (42, true, null, "42") is read as such,
anything else is a string. By a secondary index, a record appears once for each of its values.`;

/** Adds the command to the program. */
export function addRange(program: Command): void {
  const command = program
    .command('range')
    .description('print records in key order as NDJSON')
    .option('--collection <name>', 'collection to read', 'records')
    .option('--index <path>', 'order of this secondary index instead of the primary key')
    .option('--gte <key>', 'keys from this one on')
    .option('--gt <key>', 'keys after this one')
    .option('--lte <key>', 'keys up to this one')
    .option('--lt <key>', 'keys before this one')
    .option('--prefix <text>', 'strings that begin with this')
    .option('--reverse', 'from the last to the first')
    .option('--limit <n>', 'at most so many records', readCount)
    .option('--string', 'every bound is a string, whatever it looks like')
    .addHelpText('after', HELP)
    .action(runRange);
  withStoreFlags(withCommonOptions(command, 'print errors as JSON objects'), READING_FLAGS);
}

async function runRange(flags: RangeFlags): Promise<void> {
  const options = rangeOptions(flags);
  const store = await openStore(flags, { readOnly: true });
  try {
    const lines = new LineWriter(standardOutput());
    for await (const { text } of store.collection(flags.collection).rangeText(options)) await lines.add(`${text}\n`);
    await lines.flush();
  } finally {
    await store.close();
  }
}

function rangeOptions(flags: RangeFlags): RangeOptions {
  const options: Record<string, unknown> = {};
  for (const name of BOUNDS) {
    const word = flags[name];
    if (word !== undefined) options[name] = readKey(word, flags.string === true);
  }
  for (const name of ['index', 'prefix', 'reverse', 'limit'] as const) {
    if (flags[name] !== undefined) options[name] = flags[name];
  }
  return options;
}
