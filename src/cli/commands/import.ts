// gristmill import: flags to options, progress to stderr, the report to stdout.

import { type Command, Option } from 'commander';
import { effectiveOptions, importOptionsOver } from '../../config/effective.js';
import { pathsOf } from '../../import/names/sources.js';
import { resolveImportOptions } from '../../import/options/resolve.js';
import type { ImportOptions } from '../../import/options/types.js';
import type { KeyPath } from '../../keys/key-path.js';
import type { Writer } from '../../options/shared.js';
import { describeHolder } from '../../store/lock/lock-holder.js';
import {
  type CommonOptions,
  choice,
  collect,
  collectKey,
  collectNames,
  collectPaths,
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
import { jsonLine } from '../terminal/escape.js';
import { progressView } from '../terminal/progress.js';
import { reportText } from '../terminal/report.js';
import { print } from '../terminal/streams.js';

/** The flags, named as commander names them; all but four are options of the library's `import`. */
export interface ImportFlags extends CommonOptions, StoreFlags, Pick<ImportOptions, (typeof SAME_NAME)[number]> {
  readonly index?: readonly KeyPath[];
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
  'onBadFile',
  'include',
  'exclude',
  'dialect',
  'nonfinite',
  'onTruncated',
  'where',
  'sample',
  'transform',
  'pick',
  'omit',
  'limit',
  'codec',
  'format',
  'types',
  'maxExpansion',
  'maxDecoderMemory',
  'maxBad',
  'maxBadRatio',
  'workers',
  'level',
  'access',
  'spanBytes',
  'windowBytes',
  'wait',
] as const satisfies readonly (keyof ImportOptions)[];

/** Stands for standard input among the sources. */
const STDIN = '-';

const HELP = `
Examples:
  gristmill import users.json --store ./store --key id --index email --index country
  gristmill import events.ndjson --store ./store --collection events --key event_id --on-bad-record quarantine
  gristmill import dump.json --store ./store --select /data/items --key sku
  gristmill import prices.csv.gz --store ./store --key sku --types price=number
  gristmill import logs/ --store ./store --select /Records --key eventID
  gristmill import pages.json --store ./store --select '/*/items' --key id
  gristmill import rows.json --store ./store --key /0 --index /1
  gristmill import ./documents --store ./store --on-bad-record quarantine
  zcat dump.json.gz | gristmill import - --store ./store --key id
  gristmill import 'data/**/*.geojson' --store ./store --exclude drafts
  gristmill import 'dump.tar.gz::records/*.json' --store ./store
  gristmill import part-*.ndjson --store ./store --key id --mode upsert --json

Paths (--key, --index) name a member (id), or a member of a member (user.id). A JSON Pointer (/a~1b) is a path too.
A number in a path is the position of an element, if there is an array: /0 is the first element of a row.
Without --shape, the name and the beginning of a file decide. A file named .ndjson or .jsonl has a record on each line.
Any other file that is one array has its elements as records. Any other file is one record, or several one after another.
The report says which layout was assumed. Only --shape object reads the members of one object as records.
Sizes are bytes, or have a unit: 64k, 64m, 1g. If an import fails, the store stays as it was.
GRISTMILL_IMPORT_ variables, then "import" in the config file, set the options that no flag sets (see: gristmill config).`;

/** Adds the command to the program. */
export function addImport(program: Command): void {
  const command = program
    .command('import')
    .description(
      'import files, or folders of them, into a collection: JSON (NDJSON, an array, an object, or values one after another), CSV, TSV, BSON, bulk files',
    )
    .argument(
      '<source...>',
      'files, folders and archives (zip, tar) to import, in this order; compressed or not; - is standard input',
    );
  withImportFlags(command)
    .addOption(
      choice(
        '--mode <mode>',
        'replace the collection, upsert records into it, or insert only new ones (default: replace)',
        ['replace', 'upsert', 'insert'],
      ),
    )
    .option('--wait', 'wait while another process writes to the store (the default)')
    .option('--no-wait', 'do not wait while another process writes to the store: fail with STORE_BUSY')
    .option('--resume', 'resume a killed import of the same sources, or fail (default: resume if possible)')
    .option('--no-resume', 'start from the beginning, and remove the files of a killed import into the collection')
    .addOption(new Option('--quiet', 'print no progress'))
    .addHelpText('after', HELP)
    .action(runImport);
  withStoreFlags(withCommonOptions(command, 'print the report, or the error, as one JSON object'));
}

/** Adds the flags of what is imported and how, which watching has, too. */
export function withImportFlags(command: Command): Command {
  return withRuleFlags(withSpellingFlags(withCodecFlags(command)))
    .option('--collection <name>', 'collection to import into (default: "records")')
    .option(
      '--key <path>',
      'path of the primary key, such as id, user.id, or /0 for the first element of rows; given several times, the paths of the components of a composite key (default: the member name with --shape object, the path of the file in a folder, else the ordinal)',
      collectKey,
    )
    .option(
      '--index <path>',
      'path of a secondary index, or a JSON array of the paths of a composite one; may be given several times',
      collectPaths,
    )
    .option(
      '--select <json-pointer>',
      'the array or object inside each document that contains the records; * stands for every element or member (a member named * is ~2)',
    )
    .addOption(
      choice(
        '--shape <shape>',
        'layout; ndjson: a value on each line; values: values one after another; array: elements of one array; object: members of one object; elements: of an array without its brackets (default: see below)',
        ['ndjson', 'values', 'array', 'object', 'elements'],
      ),
    )
    .option('--allow-empty', 'if the sources have no records, empty the collection (default: fail)')
    .addOption(
      choice('--on-duplicate <which>', 'which of two records with the same key to keep (default: last)', [
        'last',
        'first',
        'error',
      ]),
    )
    .addOption(
      choice(
        '--on-bad-record <what>',
        'what to do with a bad record: fail, skip it, or write it to a quarantine file in the store (default: fail)',
        ['fail', 'skip', 'quarantine'],
      ),
    )
    .addOption(
      choice(
        '--on-bad-file <what>',
        'what to do with a file that vanishes, cannot be read, or has no records (it is empty, or has nothing at --select): fail, skip it, or also note it in a quarantine file (default: fail)',
        ['fail', 'skip', 'quarantine'],
      ),
    )
    .option(
      '--include <pattern>',
      "import the files of a folder that match, such as '*.geojson'; may be given several times (default: *.json, *.ndjson, *.jsonl)",
      collect,
    )
    .option('--exclude <pattern>', 'leave out files and folders that match; may be given several times', collect)
    .option('--max-bad <n>', 'fail if more records than this are bad', readCount)
    .option('--max-bad-ratio <share>', 'fail if more than this share of the records is bad: 0.01 or 1%', readRatio)
    .option('--workers <n>', 'number of worker threads (default: the available processors)', readInteger)
    .option('--level <n>', 'zstd compression level, -7 to 19 (default: 1)', readInteger)
    .addOption(choice('--access <how>', 'how to read source bytes (default: read)', ['mmap', 'read']))
    .option('--span-bytes <size>', 'source bytes per shard (default: 4m to 64m, by the size of the source)', readSize)
    .option('--window-bytes <size>', 'source bytes in the memory of a worker at once (default: 512k)', readSize)
    .option('--max-record-bytes <size>', 'size of the largest accepted record (default: 256m)', readSize);
}

/** How sources are spelled, and where they may end. */
function withSpellingFlags(command: Command): Command {
  return command
    .addOption(
      choice(
        '--dialect <name>',
        'how the sources are spelled; json5: comments, trailing commas, single quotes, bare names (default: json)',
        ['json', 'json5'],
      ),
    )
    .addOption(
      choice(
        '--nonfinite <what>',
        'what to do with NaN, Infinity and -Infinity: the record is bad, or they become null, or strings (default: reject)',
        ['reject', 'null', 'string'],
      ),
    )
    .addOption(
      choice(
        '--on-truncated <what>',
        'what to do with a source that ends inside its array, object or last record: fail, or keep the whole records (default: fail)',
        ['fail', 'keep'],
      ),
    );
}

/** Which records are stored, and what of them. */
function withRuleFlags(command: Command): Command {
  return command
    .option(
      '--where <condition>',
      "store only records that meet it: 'country=DE', 'age>=18', 'email' (has a value), '!email'; also !=, <, <=, >; given several times, records that meet all",
      collect,
    )
    .option('--sample <share>', 'store this share of the records, the same ones each time: 0.01 or 1%', readRatio)
    .option(
      '--transform <module>',
      'store what the default export of this module returns for each record: one, none (undefined), or several (a generator)',
    )
    .option('--pick <paths>', 'store only these members: id,user.name; may be given several times', collectNames)
    .option('--omit <paths>', 'do not store these members; may be given several times', collectNames)
    .option('--limit <n>', 'store the first n records, and stop reading', readInteger);
}

/** How sources become JSON. */
function withCodecFlags(command: Command): Command {
  return command
    .addOption(
      choice(
        '--format <format>',
        'csv, tsv: rows with a header; bson: a dump of MongoDB; es-bulk: an Elasticsearch bulk file (default: json, and for files named .csv, .tsv or .bson that format)',
        ['json', 'csv', 'tsv', 'bson', 'es-bulk'],
      ),
    )
    .option(
      '--types <types>',
      'types of the cells of CSV and TSV files: auto, or price=number,active=boolean (default: all are strings)',
    )
    .addOption(
      choice(
        '--codec <name>',
        'how the sources are compressed (default: their first bytes tell, and the name of a .br file)',
        [...['none', 'gzip', 'zstd', 'bzip2', 'xz', 'lz4', 'brotli']],
      ),
    )
    .option(
      '--max-expansion <n>',
      'refuse a compressed source that becomes more than n times as large (default: 250)',
      readCount,
    )
    .option(
      '--max-decoder-memory <size>',
      'memory that decompressing a source may take for itself (default: 128m)',
      readSize,
    );
}

async function runImport(sources: readonly string[], flags: ImportFlags): Promise<void> {
  const given = importOptions(flags);
  if (sources.filter((source) => source === STDIN).length > 1)
    throw new TypeError(`${STDIN} (standard input) is given twice`);
  pathsOf(sources);
  resolveImportOptions(importOptionsOver(await configuredImports(flags), given));
  const view = await progressView(flags.quiet === true || flags.json === true);
  const work = (signal: AbortSignal) =>
    onStore(flags, true, async (store) => {
      try {
        return await store.import(
          sources.map((source) => (source === STDIN ? process.stdin : source)),
          {
            ...given,
            onProgress: view.show,
            onWait: tellWait,
            signal,
          },
        );
      } finally {
        view.stop();
      }
    });
  const report = await interruptible(work);
  // For people; the table has them too.
  if (flags.json) for (const { message } of report.badFiles.files) note(`left out: ${message}`);
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
