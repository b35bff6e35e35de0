// gristmill drop and gristmill clear: remove a collection, or all of its records.

import type { Command } from 'commander';
import { type CommonOptions, withCommonOptions } from '../../shared/arguments.js';
import { confirmed } from '../../shared/confirm.js';
import { interruptible } from '../../shared/interrupt.js';
import { openStore } from '../../shared/open.js';
import { type ReasonFlags, withReason } from '../../shared/reason.js';
import { type StoreFlags, withStoreFlags } from '../../shared/store-flags.js';
import { escapeControls, jsonLine } from '../../terminal/escape.js';
import { Exit } from '../../terminal/exit.js';
import { print } from '../../terminal/streams.js';
import { formatBytes, formatCount } from '../../terminal/table.js';
import { tellWait } from '../import.js';

interface RemoveFlags extends CommonOptions, StoreFlags, ReasonFlags {
  readonly yes?: boolean;
  readonly wait: boolean;
}

type Method = 'drop' | 'clear';

const DONE = { drop: 'dropped', clear: 'cleared' } as const;

const DROP_HELP = `
Examples:
  gristmill drop events --store ./store
  gristmill drop events --store ./store --yes

drop removes the records, the indexes, the rejected records in quarantine, and the notes about the sources. On a terminal
it asks first. Running reads continue. The disk space becomes free when no process reads the collection any more.`;

const CLEAR_HELP = `
Examples:
  gristmill clear events --store ./store
  gristmill clear events --store ./store --yes

clear removes all records. The collection stays, with its key and its indexes. On a terminal it asks first.`;

/** Adds the command to the program. */
export function addDropCollection(program: Command): void {
  add(program, 'drop', 'remove a collection', DROP_HELP);
}

/** Adds the command to the program. */
export function addClear(program: Command): void {
  add(program, 'clear', 'remove all records of a collection; its key and indexes stay', CLEAR_HELP);
}

function add(program: Command, method: Method, description: string, help: string): void {
  const command = program
    .command(method)
    .description(description)
    .argument('<collection>', 'name of the collection')
    .option('--yes', 'do not ask')
    .option('--no-wait', 'do not wait while another process writes to the store: fail with STORE_BUSY')
    .addHelpText('after', help)
    .action((name: string, flags: RemoveFlags) => run(method, name, flags));
  withStoreFlags(withReason(withCommonOptions(command, 'print the report, or the error, as one JSON object')));
}

async function run(method: Method, name: string, flags: RemoveFlags): Promise<void> {
  const { yes, wait, why, json } = flags;
  const report = await interruptible(async (signal) => {
    const store = await openStore(flags, { create: false });
    try {
      const count = formatCount(store.collection(name).count());
      if (!(await confirmed(`${method} collection ${name} with ${count} records?`, yes))) return undefined;
      return await store[method](name, { wait, why, signal, onWait: tellWait });
    } finally {
      await store.close();
    }
  });
  if (report === undefined) {
    process.exitCode = Exit.cancelled;
    return;
  }
  const { records, bytes } = report;
  const text = `${name} ${DONE[method]}: ${formatCount(records)} records, ${formatBytes(bytes)} of shards`;
  print(json ? jsonLine(report) : `${escapeControls(text)}\n`);
}
