// store at rest: [catalog]
//
// Copies an index, as its newest commit left it, into the directory of another store. LMDB's own copy makes the file
// readable for all (mode 0666 in mdb.c), whatever mode the environment has. So entries are copied, in order, into an
// index that is private from its first byte. Free space is left out that way.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { GristmillError } from '../../base/errors.js';
import { ioError } from '../../base/system-errors.js';
import { CATALOG_FILE, INDEX_DIRECTORY } from '../files/layout.js';
import { CommitRoom } from './commit-room.js';
import { JOURNAL_START } from './journal/values.js';
import { type Bytes, type OpenIndex, openUnshared } from './open.js';

/** Bytes of keys and values copied in one transaction, and in one turn of the event loop. */
const STEP_BYTES = 1024 * 1024;

type Databases = Pick<OpenIndex, 'root' | 'meta' | 'pages' | 'sealed'>;

/** Without free space; not synced. @throws GristmillError IO_ERROR, DISK_FULL */
export async function copyIndex(from: Databases, store: string): Promise<void> {
  const file = join(store, CATALOG_FILE);
  try {
    mkdirSync(join(store, INDEX_DIRECTORY), { mode: 0o700 });
    from.root.resetReadTxn();
    const state = from.root.useReadTransaction();
    const to = openUnshared(store, from.sealed !== undefined);
    try {
      const room = new CommitRoom(file);
      const put = (database: Bytes, entries: readonly Entry[]): void => {
        room.begin();
        // All at once: LMDB writes nothing before the end of the transaction, so that less room is free than it seems.
        room.take(entries.reduce((sum, { key, value }) => sum + key.byteLength + value.byteLength, 0));
        to.root.transactionSync(() => {
          for (const { key, value } of entries) append(database, key, value, file);
        });
      };
      // The unnamed database last: its journal comes after the names of the others.
      const databases: [Bytes, Bytes, Uint8Array?][] = [
        [from.meta, to.meta],
        [from.pages, to.pages],
      ];
      if (from.sealed && to.state) databases.push([from.sealed.state, to.state]);
      databases.push([from.root, to.root, JOURNAL_START]);
      for (const [source, copy, start] of databases) {
        for (const entries of steps(source, state, start)) {
          put(copy, entries);
          await setImmediate();
        }
      }
    } finally {
      state.done();
      await to.root.close();
    }
  } catch (cause) {
    throw ioError(cause, 'copy the index to', file);
  }
}

interface Entry {
  readonly key: Uint8Array;
  readonly value: Buffer;
}

/** All entries of a database, some at a time; the cursor of LMDB is closed between two steps. */
function* steps(database: Bytes, transaction: object, first?: Uint8Array): Generator<readonly Entry[]> {
  for (let last: Uint8Array | undefined; ; ) {
    const after = last === undefined ? first && { start: first } : { start: last, exclusiveStart: true };
    const entries: Entry[] = [];
    let bytes = 0;
    for (const entry of database.getRange({ ...after, transaction } as object) as Iterable<Entry>) {
      entries.push(entry);
      bytes += entry.key.byteLength + entry.value.byteLength;
      if (bytes >= STEP_BYTES) break;
    }
    last = entries.at(-1)?.key;
    if (last === undefined) return;
    yield entries;
  }
}

/** Puts an entry after all others. LMDB says false where it comes before one, and drops it. */
function append(database: Bytes, key: Uint8Array, value: Buffer, file: string): void {
  // Declared to return nothing; within a transaction it returns whether LMDB took the value.
  const taken = database.putSync(key, value, { append: true }) as unknown as boolean;
  if (!taken) throw new GristmillError('IO_ERROR', `LMDB refused to put a value in ${file}`, { file });
}
