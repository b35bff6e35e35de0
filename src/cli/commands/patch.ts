// gristmill patch: changes members of one record.

import { type Command, InvalidArgumentError } from 'commander';
import { GristmillError } from '../../base/errors.js';
import { type CommonOptions, readKey, withCommonOptions } from '../shared/arguments.js';
import { openStore } from '../shared/open.js';
import { type ReasonFlags, withReason } from '../shared/reason.js';
import { readRecords } from '../shared/records.js';
import { type StoreFlags, withStoreFlags } from '../shared/store-flags.js';
import { reportMiss } from '../terminal/diagnostics.js';
import { Exit } from '../terminal/exit.js';
import { print } from '../terminal/streams.js';
import { missText } from './get.js';

interface PatchFlags extends CommonOptions, StoreFlags, ReasonFlags {
  readonly collection: string;
  readonly file?: string;
  readonly string?: boolean;
}

const HELP = `
Examples:
  gristmill patch 42 '{"name":"Ada","nickname":null}' --store ./store
  jq -c .changes answer.json | gristmill patch 42 --file - --store ./store

The patch is a JSON Merge Patch (RFC 7396): null removes a member, an object is merged, anything else replaces the member.
Members that the patch does not name keep their spelling. patch reads the key as get does (see: gristmill get --help).
If the key has no record, the exit code is 1.`;

/** Adds the command to the program. */
export function addPatch(program: Command): void {
  const command = program
    .command('patch')
    .description('change members of a record with a JSON Merge Patch')
    .argument('<key>', 'key of the record')
    .argument('[json]', 'the patch, as JSON (default: from --file)')
    .option('--collection <name>', 'collection to change', 'records')
    .option('--file <path>', 'read the patch from this file; -: from stdin')
    .option('--string', 'read the key as a string, also 42 or true')
    .addHelpText('after', HELP)
    .action(runPatch);
  withStoreFlags(withReason(withCommonOptions(command, 'print the count, or the error, as one JSON object')), [
    'schemaVersion',
  ]);
}

async function runPatch(word: string, json: string | undefined, flags: PatchFlags): Promise<void> {
  const { collection: name, string: asString = false } = flags;
  const key = readKey(word, asString);
  const patch = await patchIn(json, flags.file);
  const store = await openStore(flags, { create: false });
  try {
    const was = await store.collection(name).patchText(key, patch, { why: flags.why });
    if (!was) {
      process.exitCode = Exit.notFound;
      reportMiss(word, missText(word, asString, flags), flags.json === true);
    }
    const patched = was ? 1 : 0;
    print(`${flags.json ? JSON.stringify({ collection: name, patched }) : `${patched} patched in ${name}`}\n`);
  } finally {
    await store.close();
  }
}

/** The patch: the argument, or the one value of a file. */
async function patchIn(json: string | undefined, file: string | undefined): Promise<string> {
  if (json !== undefined && file === undefined) return json;
  if (json !== undefined || file === undefined) {
    throw new InvalidArgumentError('give the patch either as an argument or with --file');
  }
  const texts = await readRecords(file);
  const [text] = texts;
  if (text !== undefined && texts.length === 1) return text;
  throw new GristmillError('BAD_RECORD', `${file} has ${texts.length} JSON values, but a patch is one`, { file });
}
