// gristmill evolve: the versions of the records of a collection; to plan a migration, to apply it, to undo it.

import type { Command } from 'commander';
import { addApply } from './apply.js';
import { addCheck } from './check.js';
import { addDiff } from './diff.js';
import { addFinalize } from './finalize.js';
import { addStatus } from './status.js';
import { addTest } from './test.js';
import { addUndo } from './undo.js';

const HELP = `
Examples:
  gristmill evolve diff ./store::users users-new.json --out users-1.json
  gristmill evolve check users-1.json --store ./store --mode full
  gristmill evolve test users-1.json --store ./store --out users.test.ts
  gristmill evolve plan users-1.json --store ./store
  gristmill evolve apply users-1.json --store ./store --why "mail is now email"
  gristmill evolve status --store ./store --collection users
  gristmill evolve undo --to 0 --store ./store --collection users
  gristmill evolve finalize --store ./store --collection users
  gristmill compact --migrate --store ./store

A migration file is JSON:
  {"collection":"users","from":0,"to":1,"ops":[{"op":"rename","path":"mail","to":"email"}]}

apply writes no record. From then on all processes read the records in the new version, and index values are of the new
version. If the migration cannot change a record, nothing is changed: plan shows all such records. Until finalize, undo
returns to an older version. compact --migrate writes the records in the version of the collection.`;

/** Adds the command to the program. */
export function addEvolve(program: Command): void {
  const command = program
    .command('evolve')
    .description('change the version of the records of a collection')
    .addHelpText('after', HELP);
  for (const add of [addDiff, addCheck, addTest, addApply, addStatus, addUndo, addFinalize]) add(command);
}
