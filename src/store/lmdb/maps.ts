// store at rest: [catalog]
//
// The databases of LMDB as the sorted maps of bytes that the catalog is read from.

import type { ByteMap } from '../catalog/byte-map.js';
import { Layered } from '../catalog/layered.js';
import type { DatabaseSeal } from '../seal/index-seal.js';
import type { Journal, JournalSource, JournalState } from './journal/journal.js';
import { HEAD_KEY } from './journal/values.js';

/** What is asked of a database of LMDB, which only catalog.ts imports. */
interface ByteDatabase {
  get(key: Uint8Array, within: object): Buffer | undefined;
  getRange(options: object): Iterable<{ readonly key: Uint8Array; readonly value: Buffer }>;
  getKeys(options: object): Iterable<Uint8Array>;
}

/** A read transaction that is held, and whether a write transaction is under way beside it. */
interface HeldRead {
  readonly transaction: object;
  readonly isChanging: () => boolean;
}

/** An opened index. */
interface ByteIndex {
  readonly meta: ByteDatabase;
  readonly pages: ByteDatabase;
  /** The unnamed database: it has the journal. */
  readonly root: ByteDatabase;
  readonly journal: Journal;
  /** Of an encrypted store. */
  readonly sealed?: { readonly seal: Record<'meta' | 'pages' | 'journal', DatabaseSeal> } | undefined;
}

/** Its databases as the reader wants them. @param check runs before every read */
export function byteMaps(
  index: ByteIndex,
  check: () => void,
  read?: HeldRead,
): { readonly meta: ByteMap; readonly pages: ByteMap } {
  const source = journalSource(index, check, read);
  const { journal } = index;
  const pages = byteMap(index.pages, check, read, index.sealed?.seal.pages);
  if (read !== undefined) {
    let state: JournalState | undefined;
    const changes = () => {
      state ??= journal.read(source);
      return state.changes;
    };
    return { meta: new Layered(source.meta, changes), pages };
  }
  const now = new Layered(source.meta, () => (journal.pinned ?? journal.read(source)).changes);
  const meta: ByteMap = {
    get: (key) => (journal.working ?? now).get(key),
    range: (range) => (journal.working ?? now).range(range),
    keys: (range) => (journal.working ?? now).keys(range),
  };
  return { meta, pages };
}

/** The databases of one transaction as they are stored, without the changes of the journal. */
export function journalSource(
  { root, meta, sealed }: Pick<ByteIndex, 'root' | 'meta' | 'sealed'>,
  check: () => void,
  read?: HeldRead,
): JournalSource {
  const stored = storedMap(root, check, read);
  return {
    head: () => stored.get(HEAD_KEY),
    log: byteMap(root, check, read, sealed?.seal.journal),
    meta: byteMap(meta, check, read, sealed?.seal.meta),
  };
}

function byteMap(
  database: ByteDatabase,
  check: () => void,
  read: HeldRead | undefined,
  seal: DatabaseSeal | undefined,
): ByteMap {
  const stored = storedMap(database, check, read);
  if (seal === undefined) return stored;
  return {
    get(key) {
      const sealed = stored.get(key);
      return sealed && seal.open(key, sealed);
    },
    range: (range) => stored.range(range).map(({ key, value }) => ({ key, value: seal.open(key, value) })),
    keys: (range) => stored.keys(range),
  };
}

function storedMap(database: ByteDatabase, check: () => void, read?: HeldRead): ByteMap {
  const held = read === undefined ? {} : { transaction: read.transaction };
  return {
    get(key) {
      check();
      // Within a write transaction lmdb-js gets from that one, whatever is asked for; ranges are of the one asked for.
      if (read?.isChanging()) {
        const [found] = database.getRange({ start: key, limit: 1, ...held });
        return found !== undefined && Buffer.compare(found.key, key) === 0 ? found.value : undefined;
      }
      return database.get(key, held);
    },
    range(range) {
      check();
      return Array.from(database.getRange({ ...range, ...held })) as { key: Uint8Array; value: Buffer }[];
    },
    keys(range) {
      check();
      return Array.from(database.getKeys({ ...range, ...held }));
    },
  };
}
