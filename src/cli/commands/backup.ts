// gristmill backup: a consistent copy of a store that may be in use.

import type { Command } from 'commander';
import { type CommonOptions, withCommonOptions } from '../shared/arguments.js';
import { openStore } from '../shared/open.js';
import { type StoreFlags, withStoreFlags } from '../shared/store-flags.js';
import { escapeControls, jsonLine } from '../terminal/escape.js';
import { print } from '../terminal/streams.js';
import { formatCount } from '../terminal/table.js';

interface BackupFlags extends CommonOptions, StoreFlags {
  readonly copy?: boolean;
}

const HELP = `
Examples:
  gristmill backup ./backups/monday --store ./store
  gristmill backup /mnt/other-disk/store --store ./store

On the same file system the backup links to the shards (hard links). Such a backup needs almost no space. It protects
against mistakes, but not against a failing disk. A backup on another disk, or with --copy, is independent.`;

/** Adds the command to the program. */
export function addBackup(program: Command): void {
  const command = program
    .command('backup')
    .description('make a consistent copy of a store, also while it is in use')
    .argument('<dir>', 'target directory; it must be empty or not exist')
    .option('--copy', 'copy shards, also where a hard link is possible')
    .addHelpText('after', HELP)
    .action(runBackup);
  withStoreFlags(withCommonOptions(command, 'print the report, or the error, as one JSON object'));
}

async function runBackup(target: string, flags: BackupFlags): Promise<void> {
  const store = await openStore(flags, { readOnly: true });
  try {
    const report = await store.backup(target, { copy: flags.copy === true });
    const { directory, generation, shards, seconds } = report;
    const made = `${formatCount(shards.linked)} shards linked, ${formatCount(shards.copied)} copied`;
    const text = `publication ${formatCount(generation)} is in ${escapeControls(directory)}: ${made}, ${seconds} s\n`;
    print(flags.json ? jsonLine(report) : text);
  } finally {
    await store.close();
  }
}
