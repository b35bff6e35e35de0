// store at rest: [catalog]
//
// Opens the index of a store, through the gate (gate.ts) and past the guard (guard.ts), and closes it the same
// way. Opening tries again where it met a process that closed without the gate: one that ended with the store open.

import { mkdirSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { GristmillError } from '../../base/errors.js';
import { ioError } from '../../base/system-errors.js';
import { CATALOG_FILE, decidedConversion, INDEX_DIRECTORY } from '../files/layout.js';
import { IndexSeal } from '../seal/index-seal.js';
import type { Sealed } from '../seal/types.js';
import { giveBackTurns } from './commits/turns.js';
import { Gate } from './gate.js';
import { checkDescriptors, checkRights, checkRoom, makeLockFile } from './guard.js';
import { Journal } from './journal/journal.js';
import { type Database, type OpenedEnvironment, openEnvironment, type Root } from './lmdb.js';
import { inodeOf } from './opening.js';

export type Bytes = Database<Buffer, Uint8Array>;

export interface LmdbCatalogOptions extends Sealed {
  /** Create what is missing. */
  readonly create: boolean;
  readonly readOnly: boolean;
  /** Whether `commit` is over before its last sync, which comes soon. */
  readonly syncsLater?: boolean;
  /** Whether an encrypted store is opened also if it does not have its digest: to repair it. */
  readonly anyState?: boolean;
}

export interface OpenIndex {
  readonly root: Root;
  readonly meta: Bytes;
  readonly pages: Bytes;
  /** Over `meta`; it is in `root`. */
  readonly journal: Journal;
  /** Of an encrypted store: its digest, and what seals its values. */
  readonly sealed?: { readonly state: Bytes; readonly seal: IndexSeal; readonly anyState: boolean } | undefined;
  /** Absent where nobody can write, so that there is nothing to be kept apart. */
  readonly gate: Gate | undefined;
  /** Of the catalog's file: another one by its name is another store. */
  readonly inode: number | undefined;
}

/** Concurrent readers over all processes: a slot each, 64 bytes; killed readers' slots are reclaimed at open. */
const READERS_MAX = 2048;
/** What LMDB makes of that: the slots but one, and its head with the first. */
const LOCK_BYTES = (READERS_MAX - 1) * 64 + 272;
const BINARY = { encoding: 'binary', keyEncoding: 'binary' } as const;
/** Tries to open it, and the longest pause between two. */
const TRIES_MAX = 100;
const PAUSE_MILLISECONDS_MAX = 4;

/** @throws GristmillError IO_ERROR, DISK_FULL, CHECKSUM_MISMATCH, STORE_CLOSED where the store is removed at this moment */
export async function openIndex(
  store: string,
  { create, readOnly, seal, anyState = false }: LmdbCatalogOptions,
): Promise<OpenIndex> {
  const file = join(store, CATALOG_FILE);
  try {
    // LMDB would make it 0755, and chmod-ing it later would leave a gap.
    if (create) mkdirSync(join(store, INDEX_DIRECTORY), { recursive: true, mode: 0o700 });
    const isLocked = checkRights(store, readOnly) === 'locked';
    checkRoom(store);
    const gate = isLocked ? await Gate.open(store) : undefined;
    try {
      for (let tries = 1; ; tries++) {
        // Opening databases waits for the write transaction.
        giveBackTurns();
        const { environment, inode } = through(gate, () => openFiles(store, readOnly, isLocked));
        try {
          const { state, ...opened } = databases(environment.root(), readOnly, gate, seal !== undefined);
          const sealed = seal && { state: state as Bytes, seal: new IndexSeal(seal), anyState };
          return { ...opened, journal: new Journal(file), inode, sealed };
        } catch (error) {
          closeThrough(gate, () => environment.close());
          if (tries === TRIES_MAX || !metClosing(error)) throw error;
          await setTimeout(Math.random() * PAUSE_MILLISECONDS_MAX);
        }
      }
    } catch (error) {
      gate?.close();
      throw error;
    }
  } catch (cause) {
    throw ioError(cause, 'open', file);
  }
}

function databases(
  root: Root,
  readOnly: boolean,
  gate: Gate | undefined,
  isSealed: boolean,
): Omit<OpenIndex, 'inode' | 'sealed' | 'journal'> & { readonly state: Bytes | undefined } {
  const open = () => ({
    meta: root.openDB<Buffer, Uint8Array>('meta', BINARY),
    pages: root.openDB<Buffer, Uint8Array>('pages', BINARY),
    state: isSealed ? root.openDB<Buffer, Uint8Array>('state', BINARY) : undefined,
  });
  const close = root.env.close.bind(root.env);
  // Its own method cannot be assigned to.
  Object.defineProperty(root.env, 'close', { value: () => closeThrough(gate, close) });
  if (readOnly || gate === undefined) return { root, gate, ...open() };
  let isEntered = false;
  try {
    // Where they are made, this is a commit like any other.
    const made = root.transactionSync(() => {
      const databases = open();
      gate.enter();
      isEntered = true;
      gate.assertInPlace();
      return databases;
    });
    return { root, gate, ...made };
  } finally {
    if (isEntered) gate.leave();
  }
}

function through<T>(gate: Gate | undefined, open: () => T): T {
  if (gate === undefined) return open();
  return gate.within(() => {
    gate.assertInPlace();
    return open();
  });
}

/** What is to be closed is closed also where the gate cannot be used. */
function closeThrough(gate: Gate | undefined, close: () => void): void {
  let isEntered = false;
  try {
    gate?.enter();
    isEntered = gate !== undefined;
  } catch {}
  try {
    close();
  } finally {
    if (isEntered) gate?.leave();
  }
}

/** How it shows that the mutexes in the lock file were destroyed by who closed last. */
function metClosing(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: string };
  return code === constants.errno.EINVAL || /transaction to renew|Invalid argument/.test(String(message));
}

