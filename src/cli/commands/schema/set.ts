// gristmill schema set: gives a collection a schema that its records are held to.

import type { Command } from 'commander';
import type { SetSchemaReport } from '../../../index.js';
import { type CommonOptions, readInteger, withCommonOptions } from '../../shared/arguments.js';
import { interruptible } from '../../shared/interrupt.js';
import { openStore } from '../../shared/open.js';
import { type ReasonFlags, withReason } from '../../shared/reason.js';
import { type StoreFlags, withStoreFlags } from '../../shared/store-flags.js';
import { escapeControls, jsonLine } from '../../terminal/escape.js';
import { progressView } from '../../terminal/progress.js';
import { print } from '../../terminal/streams.js';
import { formatCount } from '../../terminal/table.js';
import { tellWait } from '../import.js';

interface SetFlags extends CommonOptions, StoreFlags, ReasonFlags {
  readonly onlyNew?: boolean;
  readonly workers?: number;
  readonly wait: boolean;
  readonly quiet?: boolean;
}

const HELP = `
Examples:
  gristmill schema set users users.schema.json --store ./store
  gristmill schema get users --store ./store
  gristmill schema unset users --store ./store

All records of the collection are checked first; if one is not valid, nothing changes. From then on every import, and every
put and patch of any process, is held to the schema, until schema unset takes it away.`;

/** Adds the command to `gristmill schema`. */
export function addSet(schema: Command): void {
  const command = schema
    .command('set')
    .description('give a collection a JSON Schema that all its records are held to from then on')
    .argument('<collection>', 'name of the collection')
    .argument('<file>', 'JSON Schema (2020-12)')
    .option('--only-new', 'hold only new records to the schema, and do not check those that are there')
    .option('--workers <n>', 'number of worker threads (default: the available processors)', readInteger)
    .option('--no-wait', 'do not wait while another process writes to the store: fail with STORE_BUSY')
    .option('--quiet', 'print no progress')
    .addHelpText('after', HELP)
    // A flag that `gristmill schema` has too is taken by that.
    .action((collection: string, file: string) => runSet(collection, file, command.optsWithGlobals()));
  withStoreFlags(withReason(withCommonOptions(command, 'print the report, or the error, as one JSON object')));
}

async function runSet(collection: string, file: string, flags: SetFlags): Promise<void> {
  const { onlyNew, workers, wait, why, quiet, json } = flags;
  const view = await progressView(quiet === true || json === true);
  const report = await interruptible(async (signal) => {
    const store = await openStore(flags, { create: false });
    try {
      const options = {
        ...(onlyNew && { onlyNew }),
        ...(workers !== undefined && { workers }),
        ...{ wait, why, signal, onWait: tellWait },
      };
      return await store.setSchema(collection, file, { ...options, onProgress: view.show });
    } finally {
      view.stop();
      await store.close();
    }
  });
  print(json ? jsonLine(report) : `${escapeControls(textOf(report))}\n`);
}

function textOf({ collection, records, checked, seconds }: SetSchemaReport): string {
  const count = `${formatCount(records)} ${records === 1 ? 'record' : 'records'}`;
  const which = checked ? `${count} checked, in ${seconds} s` : `${count} not checked: only new ones are held to it`;
  return `schema set for ${collection}: ${which}`;
}
