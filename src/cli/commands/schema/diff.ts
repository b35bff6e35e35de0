// gristmill schema diff: what is new, gone or changed from one set of records to another.

import type { Command } from 'commander';
import { type CommonOptions, withCommonOptions } from '../../shared/arguments.js';
import { badRecordFlag, withSourceFlags } from '../../shared/import-flags.js';
import { READING_FLAGS, type StoreFlags, withStoreFlags } from '../../shared/store-flags.js';
import { escapeControls, jsonLine } from '../../terminal/escape.js';
import { print } from '../../terminal/streams.js';
import { type SideFlags, sideOf } from './side.js';

interface DiffFlags extends CommonOptions, StoreFlags, SideFlags {}

const HELP = `
Examples:
  gristmill schema diff monday.json tuesday.json
  gristmill schema diff ./store::users users.json
  gristmill schema --store ./store --collection users --as profile --out users.profile
  gristmill schema diff users.profile ./store::users

Each side is a source as import takes it, a store (./store is its collection "records", ./store::users another one), or a file
that gristmill schema --as profile has written.`;

/** Adds the command to `gristmill schema`. */
export function addDiff(schema: Command): void {
  const command = schema
    .command('diff')
    .description('tell what is new, gone or changed between two sets of records')
    .argument('<before>', 'a source, a store, or a profile')
    .argument('<after>', 'the same')
    .addOption(badRecordFlag())
    .option('--quiet', 'print no progress')
    .addHelpText('after', HELP)
    // A flag that `gristmill schema` has too is taken by that.
    .action((before: string, after: string) => runDiff(before, after, command.optsWithGlobals()));
  withSourceFlags(command);
  withStoreFlags(withCommonOptions(command, 'print one JSON object a line'), READING_FLAGS);
}

async function runDiff(before: string, after: string, flags: DiffFlags): Promise<void> {
  const [left, right] = [await sideOf(before, flags), await sideOf(after, flags)];
  const differences = left.schema.diff(right.schema);
  if (flags.json) for (const difference of differences) print(jsonLine(difference));
  else if (differences.length === 0) print('no difference\n');
  else {
    const { differenceText } = await import('../../../profile/show/diff-text.js');
    for (const difference of differences) print(`${escapeControls(differenceText(difference))}\n`);
  }
}
