// gristmill count: how many records there are, or are in a range.

import type { Command } from 'commander';
import type { KeyPath } from '../../../index.js';
import { readKeyPath } from '../../../keys/key-path.js';
import { type CommonOptions, withCommonOptions } from '../../shared/arguments.js';
import { type BoundsFlags, boundsOf, KEYS_HELP, warnOfTypes, withBounds } from '../../shared/bounds.js';
import { openStore } from '../../shared/open.js';
import { READING_FLAGS, type StoreFlags, withStoreFlags } from '../../shared/store-flags.js';
import { print } from '../../terminal/streams.js';

interface CountFlags extends CommonOptions, StoreFlags, BoundsFlags {
  readonly collection: string;
  readonly index?: KeyPath;
}

const HELP = `
Examples:
  gristmill count --store ./store
  gristmill count --store ./store --index created_at --gte 2026-01-01 --lt 2026-02-01

count reads the index only.
${KEYS_HELP}
With --index, a record counts once for each value that it has in the index.`;

/** Adds the command to the program. */
export function addCount(program: Command): void {
  const command = program
    .command('count')
    .description('print the number of records, of all or of a range')
    .option('--collection <name>', 'collection to read', 'records')
    .option(
      '--index <path>',
      'count by this secondary index, a JSON array of paths for a composite one (default: the primary key)',
      readKeyPath,
    );
  withBounds(command).addHelpText('after', HELP).action(runCount);
  withStoreFlags(withCommonOptions(command, 'print errors as JSON objects'), READING_FLAGS);
}

async function runCount(flags: CountFlags): Promise<void> {
  const { index } = flags;
  const bounds = boundsOf(flags, index);
  const store = await openStore(flags, { readOnly: true });
  try {
    const collection = store.collection(flags.collection);
    if (flags.json !== true) warnOfTypes(collection, index, bounds);
    const isAll = index === undefined && Object.keys(bounds).length === 0;
    print(`${isAll ? collection.count() : collection.count({ index, ...bounds })}\n`);
  } finally {
    await store.close();
  }
}
