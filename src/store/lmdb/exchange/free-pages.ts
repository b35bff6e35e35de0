// store at rest: [catalog]
//
// LMDB leaves what was in a page that it frees. Where data keys are exchanged, the free pages of the file still have values that
// were sealed with an older data key. So they are filled, with values that nobody reads, until LMDB has no free page left and
// the file begins to grow; then these values go again. Pages that a reader of an older state needs are not free yet: who calls
// this waits for such readers first.

import { GristmillError } from '../../../base/errors.js';
import { commitTo } from '../commit.js';
import { CommitRoom } from '../commit-room.js';
import { giveBackTurns } from '../commits/turns.js';
import type { Bytes, OpenedIndex } from '../open.js';

/** A page of LMDB, less its head: a value of this size has a page of its own. */
const FILLER = Buffer.alloc(4096 - 16);
/** The first byte of the keys of these values. The digest has another. */
const FILLERS = 1;
/** In one transaction. */
const BATCH = 256;
const REMOVED_BATCH = 2048;

/** Commits what is written to the database of the digest. False: there was nothing to write. */
type Commit = (change: (state: Bytes) => boolean) => boolean;

/**
 * @param pause lets others have their turn, and throws to stop
 * @throws GristmillError DISK_FULL, IO_ERROR; what `pause` throws
 */
export async function overwriteFreePages(
  { index, file, reasonOf }: OpenedIndex,
  pause: () => Promise<void>,
): Promise<void> {
  const state = index.sealed?.state;
  if (state === undefined) return;
  const commit: Commit = (change) => {
    giveBackTurns();
    try {
      return commitTo(index, file, () => change(state));
    } catch (error) {
      throw reasonOf(error);
    }
  };
  const pagesOf = (): number => index.root.env.info().lastPageNumber;
  const room = new CommitRoom(file);
  // What an earlier try has left.
  await removeFillers(commit, pause);
  let number = 0;
  for (let grown = 0; grown < BATCH / 2; await pause()) {
    room.begin();
    room.take(BATCH * FILLER.byteLength);
    const before = pagesOf();
    commit((state) => {
      for (let i = 0; i < BATCH; i++) {
        // Declared to return nothing; within a transaction it returns whether LMDB took the value.
        if ((state.putSync(keyOf(number++), FILLER) as unknown) === false) {
          throw new GristmillError('IO_ERROR', `LMDB refused to put a value in ${file}`, { file });
        }
      }
      return true;
    });
    grown = pagesOf() - before;
  }
  await removeFillers(commit, pause);
}

async function removeFillers(commit: Commit, pause: () => Promise<void>): Promise<void> {
  const someOf = (state: Bytes): Uint8Array[] =>
    Array.from(state.getKeys({ start: keyOf(0), end: Buffer.of(FILLERS + 1), limit: REMOVED_BATCH }), (key) =>
      Buffer.from(key),
    );
  while (
    commit((state) => {
      const keys = someOf(state);
      for (const key of keys) state.removeSync(key);
      return keys.length > 0;
    })
  ) {
    await pause();
  }
}

function keyOf(number: number): Buffer {
  const key = Buffer.alloc(5);
  key[0] = FILLERS;
  key.writeUInt32BE(number, 1);
  return key;
}
