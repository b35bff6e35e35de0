// store at rest: [catalog]
//
// A gate beside the index, through which goes who opens or closes it, and each commit. LMDB needs it: every process that
// opens an environment sets the number of the last transaction, which all share, to what it read from the file a moment
// before. A commit in between would be forgotten, and the next one overwrite it. And the last process that closes an environment
// destroys the mutexes in the lock file while another may be waiting to open it (docs/reliability.md).
//
// The gate is a second, empty environment whose write transaction is begun and never committed. So it has nothing to lose
// itself, takes a microsecond, and is free again when its holder is killed. Always entered last, and left before anything
// is waited for: a writer has the write transaction of the index already.

import { randomUUID } from 'node:crypto';
import { linkSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { GristmillError } from '../../base/errors.js';
import { ioError, quietly } from '../../base/system-errors.js';
import { syncDirectory, syncFile } from '../files/io.js';
import { GATE_FILE, GATE_LOCK_SUFFIX } from '../files/layout.js';
import { beginsAsIndex, checkDescriptors, checkIndexFile } from './guard.js';
import { Environment, type NativeEnvironment } from './lmdb.js';
import { inodeOf, removedError, whileInPlace } from './opening.js';

/** LMDB's numbers: the path is a file, not a directory; nothing is synced, for nothing is written. */
const NO_SUBDIRECTORY = 0x4000;
const NO_SYNC = 0x10000;
const ABORTABLE = 1;
/** Nothing is read or written by way of it, but LMDB wants one. */
const KEY_BYTES = Buffer.alloc(64);
const OPTIONS = { maxDbs: 1, maxReaders: 1, mapSize: 0x20000, permissionsMode: 0o600, keyBytes: KEY_BYTES } as const;
/** Opening beside the last one that closes fails now and then; the next try makes the mutexes again. */
const TRIES_MAX = 100;
const PAUSE_MILLISECONDS_MAX = 4;

export class Gate {
  readonly #path: string;
  readonly #environment: NativeEnvironment;
  readonly #inode: number | undefined;

  private constructor(path: string, environment: NativeEnvironment, inode: number | undefined) {
    this.#path = path;
    this.#environment = environment;
    this.#inode = inode;
  }

  /**
   * Opens the gate of a store, and makes it where there is none.
   * @throws GristmillError IO_ERROR, DISK_FULL, CHECKSUM_MISMATCH; STORE_CLOSED where the store is being removed
   */
  static open(store: string): Promise<Gate> {
    const path = join(store, GATE_FILE);
    return whileInPlace(dirname(path), async (here) => {
      const file = join(here, basename(path));
      for (const one of [file, file + GATE_LOCK_SUFFIX]) checkIndexFile(one, true);
      if (inodeOf(file) === undefined) await make(file, path);
      checkFile(file, path);
      for (let tries = 1; ; tries++) {
        const gate = new Gate(path, openFile(file, path), inodeOf(file));
        if (gate.#begin()) {
          gate.leave();
          return gate;
        }
        gate.close();
        if (tries === TRIES_MAX) throw unusable(path);
        await setTimeout(Math.random() * PAUSE_MILLISECONDS_MAX);
      }
    });
  }

  /** Waits until it is free, and keeps others out until `leave`. @throws GristmillError IO_ERROR */
  enter(): void {
    if (!this.#begin()) throw unusable(this.#path);
  }

  leave(): void {
    this.#environment.abortTxn();
  }

  /** Runs what must not meet anybody else's opening, closing or committing. */
  within<T>(work: () => T): T {
    this.enter();
    try {
      return work();
    } finally {
      this.leave();
    }
  }

  /** @throws GristmillError STORE_CLOSED where the store was removed: others would find another gate, or none */
  assertInPlace(): void {
    if (inodeOf(this.#path) !== this.#inode) throw removedError(this.#path);
  }

  close(): void {
    this.#environment.close();
  }

  #begin(): boolean {
    this.#environment.beginTxn(ABORTABLE);
    if (this.#environment.getWriteTxnId() !== 0) return true;
    // What has begun without a transaction has to be ended all the same: closing would wait for it.
    this.leave();
    return false;
  }
}

/** Makes it under another name first: under its own it is whole from the start, whoever else makes it at the same time. */
async function make(file: string, path: string): Promise<void> {
  const made = `${file}.${randomUUID()}`;
  try {
    openFile(made, path).close();
    await syncFile(made);
    place(made, file);
    syncDirectory(dirname(file));
  } catch (cause) {
    throw ioError(cause, 'make', path);
  } finally {
    for (const one of [made, made + GATE_LOCK_SUFFIX]) quietly(() => rmSync(one, { force: true }));
  }
}

/** Leaves one that is there. */
function place(made: string, file: string): void {
  try {
    linkSync(made, file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return;
    // Some file systems have no links.
    renameSync(made, file);
  }
}

/** @param path what an error calls it */
function openFile(file: string, path: string): NativeEnvironment {
  checkDescriptors(path);
  const environment = new Environment();
  try {
    environment.open({ ...OPTIONS, path: file }, NO_SUBDIRECTORY | NO_SYNC, 0);
    return environment;
  } catch (cause) {
    throw ioError(cause, 'open', path);
  }
}

/** LMDB must not be given a file that is none of its own. @throws GristmillError CHECKSUM_MISMATCH */
function checkFile(file: string, path: string): void {
  if (beginsAsIndex(file, true)) return;
  const message = `${path} is damaged, but it has no data: close the store in all processes, remove the file, and open the store again`;
  throw new GristmillError('CHECKSUM_MISMATCH', message, { file: path });
}

function unusable(path: string): GristmillError {
  const message = `cannot use ${path}: try again (the file keeps processes from opening and changing the store at the same moment)`;
  return new GristmillError('IO_ERROR', message, { file: path });
}
