// store at rest: [catalog]
//
// The only file that imports LMDB, with what its types do not tell. Opening an environment and opening its databases are
// two steps here: no commit may happen during the first (gate.ts), and the second may wait for one.

import { createRequire } from 'node:module';
import type { RootDatabase, RootDatabaseOptionsWithPath } from 'lmdb';

export type { Database, Transaction } from 'lmdb';

/** An environment as the native code has it. */
export interface NativeEnvironment {
  /** @throws Error with LMDB's or the system's number as `code` */
  open(options: object, flags: number, jsFlags: number): void;
  /** Begins a write transaction. Says nothing when it cannot: `getWriteTxnId` is 0 then. */
  beginTxn(flags: number): void;
  getWriteTxnId(): number;
  abortTxn(): void;
  info(): { readonly mapSize: number; readonly lastTxnId: number; readonly lastPageNumber: number };
  /** Makes durable what was committed. @param synced is called when it is, or with the error */
  sync(synced: (error: unknown) => void): void;
  close(): void;
}

/**
 * Flags of a write transaction: of `transactionSync` as it is without flags (can be undone, durable), and one whose commit
 * does not sync LMDB's head. The pages that the head names are synced before it is written, so the index is whole whatever
 * becomes of the head (MDB_NOMETASYNC in lmdb.h).
 */
export const DURABLE = 3;
export const SYNCED_LATER = DURABLE | 0x4_0000;

export type Root = RootDatabase<Buffer, Uint8Array> & { readonly env: NativeEnvironment };

/** An environment that is open, and nothing in it yet. */
export interface OpenedEnvironment {
  /** Opens the root database. @throws Error where the environment cannot be used; close it then. */
  root(): Root;
  /** For an environment whose root could not be opened. */
  close(): void;
}

// Its CommonJS form is one file and loads faster than its many modules.
const { openAsClass, nativeAddon } = createRequire(import.meta.url)('lmdb') as {
  openAsClass(options: object): RootClass;
  readonly nativeAddon: {
    readonly Env: new () => NativeEnvironment;
    /** There from the first `open` on: of the form of lmdb-js that was first, which all of this thread goes through. */
    getLastTxnId(): number;
  };
};

interface RootClass {
  new (name: null, options: object): Root;
  readonly prototype: { close(this: object): Promise<void> };
}

export const { Env: Environment } = nativeAddon;

/**
 * The transaction that wrote the page on which the last `get` of this thread found its value: the lower 32 bits of its number.
 * (`mdb_get_with_txn` gives `mp_txnid`.) The state that was read is of that transaction or a later one.
 */
export function writerOfLastFound(): number {
  return nativeAddon.getLastTxnId();
}

/**
 * A database whose ranges give only the last bytes of each value: to copy all of it would take longer than the rest.
 * (lmdb-js gives its decoder the memory that it has read a value into.)
 */
export function tailsOf<Database extends object>(database: Database, bytes: number): Database {
  const decode = (value: Buffer, length: number): Buffer =>
    Buffer.from(value.subarray(Math.max(0, length - bytes), length));
  return Object.create(database, { decoder: { value: { decode } }, decoderCopies: { value: true } }) as Database;
}

/** @param options as of `open`, and the mode of new files @throws Error with LMDB's or the system's number as `code` */
export function openEnvironment(
  options: RootDatabaseOptionsWithPath & { readonly permissionsMode: number },
): OpenedEnvironment {
  // A copy: it is written to.
  const Class = openAsClass({ ...options });
  return {
    root: () => new Class(null, { ...options, isRoot: true }),
    close: () => void Class.prototype.close.call({ isRoot: true }),
  };
}
