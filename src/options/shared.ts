// Options that several methods have: what they share is one row here.

import { availableParallelism } from 'node:os';
import { SHAPES_MAX, WORKERS_MAX } from '../base/limits.js';
import { hook, type OptionTable } from './check.js';

/** Of work that can be cancelled. */
export const LONG_WORK = {
  signal: { type: 'signal', default: undefined, meaning: 'signal that cancels: the method rejects with CANCELLED' },
} as const satisfies OptionTable;

/** Of what reads or writes records as another version of their collection has them. */
export const VERSION = {
  schemaVersion: {
    ...{ type: 'integer', default: undefined, min: 0, max: SHAPES_MAX },
    meaning: 'version of the collection in which records are read and written; unset: the newest',
  },
} as const satisfies OptionTable;

/** Of what opens a store. */
export const TRUST = {
  trustOwner: {
    ...{ type: 'integer', default: undefined, min: 0, max: 2 ** 32 - 1 },
    meaning: 'id of a user whose stores are trusted, in addition to your own and those of root',
  },
  trustShared: {
    ...{ type: 'boolean', default: false },
    meaning:
      'allow changes to a store that its group can write to, or that is behind a symbolic link, and backups and exports to a directory that its group can write to; reading such a store needs no option',
  },
} as const satisfies OptionTable;

/** What a writer may be doing. */
export type WriterOperation =
  | ('import' | 'compact' | 'repair' | 'sweep' | 'index' | 'evolve')
  | ('drop' | 'rename' | 'clear' | 'convert' | 'schema');

export const OPERATIONS = [
  'import',
  'compact',
  'repair',
  'sweep',
  'index',
  'evolve',
  'drop',
  'rename',
  'clear',
  'convert',
  'schema',
] as const satisfies WriterOperation[];

/** A writer that changes a store for longer than a transaction. */
export interface Writer {
  /** What it does. */
  readonly operation: WriterOperation;
  /** The collection that it changes, if it changes only one. */
  readonly collection?: string;
  /** The name of the machine that the writer runs on. */
  readonly host: string;
  /** The id of its process. */
  readonly pid: number;
  /** The time when it began (ISO 8601). */
  readonly since: string;
}

/** Options of work that takes its turn among writers; all optional. */
export interface WaitingOptions {
  /** Whether to wait while another writer holds the store. With false it fails at once with STORE_BUSY. Default true. */
  readonly wait?: boolean | undefined;
  /** Called once for each other writer that the method has to wait for. Default: nobody is called. */
  readonly onWait?: ((writer: Writer) => void) | undefined;
  /** Cancels the wait, and the work after it: it rejects with CANCELLED. Default: it cannot be cancelled. */
  readonly signal?: AbortSignal | undefined;
  /** The reason of the work, for the audit log: at most 1,000 characters. Default: none. */
  readonly why?: string | undefined;
}

/** Of work that takes its turn among writers. */
export const WAITING = {
  wait: {
    type: 'boolean',
    default: true,
    meaning: 'wait while another writer holds the store; false: fail with STORE_BUSY',
  },
  onWait: hook<(writer: Writer) => void>('called when another writer holds the store and the call waits for it'),
} as const satisfies OptionTable;

/** Of work that has threads. */
export const THREADS = {
  workers: {
    ...{ type: 'integer', default: Math.min(availableParallelism(), WORKERS_MAX), min: 1, max: WORKERS_MAX },
    meaning: 'number of worker threads; unset: the processors this process may use',
  },
} as const satisfies OptionTable;

/** Cancels when the caller does, or the store is closed. */
export function either(given: AbortSignal | undefined, closing: AbortSignal | undefined): AbortSignal | undefined {
  return given !== undefined && closing !== undefined ? AbortSignal.any([given, closing]) : (given ?? closing);
}