/** Nobody opens the index before a conversion that is decided is in place (store/lock/conversion.ts). */
function assertNotConverted(store: string): void {
  const kind = decidedConversion(store);
  if (kind === undefined) return;
  const message = `another process has begun to ${kind} the store ${store}: open it again`;
  throw new GristmillError('STORE_CLOSED', message, { file: store });
}

/**
 * Makes an index in a directory that no other process knows of, so that it needs no gate. What is written to it is not synced.
 * @param isSealed whether it is an encrypted store's, and has a digest
 * @throws GristmillError IO_ERROR, DISK_FULL
 */
export function openUnshared(
  store: string,
  isSealed: boolean,
): Pick<OpenIndex, 'root' | 'meta' | 'pages'> & { readonly state: Bytes | undefined } {
  const { environment } = openFiles(store, false, true, false);
  try {
    return databases(environment.root(), false, undefined, isSealed);
  } catch (error) {
    environment.close();
    throw error;
  }
}

function openFiles(
  store: string,
  readOnly: boolean,
  isLocked: boolean,
  isSynced = true,
): { readonly environment: OpenedEnvironment; readonly inode: number | undefined } {
  assertNotConverted(store);
  if (isLocked) makeLockFile(store, LOCK_BYTES);
  checkDescriptors(join(store, CATALOG_FILE));
  const environment = openEnvironment({
    path: join(store, INDEX_DIRECTORY),
    noSubdir: false,
    readOnly,
    ...BINARY,
    maxDbs: 8,
    maxReaders: READERS_MAX,
    // A commit must not be visible to anyone before it is durable.
    overlappingSync: false,
    noSync: !isSynced,
    permissionsMode: 0o600,
  });
  // Before the gate is left: later it may be another store's.
  return { environment, inode: inodeOf(join(store, CATALOG_FILE)) };
}
