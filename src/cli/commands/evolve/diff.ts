// gristmill evolve diff: proposes the migration from one set of records to another, or from one JSON Schema to another.

import { open, stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { GristmillError } from '../../../base/errors.js';
import { DEFAULT_COLLECTION } from '../../../base/names.js';
import type { Proposal } from '../../../index.js';
import { type CommonOptions, readCount, withCommonOptions } from '../../shared/arguments.js';
import { badRecordFlag, withSourceFlags } from '../../shared/import-flags.js';
import { readText } from '../../shared/records.js';
import { READING_FLAGS, type StoreFlags, withStoreFlags } from '../../shared/store-flags.js';
import { note } from '../../terminal/diagnostics.js';
import { jsonLine } from '../../terminal/escape.js';
import { fileOutput, standardOutput } from '../../terminal/output.js';
import { type SideFlags, sideOf } from '../schema/side.js';
import { writeTo } from '../schema/write.js';

interface DiffFlags extends CommonOptions, StoreFlags, SideFlags {
  readonly from?: number;
  readonly out?: string;
}

const HELP = `
Examples:
  gristmill evolve diff ./store::users users-new.json --out users-1.json
  gristmill evolve diff old.schema.json new.schema.json --collection users

Each side is a source as import takes it, a store (./store is its collection "records", ./store::users another one), or a file
that gristmill schema --as profile has written. Or both are JSON Schemas: files that begin with "$schema", or whose names end in
.schema.json.

A renamed member becomes an operation if the values show it. All else becomes a question. Put the answers into "ops" and remove
"questions": until then, plan and apply refuse the file.`;

/** Adds the command to `gristmill evolve`. */
export function addDiff(evolve: Command): void {
  const command = evolve
    .command('diff')
    .description('propose the migration between two sets of records, or two JSON Schemas')
    .argument('<before>', 'a source, a store, a profile, or a JSON Schema')
    .argument('<after>', 'the same')
    .option('--collection <name>', 'collection of the migration (default: that of the store, else "records")')
    .option('--from <version>', 'version of the older records (default: that of the store, else 0)', readCount)
    .option('--out <file>', 'write to a file instead of stdout')
    .addOption(badRecordFlag())
    .option('--quiet', 'print no progress')
    .addHelpText('after', HELP)
    .action(runDiff);
  withSourceFlags(command);
  withStoreFlags(withCommonOptions(command, 'print migration and evidence as one JSON object'), READING_FLAGS);
}

async function runDiff(before: string, after: string, flags: DiffFlags): Promise<void> {
  const { migration, evidence } = await proposalOf(before, after, flags);
  const { ops, questions = [] } = migration;
  if (ops.length === 0 && questions.length === 0 && !flags.json) {
    note('no migration is needed: no member is renamed, gone or changed');
    return;
  }
  const text = flags.json ? jsonLine({ migration, evidence }) : `${JSON.stringify(migration, undefined, 2)}\n`;
  const { out } = flags;
  await writeTo(out === undefined ? standardOutput() : await fileOutput(out, flags.trustShared === true), text);
  if (out !== undefined) note(`wrote ${out}`);
  if (questions.length > 0)
    note(`open questions: ${questions.length}; put the answers into "ops" and remove "questions"`);
}

async function proposalOf(before: string, after: string, flags: DiffFlags): Promise<Proposal> {
  const areSchemas = [await isJsonSchema(before), await isJsonSchema(after)];
  if (areSchemas.every(Boolean)) {
    const { diffOfSchemas } = await import('../../../evolve/diff/schema-profile.js');
    const { collection = DEFAULT_COLLECTION, from = 0 } = flags;
    return diffOfSchemas(await jsonIn(before), await jsonIn(after), collection, from);
  }
  if (areSchemas.some(Boolean)) {
    const [schema, other] = areSchemas[0] ? [before, after] : [after, before];
    throw new TypeError(
      `${schema} is a JSON Schema, and ${other} is not: give two of them (gristmill schema ${other} --as json-schema makes one)`,
    );
  }
  const [left, right] = [await sideOf(before, flags), await sideOf(after, flags)];
  const collection = flags.collection ?? left.stored?.collection ?? DEFAULT_COLLECTION;
  return left.schema.migrationTo(right.schema, collection, flags.from ?? left.stored?.version ?? 0);
}

const SCHEMA_NAME = /\.schema\.json$/;
const SCHEMA_HEAD = /^\s*\{\s*"\$schema"\s*:/;
const HEAD_BYTES = 1024;

async function isJsonSchema(path: string): Promise<boolean> {
  // Opening a pipe would take its bytes.
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) return false;
  if (SCHEMA_NAME.test(path)) return true;
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return SCHEMA_HEAD.test(buffer.toString('latin1', 0, bytesRead));
  } finally {
    await file.close();
  }
}

async function jsonIn(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readText(file));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new GristmillError('SOURCE_NOT_JSON', `${file} is not JSON: ${cause.message}`, { file, cause });
  }
}
