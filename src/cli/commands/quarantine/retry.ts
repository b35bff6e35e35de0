// gristmill quarantine retry: imports rejected records after all, as they are or as a user has corrected them.

import { type Command, InvalidArgumentError } from 'commander';
import type { CorrectedRecord, RetryReport } from '../../../index.js';
import { type CommonOptions, withCommonOptions } from '../../shared/arguments.js';
import { interruptible } from '../../shared/interrupt.js';
import { openStore } from '../../shared/open.js';
import { type ReasonFlags, withReason } from '../../shared/reason.js';
import { readText } from '../../shared/records.js';
import { type StoreFlags, withStoreFlags } from '../../shared/store-flags.js';
import { note } from '../../terminal/diagnostics.js';
import { jsonLine } from '../../terminal/escape.js';
import { print } from '../../terminal/streams.js';
import { formatCount } from '../../terminal/table.js';
import { tellWait } from '../import.js';

interface RetryFlags extends CommonOptions, StoreFlags, ReasonFlags {
  readonly collection?: string;
  readonly file?: string;
  readonly wait: boolean;
}

/** A line that `show` prints before a record. */
const HEAD = /^# (\d+)(?: .*)?$/;

/** Adds the command to `gristmill quarantine`. */
export function addRetry(quarantine: Command): void {
  const command = quarantine
    .command('retry')
    .description('import rejected records, and remove the accepted ones from quarantine')
    .argument('<file>', 'name of the file, or the beginning of its name')
    .option(
      '--file <path>',
      'file with the corrected output of show, each record as strict JSON, also if the source had another format; -: stdin (default: retry all records as they are)',
    )
    .option(
      '--collection <name>',
      'collection to import into (default: the collection of the import that rejected the records)',
    )
    .option('--no-wait', 'do not wait while another process writes to the store: fail with STORE_BUSY')
    .action(runRetry);
  withStoreFlags(withReason(withCommonOptions(command, 'print the report, or the error, as one JSON object')));
}

async function runRetry(name: string, flags: RetryFlags): Promise<void> {
  const { collection, file, wait, why, json } = flags;
  const corrected = file === undefined ? undefined : correctionsIn(await readText(file));
  const report = await interruptible(async (signal) => {
    const store = await openStore(flags, { create: false });
    try {
      return await store.quarantine.retry(name, { collection, corrected, wait, why, signal, onWait: tellWait });
    } finally {
      await store.close();
    }
  });
  if (!json) for (const { number, message } of report.refused) note(`${number} stays in quarantine: ${message}`);
  print(json ? jsonLine(report) : textOf(report));
}

/** The records of a text as `show` prints it. */
function correctionsIn(text: string): CorrectedRecord[] {
  const corrected: { readonly number: number; text: string }[] = [];
  for (const line of text.split('\n')) {
    const head = HEAD.exec(line.trimEnd());
    const last = corrected.at(-1);
    if (head !== null) corrected.push({ number: Number(head[1]), text: '' });
    else if (last !== undefined) last.text += `${line}\n`;
    else if (line.trim() !== '') {
      throw new InvalidArgumentError('--file must begin with a line "# <number>", as quarantine show prints it');
    }
  }
  return corrected.filter((one) => one.text.trim() !== '');
}

function textOf({ collection, accepted, left }: RetryReport): string {
  return `${formatCount(accepted)} imported into ${collection}; ${formatCount(left)} left in quarantine\n`;
}
