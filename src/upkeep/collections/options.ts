// Options of what changes a collection as a whole, and what it reports.

import { REASON } from '../../options/audit.js';
import { type OptionTable, resolveOptions } from '../../options/check.js';
import { either, LONG_WORK, WAITING, type WaitingOptions } from '../../options/shared.js';

/** Options of `store.drop`, `store.rename` and `store.clear`; all optional. An unknown name is a TypeError. */
export type CollectionChangeOptions = WaitingOptions;

/** The result of `store.drop` and `store.clear`. */
export interface RemovedReport {
  /** The name of the collection. */
  readonly collection: string;
  /** Live records that the collection had. */
  readonly records: number;
  /** Bytes of its shards. They are free when no process reads them any more. */
  readonly bytes: number;
}

const CHANGE_OPTIONS = { ...WAITING, ...LONG_WORK, ...REASON } as const satisfies OptionTable;

/** @param closing cancels as the option `signal` does. @throws TypeError */
export function resolveChangeOptions(
  method: string,
  given: CollectionChangeOptions | undefined,
  closing?: AbortSignal,
) {
  const options = resolveOptions(method, CHANGE_OPTIONS, given);
  return { ...options, signal: either(options.signal, closing) };
}
