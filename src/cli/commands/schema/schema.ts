// gristmill schema: what is in sources, or in a collection: a table for people, JSON Schema, TypeScript, or JSON.

import type { Command } from 'commander';
import { type CommonOptions, choice, withCommonOptions } from '../../shared/arguments.js';
import { badRecordFlag, withSourceFlags } from '../../shared/import-flags.js';
import { READING_FLAGS, type StoreFlags, withStoreFlags } from '../../shared/store-flags.js';
import { note } from '../../terminal/diagnostics.js';
import { jsonLine } from '../../terminal/escape.js';
import { fileOutput, standardOutput } from '../../terminal/output.js';
import { addDiff } from './diff.js';
import { addGet } from './get.js';
import { addSet } from './set.js';
import { type SideFlags, schemaOfCollection, schemaOfFiles } from './side.js';
import { schemaTable } from './table.js';
import { addUnset } from './unset.js';
import { writeTo } from './write.js';

interface SchemaFlags extends CommonOptions, StoreFlags, SideFlags {
  readonly as?: 'table' | 'json-schema' | 'typescript' | 'profile';
  readonly strict?: boolean;
  readonly typeName?: string;
  readonly out?: string;
  readonly quiet?: boolean;
}

const HELP = `
Examples:
  gristmill schema big.json
  gristmill schema dump.json.zst --select /users --as json-schema --out users.schema.json
  gristmill schema --store ./store --collection users
  gristmill schema --store ./store --collection users --as typescript --type-name User
  gristmill schema diff monday.json tuesday.json
  gristmill schema set users users.schema.json --store ./store

With sources, it reads them once, all of them, and stores nothing. Without sources, it tells of a collection of a store:
what an import with --profile has noted, and what it reads of the records that came since.
--as json-schema writes what is true of all records; what was only observed (ranges, formats, frequent values) is a note there.
--strict makes rules of the observations. --as profile writes all that is known, for a later gristmill schema diff.`;

/** Adds the command to the program. */
export function addSchema(program: Command): void {
  const command = program
    .command('schema')
    .description('tell what paths and values the records of sources, or of a collection, have')
    .argument('[source...]', 'files, folders and archives, as import takes them (default: a collection of the store)')
    .option('--collection <name>', 'collection of the store (default: "records")')
    .option('--fresh', 'read all records of the collection again')
    .addOption(
      choice('--as <form>', 'what to print (default: table)', ['table', 'json-schema', 'typescript', 'profile']),
    )
    .option('--strict', 'with --as json-schema: make rules of what was observed')
    .option('--type-name <name>', 'with --as typescript: name of the type of a record (default: Item)')
    .option('--out <file>', 'write to a file instead of stdout')
    .addOption(badRecordFlag())
    .option('--quiet', 'print no progress')
    .addHelpText('after', HELP)
    .action(runSchema);
  withSourceFlags(command);
  withStoreFlags(withCommonOptions(command, 'print all numbers as one JSON object'), READING_FLAGS);
  for (const add of [addDiff, addSet, addGet, addUnset]) add(command);
}

async function runSchema(sources: readonly string[], flags: SchemaFlags): Promise<void> {
  const { schema, trustShared } =
    sources.length > 0 ? await schemaOfFiles(sources, flags) : await schemaOfCollection(flags.store, flags);
  const text = textOf(schema, flags);
  await writeTo(flags.out === undefined ? standardOutput() : await fileOutput(flags.out, trustShared), text);
  if (flags.out !== undefined) note(`wrote ${flags.out}`);
}

function textOf(schema: Awaited<ReturnType<typeof schemaOfFiles>>['schema'], flags: SchemaFlags): string | Uint8Array {
  const { as = 'table', strict = false, typeName, json } = flags;
  if (json) return jsonLine(schema);
  if (as === 'json-schema') return `${JSON.stringify(schema.jsonSchema({ strict }), undefined, 2)}\n`;
  if (as === 'typescript') return schema.typescript(typeName === undefined ? {} : { name: typeName });
  return as === 'profile' ? schema.encode() : schemaTable(schema);
}
