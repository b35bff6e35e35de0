// gristmill patch: changes members of one record.

import type { Command } from 'commander';
import { type CommonOptions, readKey, withCommonOptions } from '../shared/arguments.js';
import { openStore } from '../shared/open.js';
import { type StoreFlags, withStoreFlags } from '../shared/store-flags.js';
import { reportMiss } from '../terminal/diagnostics.js';
import { print } from '../terminal/escape.js';
import { Exit } from '../terminal/exit.js';
import { missText } from './get.js';

interface PatchFlags extends CommonOptions, StoreFlags {
  readonly collection: string;
  readonly string?: boolean;
}

const HELP = `
Examples:
  gristmill patch 42 '{"name":"Ada","nickname":null}' --store ./store

The patch is a JSON Merge Patch (RFC 7396): null removes a member, objects are merged, anything else replaces. What it does
not name stays as spelled. The key is read as by get; where it has no record, the exit code is 1.`;

/** Adds the command to the program. */
export function addPatch(program: Command): void {
  const command = program
    .command('patch')
    .description('change members of a record by a JSON Merge Patch')
    .argument('<key>', 'key of the record')
    .argument('<json>', 'the patch')
    .option('--collection <name>', 'collection to change', 'records')
    .option('--string', 'the key is a string, whatever it looks like')
    .addHelpText('after', HELP)
    .action(runPatch);
  withStoreFlags(withCommonOptions(command, 'print the count, or the error, as one JSON object'));
}

async function runPatch(word: string, patch: string, flags: PatchFlags): Promise<void> {
  const { collection: name, json, string: asString = false } = flags;
  const key = readKey(word, asString);
  const store = await openStore(flags, { create: false });
  try {
    const was = await store.collection(name).patchText(key, patch);
    if (!was) {
      process.exitCode = Exit.notFound;
      reportMiss(word, missText(word, asString, flags), json === true);
    }
    const patched = was ? 1 : 0;
    print(`${json ? JSON.stringify({ collection: name, patched }) : `${patched} patched in ${name}`}\n`);
  } finally {
    await store.close();
  }
}
