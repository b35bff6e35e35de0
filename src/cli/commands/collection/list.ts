// gristmill collections: the collections of a store, a line each.

import type { Command } from 'commander';
import type { CollectionStat } from '../../../index.js';
import { keyPathText } from '../../../keys/key-path.js';
import { type CommonOptions, withCommonOptions } from '../../shared/arguments.js';
import { openStore } from '../../shared/open.js';
import { type StoreFlags, withStoreFlags } from '../../shared/store-flags.js';
import { escapeControls, jsonLine } from '../../terminal/escape.js';
import { print } from '../../terminal/streams.js';
import { alignColumns, formatCount } from '../../terminal/table.js';

const HEAD = ['collection', 'key', 'indexes', 'sources', 'version', 'records'];
/** Columns that are words; the others are numbers. */
const WORDS = 4;

const HELP = `
The sources are those that the collection is known to be made from. Other imports and transactions may have added records.
For sizes and more, see gristmill stat.

Examples:
  gristmill collections --store ./store
  gristmill collections --store ./store --json | jq -r .name`;

/** Adds the command to the program. */
export function addCollections(program: Command): void {
  const command = program
    .command('collections')
    .description('list the collections of a store: key, indexes, sources, version, records')
    .addHelpText('after', HELP)
    .action(runCollections);
  withStoreFlags(withCommonOptions(command, 'print one JSON object a line'));
}

async function runCollections(flags: CommonOptions & StoreFlags): Promise<void> {
  const store = await openStore(flags, { readOnly: true });
  try {
    const { collections } = store.stat();
    if (flags.json) for (const stat of collections) print(jsonLine(factsOf(stat)));
    else if (collections.length === 0) print('no collections\n');
    else print(alignColumns([HEAD, ...collections.map(rowOf)], '', WORDS));
  } finally {
    await store.close();
  }
}

function factsOf({ name, key, indexes, sources = [], version, records }: CollectionStat) {
  return { name, records, key, indexes: pathsOf(indexes), version, sources };
}

/** The primary index is not listed: it is there as long as its collection is. */
function pathsOf(indexes: CollectionStat['indexes']): CollectionStat['key'][] {
  return indexes.filter(({ isPrimary }) => !isPrimary).map(({ path }) => path);
}

function rowOf({ name, key, indexes, sources = [], version, records }: CollectionStat): string[] {
  const paths = pathsOf(indexes).map(keyPathText).join(', ');
  const cells = [name, keyPathText(key), paths, sources.join(', '), String(version), formatCount(records)];
  return cells.map((cell) => escapeControls(cell === '' ? '–' : cell));
}
