// store at rest: [catalog]
//
// What can be said of an index without reading it.

import { statSync } from 'node:fs';
import { ioError } from '../../base/system-errors.js';
import type { CatalogSlot } from '../types.js';
import { HEAD_KEY } from './journal/values.js';
import { type Root, writerOfLastFound } from './lmdb.js';

/** @throws GristmillError IO_ERROR */
export function bytesOf(file: string): number {
  try {
    return statSync(file).size;
  } catch (cause) {
    throw ioError(cause, 'look at', file);
  }
}

/**
 * The transaction whose state is read, where that can be told: it is not newer than the last one, and not older than the one
 * that wrote the page with the head of the journal, which all transactions change that change `meta`. Undefined also where
 * there is no journal yet.
 */
export function stateRead(root: Root): number | undefined {
  if (root.get(HEAD_KEY) === undefined) return undefined;
  const oldest = writerOfLastFound();
  const { lastTxnId } = root.env.info();
  return oldest === lastTxnId >>> 0 ? lastTxnId : undefined;
}

/** Who reads it, in all processes, as LMDB's table of readers says. Slots of processes that have ended are given back first. */
export function readersOf(root: Root): readonly CatalogSlot[] {
  root.readerCheck();
  // Lines of "pid thread transaction"; "-" for who sees none. A heading, or a sentence where there are no slots.
  const lines = root.readerList().matchAll(/^ *(\d+) +\S+ +(\d+|-)$/gm);
  return Array.from(lines, ([, pid, transaction]) => ({
    pid: Number(pid),
    transaction: transaction === '-' ? undefined : Number(transaction),
  }));
}
