// store at rest: [catalog]
//
// Who reads an index, in all processes, as LMDB's table of readers says.

import type { CatalogSlot } from '../types.js';
import type { Root } from './lmdb.js';

/** Slots of processes that have ended are given back first. */
export function readersOf(root: Root): readonly CatalogSlot[] {
  root.readerCheck();
  // Lines of "pid thread transaction"; "-" for who sees none. A heading, or a sentence where there are no slots.
  const lines = root.readerList().matchAll(/^ *(\d+) +\S+ +(\d+|-)$/gm);
  return Array.from(lines, ([, pid, transaction]) => ({
    pid: Number(pid),
    transaction: transaction === '-' ? undefined : Number(transaction),
  }));
}
