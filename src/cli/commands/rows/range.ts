// gristmill range: records in key order, between two keys or with a common beginning.

import type { Command } from 'commander';
import type { KeyPath, RangeOptions, TextRow } from '../../../index.js';
import { keyText } from '../../../keys/decode.js';
import { readKeyPath } from '../../../keys/key-path.js';
import { type CommonOptions, readCount, withCommonOptions } from '../../shared/arguments.js';
import { type BoundsFlags, boundsOf, KEYS_HELP, warnOfTypes, withBounds } from '../../shared/bounds.js';
import { openStore } from '../../shared/open.js';
import { RECORD_FLAGS, type StoreFlags, withStoreFlags } from '../../shared/store-flags.js';
import { LineWriter, standardOutput } from '../../terminal/output.js';

interface RangeFlags extends CommonOptions, StoreFlags, BoundsFlags {
  readonly collection: string;
  readonly index?: KeyPath;
  readonly reverse?: boolean;
  readonly limit?: number;
  readonly after?: string;
  readonly rows?: boolean;
}

const HELP = `
Examples:
  gristmill range --store ./store --gte 1000 --lt 2000
  gristmill range --store ./store --index email --prefix ada@ --limit 10
  gristmill range --store ./store --index created_at --reverse --limit 1      the newest
  gristmill range --store ./store --prefix '["acme"]'                         all composite keys that begin with "acme"
  gristmill range --store ./store --index country --rows --limit 20           a page, with keys and cursors
  gristmill range --store ./store --index country --rows --limit 20 --after "$cursor"      the next page

${KEYS_HELP}
With --index, a record appears once for each value that it has in the index.`;

/** Adds the command to the program. */
export function addRange(program: Command): void {
  const command = program
    .command('range')
    .description('print records in key order as NDJSON')
    .option('--collection <name>', 'collection to read', 'records')
    .option(
      '--index <path>',
      'read in the order of this secondary index, a JSON array of paths for a composite one (default: the primary key)',
      readKeyPath,
    );
  withBounds(command)
    .option('--reverse', 'print from the last record to the first')
    .option('--limit <n>', 'print at most n records', readCount)
    .option('--after <cursor>', 'continue after the row with this cursor, which --rows printed')
    .option('--rows', 'print rows {"key":…,"primaryKey":…,"value":…,"cursor":…} instead of records')
    .addHelpText('after', HELP)
    .action(runRange);
  withStoreFlags(withCommonOptions(command, 'print errors as JSON objects'), RECORD_FLAGS);
}

async function runRange(flags: RangeFlags): Promise<void> {
  const { index, reverse, limit, after } = flags;
  const bounds = boundsOf(flags, index);
  const options: RangeOptions = { index, ...bounds, reverse, limit, after };
  const store = await openStore(flags, { readOnly: true });
  try {
    const collection = store.collection(flags.collection);
    if (flags.json !== true) warnOfTypes(collection, index, bounds);
    const lines = new LineWriter(standardOutput());
    for await (const row of collection.rangeText(options)) {
      await lines.add(`${flags.rows === true ? rowText(row) : row.text}\n`);
    }
    await lines.flush();
  } finally {
    await store.close();
  }
}

/** With the record's text as spelled, and keys with all their digits. */
function rowText({ key, primaryKey, text, cursor }: TextRow): string {
  return `{"key":${keyText(key)},"primaryKey":${keyText(primaryKey)},"value":${text},"cursor":"${cursor}"}`;
}
