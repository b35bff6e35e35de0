// gristmill quarantine list: the files of rejected records, a line each.

import type { Command } from 'commander';
import { type CommonOptions, withCommonOptions } from '../../shared/arguments.js';
import { openStore } from '../../shared/open.js';
import { type StoreFlags, withStoreFlags } from '../../shared/store-flags.js';
import { escapeControls, jsonLine } from '../../terminal/escape.js';
import { print } from '../../terminal/streams.js';
import { alignColumns, formatBytes } from '../../terminal/table.js';

/** Adds the command to `gristmill quarantine`. */
export function addList(quarantine: Command): void {
  const command = quarantine
    .command('list')
    .description('list the files of rejected records, the oldest first')
    .action(runList);
  withStoreFlags(withCommonOptions(command, 'print one JSON object a line'));
}

async function runList(flags: CommonOptions & StoreFlags): Promise<void> {
  const store = await openStore(flags, { readOnly: true });
  try {
    const files = await store.quarantine.files();
    if (flags.json) {
      for (const file of files) print(jsonLine(file));
      return;
    }
    if (files.length === 0) {
      print('no records in quarantine\n');
      return;
    }
    const rows = files.map(({ name, collection = '?', time = '?', bytes }) => [
      name,
      collection,
      time,
      formatBytes(bytes),
    ]);
    print(alignColumns([['file', 'collection', 'time', 'size'], ...rows.map((row) => row.map(escapeControls))]));
  } finally {
    await store.close();
  }
}
