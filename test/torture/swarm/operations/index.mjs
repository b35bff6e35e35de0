// What the roles do, and how often. A new operation: a file here with an object { name, run(worker, random) }, and its weight.

import { bank } from './bank.mjs';
import { deleteOne, patchOne, putMany, putOne } from './changes.mjs';
import { command } from './commands.mjs';
import { cursors } from './cursors.mjs';
import { edit, synchronise } from './edits.mjs';
import { importOwned, importPublished } from './imports.mjs';
import { leave, reopen } from './openings.mjs';
import { counters, lookups, pages, snapshot, warm } from './reads.mjs';
import { importResumed } from './resumed.mjs';
import { backup, compact, refusedRepair, verify } from './upkeep.mjs';
import { watch } from './watching.mjs';

/** @typedef {import('../worker-state.mjs').SwarmOperation} SwarmOperation */

/** @type {readonly (readonly [SwarmOperation, number])[]} */
const READS = [
  ...[/** @type {const} */ ([snapshot, 2]), /** @type {const} */ ([lookups, 4]), /** @type {const} */ ([counters, 6])],
  ...[/** @type {const} */ ([cursors, 8]), /** @type {const} */ ([pages, 2])],
  ...[/** @type {const} */ ([warm, 1]), /** @type {const} */ ([reopen, 0.3])],
];
/** @type {readonly (readonly [SwarmOperation, number])[]} */
const CHANGES = [
  ...[/** @type {const} */ ([bank, 16]), /** @type {const} */ ([putOne, 4]), /** @type {const} */ ([patchOne, 3])],
  ...[
    /** @type {const} */ ([deleteOne, 2]),
    /** @type {const} */ ([putMany, 1]),
    /** @type {const} */ ([reopen, 0.2]),
    /** @type {const} */ ([leave, 0.05]),
  ],
];

/** @type {Readonly<Record<import('../types.js').Role, readonly (readonly [SwarmOperation, number])[]>>} */
const ROLES = {
  writer: [...CHANGES, [importOwned, 0.3], [compact, 0.2], ...READS.slice(0, 3)],
  filler: [[putMany, 20], ...CHANGES, ...READS.slice(0, 3)],
  importer: [[importPublished, 10], [importOwned, 4], [importResumed, 2], [compact, 1], ...CHANGES.slice(0, 2)],
  editor: [
    [edit, 20],
    [synchronise, 8],
    [compact, 0.5],
    [cursors, 2],
    [bank, 3],
    [reopen, 0.2],
    [leave, 0.05],
  ],
  reader: [...READS, [verify, 0.2], [backup, 0.2]],
  commander: [[command, 10], ...CHANGES.slice(0, 2)],
  keeper: [[compact, 6], [backup, 2], [verify, 2], [refusedRepair, 1], ...CHANGES, ...READS.slice(0, 2)],
  watcher: [[watch, 5], ...CHANGES.slice(0, 3), ...READS.slice(1, 3)],
};

/** @param {import('../types.js').Role} role */
export const operationsOf = (role) => ROLES[role];
