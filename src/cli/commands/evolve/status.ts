// gristmill evolve status: the versions of collections.

import type { Command } from 'commander';
import type { EvolutionStatus } from '../../../index.js';
import { type CommonOptions, withCommonOptions } from '../../shared/arguments.js';
import { openStore } from '../../shared/open.js';
import { type StoreFlags, withStoreFlags } from '../../shared/store-flags.js';
import { escapeControls, jsonLine } from '../../terminal/escape.js';
import { print } from '../../terminal/streams.js';
import { formatCount } from '../../terminal/table.js';

interface StatusFlags extends CommonOptions, StoreFlags {
  readonly collection?: string;
}

/** Adds the command to `gristmill evolve`. */
export function addStatus(evolve: Command): void {
  const command = evolve
    .command('status')
    .description('show the version of each collection, and the migrations that led to it')
    .option('--collection <name>', 'only this collection (default: all)')
    .action(runStatus);
  withStoreFlags(withCommonOptions(command, 'print one JSON object a line'));
}

async function runStatus(flags: StatusFlags): Promise<void> {
  const store = await openStore(flags, { readOnly: true });
  try {
    for (const name of flags.collection === undefined ? store.collections() : [flags.collection]) {
      const status = await store.evolution(name);
      print(flags.json ? jsonLine(status) : textOf(status));
    }
  } finally {
    await store.close();
  }
}

function textOf({ collection, version, oldest, stored, migrations }: EvolutionStatus): string {
  const undo = oldest === version ? '' : `, can return to ${oldest}`;
  const lines = [
    `${collection}: version ${version}${undo}`,
    ...migrations.map(({ version: to, applied, operations, isFinal, onFailure }) => {
      return `  ${to}: ${operations.join(', ')}; applied ${applied}${onFailure ? `; records that fail: ${onFailure}` : ''}${isFinal ? '; final' : ''}`;
    }),
    ...stored.map(({ version: at, isUndone, records }) => {
      return `  ${formatCount(records)} records are stored in version ${at}${isUndone ? ', which was undone' : ''}`;
    }),
  ];
  return `${lines.map(escapeControls).join('\n')}\n`;
}
