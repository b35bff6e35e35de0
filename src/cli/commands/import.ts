// gristmill import: flags to options, progress to stderr, the report to stdout.

import { type Command, Option } from 'commander';
import { reportsIn } from '../../base/import-report.js';
import { effectiveOptions, importOptionsOver } from '../../config/effective.js';
import { pathsOf } from '../../import/names/sources.js';
import { resolveDestinations } from '../../import/options/places.js';
import type { CollectionsImportOptions, ImportOptions } from '../../import/options/types.js';
import type { Writer } from '../../options/shared.js';
import { describeHolder } from '../../store/lock/lock-holder.js';
import { type CommonOptions, choice, withCommonOptions } from '../shared/arguments.js';
import { withImportFlags } from '../shared/import-flags.js';
import { interruptible } from '../shared/interrupt.js';
import { onStore } from '../shared/open.js';
import { type PlaceFlags, placesIn } from '../shared/places.js';
import { withReason } from '../shared/reason.js';
import { type StoreFlags, storeOptionsIn, withStoreFlags } from '../shared/store-flags.js';
import { note } from '../terminal/diagnostics.js';
import { jsonLine } from '../terminal/escape.js';
import { progressView } from '../terminal/progress.js';
import { collectionsText, reportText } from '../terminal/report.js';
import { print } from '../terminal/streams.js';

/** The flags, named as commander names them; all but four are options of the library's `import`. */
export interface ImportFlags
  extends CommonOptions,
    StoreFlags,
    PlaceFlags,
    Pick<ImportOptions, (typeof SAME_NAME)[number]> {
  readonly maxRecordBytes?: number;
  readonly resume?: boolean;
  readonly quiet?: boolean;
}

/** Options whose flag has the library's name. */
const SAME_NAME = [
  'collection',
  'layout',
  'mode',
  'changes',
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
  'validate',
  'limit',
  'codec',
  'format',
  'types',
  'maxExpansion',
  'maxDecoderMemory',
  'maxBad',
  'maxBadRatio',
  'workers',
  'compression',
  'level',
  'profile',
  'access',
  'spanBytes',
  'windowBytes',
  'wait',
  'why',
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
  gristmill import dump.json.zst --store ./store --select /users=users --select /orders=orders --key users=id --key orders=no
  gristmill import rows.json --store ./store --key /0 --index /1
  gristmill import ./documents --store ./store --on-bad-record quarantine
  zcat dump.json.gz | gristmill import - --store ./store --key id
  gristmill import 'data/**/*.geojson' --store ./store --exclude drafts
  gristmill import 'dump.tar.gz::records/*.json' --store ./store
  gristmill import part-*.ndjson --store ./store --key id --mode upsert --json

Paths (--key, --index) name a member (id), or a member of a member (user.id). A JSON Pointer (/a~1b) is a path too.
A number in a path is the position of an element, if there is an array: /0 is the first element of a row.
Without --layout, the name and the beginning of a file decide its layout. A file named .ndjson or .jsonl has a record on
each line. Any other file that is one array has its elements as records. Any other file is one record, or several one
after another. The report says which layout was assumed. Only --layout object reads the members of one object as records.
Sizes are bytes, or have a unit: 64k, 64m, 1g. If an import fails, the store stays as it was.
GRISTMILL_IMPORT_ variables, then "import" in the config file, set the options that no flag sets (see: gristmill config).`;

/** Adds the command to the program. */
export function addImport(program: Command): void {
  const command = program
    .command('import')
    .description(
      'import files, or folders of them, into a collection: JSON (NDJSON, an array, an object, or values one after another), CSV, TSV, BSON, Elasticsearch bulk files',
    )
    .argument(
      '<source...>',
      'files, folders and archives (zip, tar) to import, in this order; compressed or not; - is standard input',
    );
  withImportFlags(command)
    .addOption(
      choice(
        '--mode <mode>',
        'replace the collection, upsert records into it, or insert only new ones (default: replace, but fail if the collection has records of other sources)',
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
  withStoreFlags(withReason(withCommonOptions(command, 'print the report, or the error, as one JSON object')), [
    'schemaVersion',
  ]);
}

async function runImport(sources: readonly string[], flags: ImportFlags): Promise<void> {
  const given = importOptions(flags);
  if (sources.filter((source) => source === STDIN).length > 1)
    throw new TypeError(`${STDIN} (standard input) is given twice`);
  pathsOf(sources);
  resolveDestinations(importOptionsOver(await configuredImports(flags), given));
  const view = await progressView(flags.quiet === true || flags.json === true);
  const work = (signal: AbortSignal) =>
    onStore(flags, true, async (store) => {
      try {
        const all = sources.map((source) => (source === STDIN ? process.stdin : source));
        const options = { ...given, onProgress: view.show, onWait: tellWait, signal };
        return 'collections' in options ? await store.import(all, options) : await store.import(all, options);
      } finally {
        view.stop();
      }
    });
  const report = await interruptible(work);
  // For people; the table has them too.
  const reports = reportsIn(report);
  if (flags.json)
    for (const { badFiles } of reports) for (const { message } of badFiles.files) note(`left out: ${message}`);
  if (flags.json) for (const { warnings } of reports) for (const warning of warnings) note(`warning: ${warning}`);
  if (flags.json) print(jsonLine(report));
  else print('collections' in report ? collectionsText(report, flags.store) : reportText(report, flags.store));
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
export function importOptions(flags: ImportFlags): ImportOptions | CollectionsImportOptions {
  const given: Record<string, unknown> = { ...placesIn(flags) };
  for (const name of SAME_NAME) if (flags[name] !== undefined) given[name] = flags[name];
  if (flags.maxRecordBytes !== undefined) given.recordBytesMax = flags.maxRecordBytes;
  if (flags.resume !== undefined) given.resume = flags.resume ? 'require' : 'never';
  return given;
}
