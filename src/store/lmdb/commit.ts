// store at rest: [catalog]
//
// One write transaction of LMDB, from waiting for its turn to the sync, in whichever thread calls it: of a batch that is
// given, or of what is written to LMDB's own maps. A failed write undoes
// the transaction; a failed commit leaves an environment that must not be trusted, so the two are told apart. A commit must
// not meet an opening, so it passes the gate (gate.ts).

import { GristmillError } from '../../base/errors.js';
import { failpoint } from '../../base/failpoints.js';
import { ioError } from '../../base/system-errors.js';
import type { WritableByteMap } from '../catalog/write.js';
import { askRoom } from './commit-room.js';
import { readBatch } from './commits/batch.js';
import { CommitFailed } from './commits/turn.js';
import { JournalTarget } from './journal/target.js';
import { DURABLE } from './lmdb.js';
import { journalSource } from './maps.js';
import type { Bytes, OpenIndex } from './open.js';
import { inodeOf, removedError } from './opening.js';
import { SealedWrites } from './sealed/targets.js';

/** Thrown out of a transaction of LMDB that is to write nothing. */
const NOTHING = new Error('nothing to write');

/**
 * Commits from one look for the slots of killed readers to the next. LMDB takes such a slot for a reader of an old state, and
 * reuses no page that was freed since: the file would grow with each commit. A look takes under a microsecond for each process.
 */
const COMMITS_PER_READER_CHECK = 32;
const commitsBegun = new WeakMap<OpenIndex, number>();

/** The databases, to be written to within a write transaction. */
export interface Targets {
  readonly meta: WritableByteMap;
  readonly pages: WritableByteMap;
}

/**
 * Waits for the write transaction, has `write` write, commits and syncs.
 * @param write runs when no other process can commit; false, or a throw: nothing is written
 * @param file of the index
 * @param flags DURABLE, or SYNCED_LATER: then `root.env.sync` must follow
 * @returns whether anything was written
 * @throws CommitFailed; what `write` throws; GristmillError IO_ERROR, DISK_FULL, STORE_CLOSED: nothing was written then
 */
export function commitTo(
  index: OpenIndex,
  file: string,
  write: (targets: Targets) => boolean,
  flags: number = DURABLE,
): boolean {
  let isEntered = false;
  let isWritten = false;
  // Before the commit, so that its error fails nothing that was done.
  checkReaders(index);
  try {
    // Synchronous, so that nobody reads the catalog halfway through.
    index.root.transactionSync(() => {
      if (!writeTo(index, file, write)) throw NOTHING;
      index.gate?.enter();
      isEntered = true;
      assertInPlace(index, file);
      isWritten = true;
      failpoint('catalog.commit');
    }, flags);
    failpoint('catalog.committed');
    return true;
  } catch (error) {
    if (error === NOTHING) return false;
    throw isWritten ? new CommitFailed(ioError(error, 'commit to', file)) : error;
  } finally {
    if (isEntered) index.gate?.leave();
  }
}

/** Has `write` write to LMDB's databases. */
function writeTo(index: OpenIndex, file: string, write: (targets: Targets) => boolean): boolean {
  const { root, meta, pages, sealed, journal } = index;
  const plain = { meta: target(meta, file), pages: target(pages, file), journal: target(root, file) };
  const writes = sealed && new SealedWrites({ root, meta, pages, ...sealed }, file, sealed.anyState);
  const to = (database: keyof typeof plain): WritableByteMap =>
    writes?.target(plain[database], database) ?? plain[database];
  const source = journalSource(index, () => {});
  const noted = new JournalTarget(file, journal, journal.read(source), {
    meta: { read: source.meta, write: to('meta') },
    log: { read: source.log, write: to('journal') },
    head: source.head,
    askRoom: (bytes) => askRoom(file, bytes),
  });
  journal.working = noted;
  try {
    if (!write({ meta: noted, pages: to('pages') })) return false;
    noted.settle();
  } finally {
    journal.working = undefined;
  }
  writes?.settle();
  return true;
}

function checkReaders(index: OpenIndex): void {
  const begun = commitsBegun.get(index) ?? 0;
  commitsBegun.set(index, begun + 1);
  if (begun % COMMITS_PER_READER_CHECK === 0) index.root.readerCheck();
}

/** Writes a batch; one that is undefined has nothing to write. */
export function writeBatchTo({ meta, pages }: Targets, batch: Uint8Array | undefined): boolean {
  if (batch === undefined) return false;
  readBatch(Buffer.from(batch.buffer, batch.byteOffset, batch.byteLength), [meta, pages]);
  return true;
}

/** @throws GristmillError STORE_CLOSED where others find another index by this name, or none */
export function assertInPlace({ inode }: OpenIndex, file: string): void {
  if (inodeOf(file) !== inode) throw removedError(file);
}

function target(database: Bytes, file: string): WritableByteMap {
  return {
    put(key, given) {
      const value = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
      // Declared to return nothing; within a transaction it returns whether LMDB took the value.
      let taken: boolean;
      try {
        taken = database.putSync(key, value) as unknown as boolean;
      } catch (cause) {
        throw ioError(cause, 'write to', file, value.byteLength);
      }
      if (!taken) throw new GristmillError('IO_ERROR', `LMDB refused to put a value in ${file}`, { file });
    },
    remove: (key) => database.removeSync(key) as unknown as boolean,
    keys: (range) => Array.from(database.getKeys(range) as Iterable<Uint8Array>),
  };
}
