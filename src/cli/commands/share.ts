// gristmill share: a directory of files in which other tools find exactly the records of one generation.

import type { Command } from 'commander';
import { type CommonOptions, withCommonOptions } from '../shared/arguments.js';
import { interruptible } from '../shared/interrupt.js';
import { openStore } from '../shared/open.js';
import { type StoreFlags, withStoreFlags } from '../shared/store-flags.js';
import { note } from '../terminal/diagnostics.js';
import { escapeControls, jsonLine } from '../terminal/escape.js';
import { print } from '../terminal/streams.js';
import { formatCount } from '../terminal/table.js';

interface ShareFlags extends CommonOptions, StoreFlags {
  readonly out: string;
  readonly collection?: string;
  readonly copy?: boolean;
}

const HELP = `
Examples:
  gristmill share --out ./live --store ./store
  duckdb -c "SELECT count(*) FROM read_json('./live/records/*.ndjson.zst')"
  zstdcat ./live/records/*.ndjson.zst | jq .id

In the directory is a folder for each collection, with files of zstd, a record on each line. Dead records are left out, and
the records of transactions are there. The files are hard links to shards where that is possible, so they need almost no
space. Damage to a linked file is damage to the store: --copy prevents this.
Run the command again to replace the files by those of the store as it is then. The directory is a symbolic link, which
changes in one step: other tools see all files of one state of the store. The files of the state before stay until the
next run. To read one state to its end, read from what the link leads to: $(realpath ./live).
The files of an encrypted store are not encrypted.`;

/** Adds the command to the program. */
export function addShare(program: Command): void {
  const command = program
    .command('share')
    .description('make a directory in which other tools find exactly the records of the store')
    .requiredOption('--out <dir>', 'the directory; it must not exist, be empty, or have been made by this command')
    .option('--collection <name>', 'share only this collection (default: all)')
    .option('--copy', 'copy shards, also where a hard link is possible')
    .addHelpText('after', HELP)
    .action(runShare);
  withStoreFlags(withCommonOptions(command, 'print the report, or the error, as one JSON object'));
}

async function runShare({ out, collection, copy, ...flags }: ShareFlags): Promise<void> {
  const store = await openStore(flags, { readOnly: true });
  try {
    if (store.stat().encryption !== undefined)
      note('the store is encrypted, but these files are not: they are plain text');
    const report = await interruptible((signal) =>
      store.share(out, { ...(collection !== undefined && { collection }), copy: copy === true, signal }),
    );
    const { directory, generation, records, files, seconds } = report;
    const made = `${formatCount(files.linked)} files linked, ${formatCount(files.copied)} copied, ${formatCount(files.written)} written, ${formatCount(files.kept)} kept`;
    const text = `publication ${formatCount(generation)} is in ${escapeControls(directory)}: ${formatCount(records)} records, ${made}, ${seconds} s\n`;
    print(flags.json ? jsonLine(report) : text);
  } finally {
    await store.close();
  }
}
