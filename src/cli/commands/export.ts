// gristmill export: all records in source order, as fast as shards decompress and the reader reads.

import type { Command } from 'commander';
import { GristmillError } from '../../base/errors.js';
import type { Collection } from '../../index.js';
import { type CommonOptions, choice, withCommonOptions } from '../shared/arguments.js';
import { interruptible } from '../shared/interrupt.js';
import { openStore } from '../shared/open.js';
import { READING_FLAGS, type StoreFlags, withStoreFlags } from '../shared/store-flags.js';
import { note } from '../terminal/diagnostics.js';
import { fileOutput, LineWriter, type Output, standardOutput } from '../terminal/output.js';

interface ExportFlags extends CommonOptions, StoreFlags {
  readonly collection: string;
  readonly format: 'ndjson' | 'json';
  readonly out?: string;
}

const HELP = `
Examples:
  gristmill export --store ./store | head -n 3
  gristmill export --store ./store --format json --out all.json

--format json writes one array. For a collection imported from one object, it writes one object.
--format ndjson writes one record a line. For a collection imported from one object, a line is
{"key":<member name>,"value":<record>}, so that no name is lost.
The export of an encrypted store is not encrypted.
--out writes a file that only its owner can read. The file gets its name when it is complete.`;

/** Adds the command to the program. */
export function addExport(program: Command): void {
  const command = program
    .command('export')
    .description('print all records, in source order')
    .option('--collection <name>', 'collection to export', 'records')
    .addOption(choice('--format <format>', 'ndjson: lines; json: one document', ['ndjson', 'json']).default('ndjson'))
    .option('--out <file>', 'write to a file instead of stdout')
    .addHelpText('after', HELP)
    .action(runExport);
  withStoreFlags(withCommonOptions(command, 'print errors as JSON objects'), READING_FLAGS);
}

async function runExport(flags: ExportFlags): Promise<void> {
  const store = await openStore(flags, { readOnly: true });
  try {
    const collection = store.collection(flags.collection);
    if (store.stat().encryption !== undefined) note('the store is encrypted, but its export is not: it is plain text');
    const output = flags.out === undefined ? standardOutput() : await fileOutput(flags.out, store.options.trustShared);
    try {
      await interruptible(async (signal) => {
        const write = flags.format === 'json' ? writeDocument : writeLines;
        await write(collection, stoppable(output, signal));
      });
      await output.finish();
    } catch (error) {
      await output.discard();
      throw error;
    }
  } finally {
    await store.close();
  }
}

/** The same output, which fails once the signal is there: nothing is written after Ctrl-C. */
function stoppable(output: Output, signal: AbortSignal): Output {
  const write = async (text: string | Uint8Array) => {
    if (signal.aborted) throw new GristmillError('CANCELLED', 'the export was stopped');
    await output.write(text);
  };
  return { ...output, write };
}

async function writeLines(collection: Collection, output: Output): Promise<void> {
  for await (const lines of collection.lines()) await output.write(lines);
}

/** One array, or one object where the records are members. */
async function writeDocument(collection: Collection, output: Output): Promise<void> {
  const lines = new LineWriter(output);
  const isObject = collection.stat().framing === 'object';
  await lines.add(isObject ? '{' : '[');
  let before = '\n';
  for await (const { ordinal, name, text } of collection.scanText()) {
    await lines.add(`${before}${isObject ? member(name, ordinal) : ''}${text}`);
    before = ',\n';
  }
  await lines.add(isObject ? '\n}\n' : '\n]\n');
  await lines.flush();
}

function member(name: string | undefined, ordinal: number): string {
  if (name !== undefined) return `${JSON.stringify(name)}:`;
  const message = `record ${ordinal} has no member name, but other records have one, so the collection cannot be written as one object. Use --format ndjson`;
  throw new GristmillError('COLLECTION_MISMATCH', message);
}
