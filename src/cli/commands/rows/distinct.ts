// gristmill distinct: the keys of a secondary index, each once, with the number of its records.

import type { Command } from 'commander';
import type { KeyPath } from '../../../index.js';
import { keyText } from '../../../keys/decode.js';
import { readKeyPath } from '../../../keys/key-path.js';
import { type CommonOptions, readCount, withCommonOptions } from '../../shared/arguments.js';
import { type BoundsFlags, boundsOf, KEYS_HELP, warnOfTypes, withBounds } from '../../shared/bounds.js';
import { openStore } from '../../shared/open.js';
import { READING_FLAGS, type StoreFlags, withStoreFlags } from '../../shared/store-flags.js';
import { LineWriter, standardOutput } from '../../terminal/output.js';

interface DistinctFlags extends CommonOptions, StoreFlags, BoundsFlags {
  readonly collection: string;
  readonly reverse?: boolean;
  readonly limit?: number;
}

const HELP = `
Examples:
  gristmill distinct country --store ./store
  gristmill distinct country --store ./store --prefix A --limit 10
  gristmill distinct country --store ./store --gt AT --limit 10              the keys after AT

distinct prints {"key":…,"count":…} for each key, and reads the index only.
${KEYS_HELP}`;

/** Adds the command to the program. */
export function addDistinct(program: Command): void {
  const command = program
    .command('distinct')
    .description('print the keys of a secondary index, with the number of records of each, as NDJSON')
    .argument('<index>', 'path of the secondary index, a JSON array of paths for a composite one', readKeyPath)
    .option('--collection <name>', 'collection to read', 'records');
  withBounds(command)
    .option('--reverse', 'print from the last key to the first')
    .option('--limit <n>', 'print at most n keys', readCount)
    .addHelpText('after', HELP)
    .action(runDistinct);
  withStoreFlags(withCommonOptions(command, 'print errors as JSON objects'), READING_FLAGS);
}

async function runDistinct(index: KeyPath, flags: DistinctFlags): Promise<void> {
  const { reverse, limit } = flags;
  const bounds = boundsOf(flags, index);
  const store = await openStore(flags, { readOnly: true });
  try {
    const collection = store.collection(flags.collection);
    if (flags.json !== true) warnOfTypes(collection, index, bounds);
    const lines = new LineWriter(standardOutput());
    for (const { key, count } of collection.distinct(index, { ...bounds, reverse, limit })) {
      await lines.add(`{"key":${keyText(key)},"count":${count}}\n`);
    }
    await lines.flush();
  } finally {
    await store.close();
  }
}
