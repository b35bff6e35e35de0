// gristmill index drop: removes a secondary index.

import type { Command } from 'commander';
import { DEFAULT_COLLECTION } from '../../../base/names.js';
import { keyPathText, readKeyPath } from '../../../keys/key-path.js';
import { type CommonOptions, withCommonOptions } from '../../shared/arguments.js';
import { interruptible } from '../../shared/interrupt.js';
import { openStore } from '../../shared/open.js';
import { type ReasonFlags, withReason } from '../../shared/reason.js';
import { type StoreFlags, withStoreFlags } from '../../shared/store-flags.js';
import { escapeControls, jsonLine } from '../../terminal/escape.js';
import { print } from '../../terminal/streams.js';
import { tellWait } from '../import.js';

interface DropFlags extends CommonOptions, StoreFlags, ReasonFlags {
  readonly collection: string;
  readonly wait: boolean;
}

/** Adds the command to `gristmill index`. */
export function addDrop(index: Command): void {
  const command = index
    .command('drop')
    .description('remove an index; the records stay')
    .argument('<path>', 'path of the index, or a JSON array of the paths of a composite one')
    .option('--collection <name>', 'collection that has the index', DEFAULT_COLLECTION)
    .option('--no-wait', 'do not wait while another process writes to the store: fail with STORE_BUSY')
    .action(runDrop);
  withStoreFlags(withReason(withCommonOptions(command, 'print what was dropped, or the error, as one JSON object')));
}

async function runDrop(word: string, flags: DropFlags): Promise<void> {
  const { collection, wait, why, json } = flags;
  const path = readKeyPath(word);
  await interruptible(async (signal) => {
    const store = await openStore(flags, { create: false });
    try {
      await store.dropIndex(collection, path, { wait, why, signal, onWait: tellWait });
    } finally {
      await store.close();
    }
  });
  const text = escapeControls(`index ${keyPathText(path)} dropped from ${collection}`);
  print(json ? jsonLine({ collection, dropped: path }) : `${text}\n`);
}
