// gristmill import: flags to options, progress to stderr, the report to stdout.

import { type Command, Option } from 'commander';
import { effectiveOptions, importOptionsOver } from '../../config/effective.js';
import { checkSources, resolveImportOptions } from '../../import/options/resolve.js';
import type { ImportOptions } from '../../import/options/types.js';
import type { Writer } from '../../options/shared.js';
import { describeHolder } from '../../store/lock/lock-holder.js';
import {
  type CommonOptions,
  choice,
  collect,
  readCount,
  readInteger,
  readRatio,
  readSize,
  withCommonOptions,
} from '../shared/arguments.js';
import { interruptible } from '../shared/interrupt.js';
import { onStore } from '../shared/open.js';
import { type StoreFlags, storeOptionsIn, withStoreFlags } from '../shared/store-flags.js';
import { note } from '../terminal/diagnostics.js';
import { jsonLine, print } from '../terminal/escape.js';
import { progressView } from '../terminal/progress.js';
import { reportText } from '../terminal/report.js';

/** The flags, named as commander names them; all but four are options of the library's `import`. */
export interface ImportFlags extends CommonOptions, StoreFlags, Pick<ImportOptions, (typeof SAME_NAME)[number]> {
  readonly index?: readonly string[];
  readonly maxRecordBytes?: number;
  readonly resume?: boolean;
  readonly quiet?: boolean;
}

/** Options whose flag has the library's name. */
const SAME_NAME = [
  'collection',
  'key',
  'select',
  'shape',
  'mode',
  'allowEmpty',
  'onDuplicate',
  'onBadRecord',
  'maxBad',
  'maxBadRatio',
  'workers',
  'level',
  'access',
  'spanBytes',
  'windowBytes',
  'wait',
] as const satisfies readonly (keyof ImportOptions)[];

const HELP = `
Examples:
  gristmill import users.json --store ./store --key id --index email --index country
  gristmill import events.ndjson --store ./store --collection events --key event_id --on-bad-record quarantine
  gristmill import dump.json --store ./store --select /data/items --key sku
  gristmill import ./documents --store ./store --on-bad-record quarantine
  gristmill import part-*.ndjson --store ./store --key id --mode upsert --json

A path names a member (id), a member of a member (user.id), or is a JSON Pointer (/a~1b).
Without --shape, a file named .ndjson or .jsonl holds a value on each line; another file that is one array holds its elements,
and any other a value or several. The report says what was assumed. --shape object reads the members of one object.
Sizes are bytes, or have a unit: 64k, 64m, 1g. Until an import has succeeded, the store stays as it was.
What no flag says is taken from GRISTMILL_IMPORT_ variables, else from "import" in the config file: gristmill config.`;

/** Adds the command to the program. */
export function addImport(program: Command): void {
  const command = program
    .command('import')
    .description(
      'import JSON files into a collection: NDJSON, one array, one object, or values one after another; or folders of files',
    )
    .argument('<source...>', 'files and folders to import, in this order');
  withImportFlags(command)
    .addOption(
      choice('--mode <mode>', 'what to do with a collection that is there (default: replace)', [
        'replace',
        'upsert',
        'insert',
      ]),
    )
    .option('--wait', 'wait while something else is writing to the store (the default)')
    .option('--no-wait', 'fail (STORE_BUSY) when something else is writing to the store, instead of waiting')
    .option('--resume', 'only go on where the same import was killed (default: go on if there is one)')
    .option('--no-resume', 'start afresh, and remove what a killed import into the collection has finished')
    .addOption(new Option('--quiet', 'no progress'))
    .addHelpText('after', HELP)
    .action(runImport);
  withStoreFlags(withCommonOptions(command, 'print the report, or the error, as one JSON object'));
}

/** Adds the flags of what is imported and how, which watching has, too. */
export function withImportFlags(command: Command): Command {
  return command
    .option('--collection <name>', 'collection to import into (default: "records")')
    .option(
      '--key <path>',
      'path of the primary key (default: the member name with --shape object, the path in a folder, else the ordinal)',
    )
    .option('--index <path>', 'path of a secondary index; may be given many times', collect)
    .option('--select <json-pointer>', 'the array or object inside the document that holds the records')
    .addOption(
      choice(
        '--shape <shape>',
        'layout: a value on each line, values one after another, the elements of one array, or the members of one object (default: see below)',
        ['ndjson', 'values', 'array', 'object'],
      ),
    )
    .option('--allow-empty', 'leave the collection without records where the sources have none (default: fail)')
    .addOption(
      choice('--on-duplicate <which>', 'which of two records with one key stays (default: last)', [
        'last',
        'first',
        'error',
      ]),
    )
    .addOption(
      choice('--on-bad-record <what>', 'what a bad record leads to (default: fail)', ['fail', 'skip', 'quarantine']),
    )
    .option('--max-bad <n>', 'fail beyond this many bad records', readCount)
    .option('--max-bad-ratio <share>', 'fail beyond this share of bad records: 0.01 or 1%', readRatio)
    .option('--workers <n>', 'worker threads (default: the processors available)', readInteger)
    .option('--level <n>', 'zstd level (default: 1)', readInteger)
    .addOption(choice('--access <how>', 'how source bytes are read (default: read)', ['mmap', 'read']))
    .option('--span-bytes <size>', 'source bytes per shard (default: 4m to 64m, by the size of the source)', readSize)
    .option('--window-bytes <size>', 'source bytes a worker takes in at once (default: 512k)', readSize)
    .option('--max-record-bytes <size>', 'largest record accepted (default: 256m)', readSize);
}

async function runImport(sources: readonly string[], flags: ImportFlags): Promise<void> {
  const given = importOptions(flags);
  checkSources(sources);
  resolveImportOptions(importOptionsOver(await configuredImports(flags), given));
  const view = await progressView(flags.quiet === true || flags.json === true);
  const work = (signal: AbortSignal) =>
    onStore(flags, true, async (store) => {
      try {
        return await store.import(sources, {
          ...given,
          onProgress: view.show,
          onWait: tellWait,
          signal,
        });
      } finally {
        view.stop();
      }
    });
  const report = await interruptible(work);
  // For people; the table has them too.
  if (flags.json) for (const warning of report.warnings) note(`warning: ${warning}`);
  print(flags.json ? jsonLine(report) : reportText(report, flags.store));
}

/**
 * What config file and variables say of imports: options are checked with these before the store is opened, which may
 * make it.
 */
export async function configuredImports(flags: StoreFlags): Promise<ImportOptions> {
  return (await effectiveOptions(await storeOptionsIn(flags))).imports;
}

export function tellWait(writer: Writer): void {
  note(`waiting for ${describeHolder(writer)}`);
}

/** Only what was asked for: defaults belong to the library. */
export function importOptions(flags: ImportFlags): ImportOptions {
  const given: Record<string, unknown> = {};
  for (const name of SAME_NAME) if (flags[name] !== undefined) given[name] = flags[name];
  if (flags.index !== undefined) given.indexes = flags.index;
  if (flags.maxRecordBytes !== undefined) given.recordBytesMax = flags.maxRecordBytes;
  if (flags.resume !== undefined) given.resume = flags.resume ? 'require' : 'never';
  return given;
}
