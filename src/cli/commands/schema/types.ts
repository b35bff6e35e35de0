// gristmill types: one TypeScript file with the types of all collections.

import type { Command } from 'commander';
import { type CommonOptions, withCommonOptions } from '../../shared/arguments.js';
import { interruptible } from '../../shared/interrupt.js';
import { openStore } from '../../shared/open.js';
import { READING_FLAGS, type StoreFlags, withStoreFlags } from '../../shared/store-flags.js';
import { note } from '../../terminal/diagnostics.js';
import { fileOutput, standardOutput } from '../../terminal/output.js';
import { progressView } from '../../terminal/progress.js';
import { writeTo } from './write.js';

interface TypesFlags extends CommonOptions, StoreFlags {
  readonly out?: string;
  readonly quiet?: boolean;
}

const HELP = `
Example:
  gristmill types --store ./store --out db.d.ts

The file has the type of a record of each collection, and the interface Collections with all of them:
  const users = store.collection<Collections['users']>('users');`;

/** Adds the command to the program. */
export function addTypes(program: Command): void {
  const command = program
    .command('types')
    .description('write the TypeScript types of all collections')
    .option('--out <file>', 'write to a file instead of stdout')
    .option('--quiet', 'print no progress')
    .addHelpText('after', HELP)
    .action(runTypes);
  withStoreFlags(withCommonOptions(command, 'print errors as JSON objects'), READING_FLAGS);
}

async function runTypes(flags: TypesFlags): Promise<void> {
  const view = await progressView(flags.quiet === true || flags.json === true);
  await interruptible(async (signal) => {
    const { schemaTypes } = await import('../../../index.js');
    const store = await openStore(flags, { readOnly: true });
    try {
      const collections = [];
      for (const name of store.collections())
        collections.push({ name, schema: await store.collection(name).schema({ onProgress: view.show, signal }) });
      const text = await schemaTypes(collections);
      const { out } = flags;
      await writeTo(out === undefined ? standardOutput() : await fileOutput(out, store.options.trustShared), text);
      if (out !== undefined) note(`wrote ${out}`);
    } finally {
      view.stop();
      await store.close();
    }
  });
}
