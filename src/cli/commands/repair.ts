// gristmill repair: makes the index of a store anew from its shards, and says what could not be read.

import type { Command } from 'commander';
import { KEY_FILE_VARIABLE } from '../../config/found.js';
import { STORE_SETTINGS } from '../../options/store.js';
import { REPAIR_FLAGS, type RepairOptions, type RepairReport } from '../../upkeep/repair/options.js';
import { type CommonOptions, readInteger, withCommonOptions } from '../shared/arguments.js';
import { interruptible } from '../shared/interrupt.js';
import { withPassphrase } from '../shared/open.js';
import { withReason } from '../shared/reason.js';
import { withFlagOf } from '../shared/store-flags.js';
import { escapeControls, jsonLine } from '../terminal/escape.js';
import { progressView } from '../terminal/progress.js';
import { print } from '../terminal/streams.js';
import { formatCount } from '../terminal/table.js';

interface RepairFlags extends CommonOptions, Pick<RepairOptions, 'workers' | keyof typeof REPAIR_FLAGS> {
  readonly keyFile?: string;
  readonly quiet?: boolean;
}

const HELP = `
Examples:
  gristmill repair --store ./store
  gristmill repair --from-shards --store ./downloaded

No other process may have the store open. Ctrl-C leaves everything as it was. repair keeps the old index beside the new
one. If you have a backup, restore it instead: repair cannot bring back data that it cannot read.`;

/** Adds the command to the program. */
export function addRepair(program: Command): void {
  const command = program
    .command('repair')
    .description('make a new index for a damaged store, from its shards')
    .option('--workers <n>', 'number of worker threads (default: the available processors)', readInteger)
    .option('--quiet', 'print no progress')
    .addHelpText('after', HELP)
    .action(runRepair);
  withReason(withCommonOptions(command, 'print the report, or the error, as one JSON object'));
  for (const [name, row] of Object.entries({ ...REPAIR_FLAGS, keyFile: STORE_SETTINGS.keyFile }))
    withFlagOf(command, name, row);
}

async function runRepair({
  store,
  json,
  quiet,
  keyFile = process.env[KEY_FILE_VARIABLE],
  ...flags
}: RepairFlags): Promise<void> {
  // As in cli/shared/open.ts: the library is loaded when it is used.
  const { repairStore } = await import('../../index.js');
  const view = await progressView(quiet === true || json === true);
  const report = await interruptible(async (signal) => {
    try {
      const given = { signal, onProgress: view.show, ...flags, ...(keyFile ? { encryption: { keyFile } } : {}) };
      return await withPassphrase(store, (asked) => repairStore(store, { ...given, ...asked }));
    } finally {
      view.stop();
    }
  });
  print(json ? jsonLine(report) : repairText(report));
}

function repairText({ from, collections, lost, unused, notes, kept, seconds }: RepairReport): string {
  const lines = [
    ...lost.map(({ message, records }) => {
      const which = records === undefined ? '' : ` (records ${records.from} to ${records.to - 1})`;
      return `lost: ${message}${which}`;
    }),
    ...unused.map(({ file, why }) => `not used: ${file}: ${why}`),
    ...notes,
    ...collections.map(({ name, records }) => `collection ${name}: ${formatCount(records)} records`),
    `a new index was made from the ${from} in ${seconds} s${kept === undefined ? '' : `; the old one is ${kept}`}`,
  ];
  return `${lines.map(escapeControls).join('\n')}\n`;
}
