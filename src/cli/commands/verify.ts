// gristmill verify: everything is read; what is damaged goes to stdout, and the exit code says whether anything is.

import type { Command } from 'commander';
import type { Fault } from '../../upkeep/verify/faults.js';
import type { VerifyReport } from '../../upkeep/verify/options.js';
import { type CommonOptions, readCount, readInteger, withCommonOptions } from '../shared/arguments.js';
import { interruptible } from '../shared/interrupt.js';
import { openStore } from '../shared/open.js';
import { type StoreFlags, withStoreFlags } from '../shared/store-flags.js';
import { escapeControls, jsonLine } from '../terminal/escape.js';
import { Exit } from '../terminal/exit.js';
import { progressView } from '../terminal/progress.js';
import { print } from '../terminal/streams.js';
import { formatBytes, formatCount, formatRate } from '../terminal/table.js';

interface VerifyFlags extends CommonOptions, StoreFlags {
  readonly workers?: number;
  readonly faults?: number;
  readonly quiet?: boolean;
}

const HELP = `
Examples:
  gristmill verify --store ./store
  gristmill verify --store ./store --json | jq '.faults[].file'

Meanwhile, other processes may read and import. The exit code is 0 if the store has no fault, and 4 if it has faults.`;

/** Adds the command to the program. */
export function addVerify(program: Command): void {
  const command = program
    .command('verify')
    .description('read all files of a store and report the damage')
    .option('--workers <n>', 'number of worker threads (default: the available processors)', readInteger)
    .option('--faults <n>', 'list at most n faults; all are counted (default: 1000)', readCount)
    .option('--quiet', 'print no progress')
    .addHelpText('after', HELP)
    .action(runVerify);
  withStoreFlags(withCommonOptions(command, 'print the report, or the error, as one JSON object'));
}

async function runVerify(flags: VerifyFlags): Promise<void> {
  const view = await progressView(flags.quiet === true || flags.json === true);
  const report = await interruptible(async (signal) => {
    const store = await openStore(flags, { readOnly: true });
    try {
      return await store.verify({
        onProgress: view.show,
        signal,
        ...(flags.workers !== undefined && { workers: flags.workers }),
        ...(flags.faults !== undefined && { faultsMax: flags.faults }),
      });
    } finally {
      view.stop();
      await store.close();
    }
  });
  print(flags.json ? jsonLine(report) : verifyText(report));
  if (!report.isSound) process.exitCode = Exit.store;
}

function verifyText({ isSound, faults, faultsTotal, checked, leftovers, seconds }: VerifyReport): string {
  const { shards, bytes, records, pages, values } = checked;
  const parts = [
    `${formatCount(shards)} shards (${formatBytes(bytes)}, ${formatCount(records)} records)`,
    `${formatCount(pages)} index pages, ${formatCount(values)} catalog values`,
    `${seconds} s, ${formatRate(bytes, seconds)}`,
  ];
  const unlisted = faultsTotal - faults.length;
  const lines = [
    ...faults.map(faultText),
    ...(unlisted > 0 ? [`… and ${formatCount(unlisted)} more (--faults)`] : []),
    `${isSound ? 'sound' : `${formatCount(faultsTotal)} faults`}: ${parts.join(', ')}`,
  ];
  const { files, trees } = leftovers;
  if (files.length + trees.length > 0) {
    lines.push(
      `left over: ${formatCount(files.length)} files, ${formatCount(trees.length)} trees, of a running or killed import`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function faultText({ collection, records, message }: Fault): string {
  const which =
    records &&
    (records.to - records.from === 1 ? `record ${records.from}` : `records ${records.from} to ${records.to - 1}`);
  const cost = which === undefined ? '' : ` (not readable: ${which} of ${collection ?? 'an unknown collection'})`;
  return escapeControls(`${message}${cost}`);
}
