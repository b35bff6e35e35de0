// gristmill index list: the secondary indexes, a line each.

import type { Command } from 'commander';
import { keyPathText } from '../../../keys/key-path.js';
import { type CommonOptions, withCommonOptions } from '../../shared/arguments.js';
import { openStore } from '../../shared/open.js';
import { type StoreFlags, withStoreFlags } from '../../shared/store-flags.js';
import { escapeControls, jsonLine } from '../../terminal/escape.js';
import { print } from '../../terminal/streams.js';
import { alignColumns, formatCount } from '../../terminal/table.js';

interface ListFlags extends CommonOptions, StoreFlags {
  readonly collection?: string;
}

/** Adds the command to `gristmill index`. */
export function addList(index: Command): void {
  const command = index
    .command('list')
    .description('list the secondary indexes')
    .option('--collection <name>', 'list only the indexes of this collection (default: of all collections)')
    .action(runList);
  withStoreFlags(withCommonOptions(command, 'print one JSON object a line'));
}

async function runList(flags: ListFlags): Promise<void> {
  const { collection: name, json } = flags;
  const store = await openStore(flags, { readOnly: true });
  try {
    const stats = name === undefined ? store.stat().collections : [store.collection(name).stat()];
    // The primary index is not listed: it is there as long as its collection is.
    const found = stats.flatMap(({ name: collection, indexes }) =>
      indexes.filter(({ isPrimary }) => !isPrimary).map(({ isPrimary: _, ...index }) => ({ collection, ...index })),
    );
    if (json) {
      for (const index of found) print(jsonLine(index));
      return;
    }
    if (found.length === 0) {
      print('no secondary indexes\n');
      return;
    }
    const rows = found.map(({ collection, path, entries, pages, kept, unique }) =>
      [
        collection,
        keyPathText(path),
        formatCount(entries),
        formatCount(pages),
        kept ? 'index add' : 'import',
        unique ? 'unique' : '',
      ].map(escapeControls),
    );
    print(alignColumns([['collection', 'index', 'entries', 'pages', 'made by', ''], ...rows]));
  } finally {
    await store.close();
  }
}
