// gristmill export: the records of a collection, or a part of them, as a file, a folder of files or a stream.

import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { EXPORT_CODECS, EXPORT_FORMATS, type ExportCodec, type ExportFormat } from '../../export/work/options.js';
import type { KeyPath, ReadableCollection, SelectionOptions, Store, StreamOptions } from '../../index.js';
import { readKeyPath } from '../../keys/key-path.js';
import {
  type CommonOptions,
  choice,
  collectNames,
  readCount,
  readInteger,
  readKey,
  withCommonOptions,
} from '../shared/arguments.js';
import { type BoundsFlags, boundsOf, KEYS_HELP, warnOfTypes, withBounds } from '../shared/bounds.js';
import { interruptible } from '../shared/interrupt.js';
import { openStore } from '../shared/open.js';
import { readText } from '../shared/records.js';
import { RECORD_FLAGS, type StoreFlags, withStoreFlags } from '../shared/store-flags.js';
import { note } from '../terminal/diagnostics.js';
import { Exit } from '../terminal/exit.js';
import { inFlags } from '../terminal/flags.js';
import { checkBeside, fileOutput, standardOutput } from '../terminal/output.js';

interface ExportFlags extends CommonOptions, StoreFlags, BoundsFlags {
  readonly collection: string;
  readonly format?: ExportFormat | 'files';
  readonly pretty?: boolean;
  readonly compress?: ExportCodec;
  readonly level?: number;
  readonly singleFrame?: boolean;
  readonly columns?: readonly string[];
  readonly index?: KeyPath;
  readonly keysFrom?: string;
  readonly order?: 'source' | 'key';
  readonly reverse?: boolean;
  readonly limit?: number;
  readonly workers?: number;
  readonly out?: string;
  readonly name?: string;
}

const HELP = `
Examples:
  gristmill export --store ./store | head -n 3
  gristmill export --store ./store --out all.json
  gristmill export --store ./store --out all.ndjson.zst
  gristmill export --store ./store --index country --prefix A --out a.csv.gz
  gristmill export --store ./store --format files --out records --name '{hash:2}/{key}.json'
  gristmill export --store ./store --keys-from keys.txt --order source

Formats:
  ndjson   a record a line; of a collection imported from one object {"key":<member name>,"value":<record>}
  array    one array of these
  object   one object: its members are named by the member names, or the primary keys, of the records
  json     object for a collection imported from one object, else array
  csv      a header and a row for each record; objects and arrays stand in their cells as JSON (docs/export.md)
  files    a file for each record, in the directory --out: {key} in --name is the key, escaped, {hash:2} digits of its
           SHA-256, {n} the number of the record
The name of the file says the format (.json, .csv) and the codec (.gz, .zst, .br), unless flags do.

Without bounds, an index or keys, all records are written in source order. With them, the order is that of the keys.
${KEYS_HELP}
The export shows one state of the collection, whatever is changed meanwhile.
The export of an encrypted store is not encrypted.
--out writes a file that only its owner can read, or a directory. It gets its name when it is complete.`;

/** Adds the command to the program. */
export function addExport(program: Command): void {
  const command = program
    .command('export')
    .description('write records to a file or to stdout, all of them or a part')
    .option('--collection <name>', 'collection to export', 'records')
    .addOption(
      choice('--format <format>', 'form of the text (default: by the name of the file, else ndjson)', [
        ...EXPORT_FORMATS,
        'files',
      ]),
    )
    .option('--name <template>', 'path of each of the files (default: {key}.json)')
    .option('--pretty', 'indent arrays, objects and files')
    .addOption(choice('--compress <codec>', 'compress the text (default: by the name of the file)', EXPORT_CODECS))
    .option('--level <n>', 'level of the codec: gz 0 to 9 (6), zst -7 to 22 (3), br 0 to 11 (5)', readInteger)
    .option('--single-frame', 'write .zst as one frame, for readers that stop after the first one')
    .option(
      '--columns <names>',
      'members that are the columns of csv, with commas between (default: all)',
      collectNames,
    )
    .option('--index <path>', 'read this secondary index, a JSON array of paths for a composite one', readKeyPath)
    .option('--keys-from <file>', 'only the records of the primary keys in this file, one a line; - for stdin')
    .addOption(choice('--order <order>', 'order of the records', ['source', 'key']));
  withBounds(command)
    .option('--reverse', 'read keys from the last to the first')
    .option('--limit <n>', 'at most n records, the first ones in the order of the keys', readCount)
    .option('--workers <n>', 'worker threads (default: the processors)', readCount)
    .option('--out <file>', 'write to a file instead of stdout')
    .addHelpText('after', HELP)
    .action(runExport);
  withStoreFlags(withCommonOptions(command, 'print errors as JSON objects'), RECORD_FLAGS);
}

