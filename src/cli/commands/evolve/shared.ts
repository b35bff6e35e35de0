// What plan, apply and undo have in common: flags, and the report.

import type { Command } from 'commander';
import { GristmillError } from '../../../base/errors.js';
import type { EvolveReport, Migration, RecordFailures, UndoOptions } from '../../../index.js';
import { keyPathText } from '../../../keys/key-path.js';
import { readInteger } from '../../shared/arguments.js';
import { readText } from '../../shared/records.js';
import { escapeControls, jsonLine } from '../../terminal/escape.js';
import { progressView } from '../../terminal/progress.js';
import { formatCount } from '../../terminal/table.js';
import { tellWait } from '../import.js';

export interface WorkFlags {
  readonly workers?: number;
  readonly wait: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** Adds the flags of work that takes long. */
export function withWork(command: Command): Command {
  return command
    .option('--workers <n>', 'number of worker threads (default: the available processors)', readInteger)
    .option('--no-wait', 'do not wait while another process writes to the store: fail with STORE_BUSY')
    .option('--quiet', 'print no progress');
}

/** The options that flags say, with a view of the progress. Call `stop` when the work has ended. */
export async function optionsOf({ workers, wait, quiet, json }: WorkFlags): Promise<{
  readonly options: UndoOptions;
  readonly stop: () => void;
}> {
  const view = await progressView(quiet === true || json === true);
  const options = { ...(workers !== undefined && { workers }), wait, onWait: tellWait, onProgress: view.show };
  return { options, stop: () => view.stop() };
}

export function reportText(report: EvolveReport, asJson: boolean): string {
  if (asJson) return jsonLine(report);
  const { collection, from, to, applied, records, isProven, failed, refused, failures, quarantine, indexes, seconds } =
    report;
  const lines = [
    `${collection}: version ${from} ${applied ? 'became' : 'can become'} ${to}; ${formatCount(records)} records were looked at, in ${seconds} s`,
    ...(isProven ? ['the profile of the collection proves that no other record fails'] : []),
    ...indexes
      .filter(({ change }) => change !== 'kept')
      .map(({ path, to: now, change }) => {
        const [before, after] = [keyPathText(path), keyPathText(now)];
        return `index ${before}${before === after ? '' : ` becomes ${after}`}: ${change === 'renamed' ? 'its entries stay' : 'built again'}`;
      }),
  ];
  if (refused > 0)
    lines[0] = `${collection}: ${formatCount(refused)} of ${formatCount(records)} records cannot be changed`;
  if (quarantine !== undefined) lines.push(`${formatCount(failed)} records were put into ${quarantine}`);
  lines.push(...failures.map(failureText));
  return `${lines.map(escapeControls).join('\n')}\n`;
}

export function failureText({ message, records, keys }: RecordFailures): string {
  return `${records === 1 ? 'record' : `${formatCount(records)} records, such as`} ${keys.join(', ')}: ${message}`;
}

/** What a migration file says; the store checks it. @throws GristmillError BAD_MIGRATION, and as `readText` */
export async function migrationIn(file: string, collection: string | undefined): Promise<Migration> {
  try {
    const migration = JSON.parse(await readText(file)) as Migration;
    return collection === undefined ? migration : { ...migration, collection };
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    const message = `${file} is not JSON: ${cause.message}; nothing was changed`;
    throw new GristmillError('BAD_MIGRATION', message, { file, cause });
  }
}
