// gristmill schema get: the schema that a collection carries, as the text of a file for `schema set`.

import type { Command } from 'commander';
import { type CommonOptions, withCommonOptions } from '../../shared/arguments.js';
import { openStore } from '../../shared/open.js';
import { READING_FLAGS, type StoreFlags, withStoreFlags } from '../../shared/store-flags.js';
import { note } from '../../terminal/diagnostics.js';
import { jsonLine } from '../../terminal/escape.js';
import { Exit } from '../../terminal/exit.js';
import { print } from '../../terminal/streams.js';

interface GetFlags extends CommonOptions, StoreFlags {}

/** Adds the command to `gristmill schema`. */
export function addGet(schema: Command): void {
  const command = schema
    .command('get')
    .description('print the schema that a collection carries (schema set)')
    .argument('<collection>', 'name of the collection')
    // A flag that `gristmill schema` has too is taken by that.
    .action((collection: string) => runGet(collection, command.optsWithGlobals()));
  const json =
    'print the schema, the time when it was set, and whether only new records are held to it, as one JSON object';
  withStoreFlags(withCommonOptions(command, json), READING_FLAGS);
}

async function runGet(collection: string, flags: GetFlags): Promise<void> {
  const store = await openStore(flags, { readOnly: true });
  try {
    const carried = store.getSchema(collection);
    if (carried === undefined) {
      note(`${collection} has no schema`);
      process.exitCode = Exit.notFound;
    } else
      print(flags.json ? jsonLine({ collection, ...carried }) : `${JSON.stringify(carried.schema, undefined, 2)}\n`);
  } finally {
    await store.close();
  }
}
