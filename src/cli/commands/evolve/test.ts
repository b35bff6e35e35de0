// gristmill evolve test: writes a test of migrations, with records of the collection.

import type { Command } from 'commander';
import { GristmillError } from '../../../base/errors.js';
import { type Collection, checkMigration, type Migration } from '../../../index.js';
import { type CommonOptions, withCommonOptions } from '../../shared/arguments.js';
import { openStore } from '../../shared/open.js';
import { READING_FLAGS, type StoreFlags, withStoreFlags } from '../../shared/store-flags.js';
import { note } from '../../terminal/diagnostics.js';
import { jsonLine } from '../../terminal/escape.js';
import { fileOutput } from '../../terminal/output.js';
import { print } from '../../terminal/streams.js';
import { writeTo } from '../schema/write.js';
import { migrationIn } from './shared.js';

interface TestFlags extends CommonOptions, StoreFlags {
  readonly collection?: string;
  readonly out: string;
}

/** Records in the test, and records that are looked at for them. */
const SHAPES_MAX = 20;
const RECORDS_MAX = 100_000;

const HELP = `
Example:
  gristmill evolve test users-1.json --store ./store --out users.test.ts

The first migration begins with the version that the collection has; each further one follows the one before it. The file has
records of the collection in it, as they are, also of an encrypted store: of the first 100,000 one of each shape, at most 20. It
says what the migrations make of each, and holds them to what is true of every migration. It is JavaScript, and runs with
node --test. Read it: if a record should become another one, correct it there.`;

/** Adds the command to `gristmill evolve`. */
export function addTest(evolve: Command): void {
  const command = evolve
    .command('test')
    .description('write a test of migrations, with records of the collection')
    .argument('<file...>', 'migration files, in the order of their versions')
    .option('--collection <name>', 'collection with the records (default: the one that the first file names)')
    .requiredOption('--out <file>', 'file to write')
    .addHelpText('after', HELP)
    .action(runTest);
  withStoreFlags(
    withCommonOptions(command, 'print how many records the test has, or the error, as one JSON object'),
    READING_FLAGS,
  );
}

async function runTest(files: readonly string[], flags: TestFlags): Promise<void> {
  const { out, json } = flags;
  const given = await Promise.all(files.map((file) => migrationIn(file, flags.collection)));
  const migrations = given.map((migration) => checkMigration(migration));
  const { collection, from } = migrations[0] as Migration;
  const { testFileOf } = await import('../../../evolve/testing/test-file.js');
  const { recordsOfShapes } = await import('../../../evolve/testing/shapes.js');
  const store = await openStore(flags, { readOnly: true });
  try {
    const { version } = await store.evolution(collection);
    if (from !== version) {
      const message = `the first migration is for version ${from} of collection ${collection}, which has version ${version}; nothing was written`;
      throw new GristmillError('VERSION_MISMATCH', message);
    }
    const records = await recordsOfShapes(firstTexts(store.collection(collection)), SHAPES_MAX);
    const text = testFileOf(migrations, records);
    await writeTo(await fileOutput(out, store.options.trustShared), text);
    if (json) print(jsonLine({ collection, records: records.length }));
    else note(`wrote ${out}: ${records.length} ${records.length === 1 ? 'record' : 'records'}`);
  } finally {
    await store.close();
  }
}

async function* firstTexts(collection: Collection): AsyncGenerator<string> {
  let left = RECORDS_MAX;
  for await (const { text } of collection.scanText()) {
    if (left-- === 0) return;
    yield text;
  }
}
