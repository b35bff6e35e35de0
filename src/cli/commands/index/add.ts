// gristmill index add: makes a secondary index from the stored records.

import type { Command } from 'commander';
import { DEFAULT_COLLECTION } from '../../../base/names.js';
import type { CreateIndexReport } from '../../../index.js';
import { keyPathText, readKeyPath } from '../../../keys/key-path.js';
import { type CommonOptions, readInteger, withCommonOptions } from '../../shared/arguments.js';
import { interruptible } from '../../shared/interrupt.js';
import { openStore } from '../../shared/open.js';
import { type ReasonFlags, withReason } from '../../shared/reason.js';
import { type StoreFlags, withStoreFlags } from '../../shared/store-flags.js';
import { escapeControls, jsonLine } from '../../terminal/escape.js';
import { progressView } from '../../terminal/progress.js';
import { print } from '../../terminal/streams.js';
import { formatCount } from '../../terminal/table.js';
import { tellWait } from '../import.js';

interface AddFlags extends CommonOptions, StoreFlags, ReasonFlags {
  readonly collection: string;
  readonly unique?: boolean;
  readonly workers?: number;
  readonly wait: boolean;
  readonly quiet?: boolean;
}

/** Adds the command to `gristmill index`. */
export function addAdd(index: Command): void {
  const command = index
    .command('add')
    .description('make an index from the stored records')
    .argument('<path>', 'path of the index, or a JSON array of the paths of a composite one')
    .option('--collection <name>', 'collection to index', DEFAULT_COLLECTION)
    .option('--unique', 'make the index unique: fail if two records have the same value, and refuse such records later')
    .option('--workers <n>', 'number of worker threads (default: the available processors)', readInteger)
    .option('--no-wait', 'do not wait while another process writes to the store: fail with STORE_BUSY')
    .option('--quiet', 'print no progress')
    .action(runAdd);
  withStoreFlags(withReason(withCommonOptions(command, 'print the report, or the error, as one JSON object')));
}

async function runAdd(word: string, flags: AddFlags): Promise<void> {
  const { collection, unique, workers, wait, why, quiet, json } = flags;
  const view = await progressView(quiet === true || json === true);
  const report = await interruptible(async (signal) => {
    const store = await openStore(flags, { create: false });
    try {
      const options = {
        ...(unique && { unique }),
        ...(workers !== undefined && { workers }),
        wait,
        why,
        signal,
        onWait: tellWait,
      };
      return await store.createIndex(collection, readKeyPath(word), { ...options, onProgress: view.show });
    } finally {
      view.stop();
      await store.close();
    }
  });
  print(json ? jsonLine(report) : `${escapeControls(textOf(report))}\n`);
}

function textOf({ collection, path, entries, records, created, seconds }: CreateIndexReport): string {
  const counts = `${formatCount(entries)} entries of ${formatCount(records)} records`;
  const what = created ? `added to ${collection}: ${counts}, in ${seconds} s` : `of ${collection} exists: ${counts}`;
  return `index ${keyPathText(path)} ${what}`;
}
