// [evolve]: what a store cannot apply: calls of functions.

import { GristmillError } from '../../base/errors.js';
import type { Migration } from '../../evolve/types.js';

/** A store has no functions: who reads it later would need them. @throws GristmillError MIGRATION_REFUSED */
export function refuseCalls(ops: Migration['ops']): void {
  for (const operation of ops) {
    if (operation.op === 'each') refuseCalls(operation.ops);
    if (operation.op !== 'call') continue;
    const message = `the migration calls the function "${operation.name}", and a store cannot keep functions; nothing was changed: use the other operations`;
    throw new GristmillError('MIGRATION_REFUSED', message);
  }
}