async function runExport(flags: ExportFlags): Promise<void> {
  const store = await openStore(flags, { readOnly: true });
  const snapshot = store.snapshot();
  try {
    const collection = snapshot.collection(flags.collection);
    if (store.stat().encryption !== undefined) note('the store is encrypted, but its export is not: it is plain text');
    await interruptible(async (signal) => {
      if (flags.format === 'files') await writeFiles(store, flags, collection, signal);
      else await writeStream(store, flags, collection.stream({ ...(await streamOptions(flags, collection)), signal }));
    });
  } finally {
    snapshot.release();
    await store.close();
  }
}

async function writeStream(store: Store, { out }: ExportFlags, stream: AsyncIterable<Uint8Array>): Promise<void> {
  const output = out === undefined ? standardOutput() : await fileOutput(out, store.options.trustShared);
  try {
    for await (const chunk of stream) await output.write(chunk);
    await output.finish();
  } catch (error) {
    await output.discard();
    throw error;
  }
}

async function writeFiles(
  store: Store,
  flags: ExportFlags,
  collection: ReadableCollection,
  signal: AbortSignal,
): Promise<void> {
  const { out, name, pretty, order } = flags;
  if (out === undefined) throw new InvalidArgumentError('--format files needs --out, the directory of the files');
  const unused = STREAM_FLAGS.find((flag) => flags[flag] !== undefined);
  if (unused !== undefined)
    throw new InvalidArgumentError(`--format files has no use for ${inFlags(`option ${unused}`)}`);
  if (order === 'key') throw new InvalidArgumentError('--format files writes records in source order');
  checkBeside(out, store.options.trustShared);
  const report = await collection.exportFiles(out, { name, pretty, signal, ...(await selection(flags, collection)) });
  note(`wrote ${report.files} files to ${out}`);
}

/** Flags of what is written as one stream. */
const STREAM_FLAGS = ['compress', 'level', 'singleFrame', 'columns'] as const;

/** What the flags mean, and the name of the file where they say nothing. */
async function streamOptions(flags: ExportFlags, collection: ReadableCollection): Promise<StreamOptions> {
  const { name, codec } = nameParts(flags.out ?? '');
  const { format, pretty, level, singleFrame, columns, order } = flags;
  if (flags.name !== undefined) throw new InvalidArgumentError('--name is for --format files');
  return {
    format: format === 'files' ? undefined : (format ?? formatByName(name)),
    compress: flags.compress ?? codec,
    ...{ pretty, level, singleFrame, columns, order },
    ...(await selection(flags, collection)),
  };
}

/** Which records are exported. */
async function selection(flags: ExportFlags, collection: ReadableCollection): Promise<SelectionOptions> {
  const { index, reverse, limit, workers, keysFrom } = flags;
  const bounds = boundsOf(flags, index);
  if (flags.json !== true) warnOfTypes(collection, index, bounds);
  const keys = keysFrom === undefined ? undefined : await keysIn(keysFrom, flags.string === true, collection);
  return { index, ...bounds, reverse, limit, workers, keys };
}

function nameParts(out: string): { readonly name: string; readonly codec: ExportCodec } {
  const codec = EXPORT_CODECS.find((codec) => out.toLowerCase().endsWith(`.${codec}`));
  return codec === undefined ? { name: out, codec: 'none' } : { name: out.slice(0, -codec.length - 1), codec };
}

function formatByName(name: string): ExportFormat {
  if (/\.csv$/i.test(name)) return 'csv';
  return /\.json$/i.test(name) ? 'json' : 'ndjson';
}

/** The keys in a file. Says how many of them have no record: then the exit code says so too. */
async function keysIn(file: string, asString: boolean, collection: ReadableCollection) {
  const words = (await readText(file)).split('\n').map((line) => line.replace(/\r$/, ''));
  const keys = words.filter((word) => word !== '').map((word) => readKey(word, asString));
  if (keys.length === 0) throw new InvalidArgumentError(`--keys-from ${file} has no key`);
  const missing = keys.filter((key) => !collection.has(key));
  if (missing.length > 0) {
    note(`${missing.length} of ${keys.length} keys have no record`);
    process.exitCode = Exit.notFound;
  }
  return keys;
}
