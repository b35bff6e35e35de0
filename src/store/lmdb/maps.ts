// store at rest: [catalog]
//
// The databases of LMDB as the sorted maps of bytes that the catalog is read from.

import type { ByteMap } from '../catalog/byte-map.js';
import type { DatabaseSeal } from '../seal/index-seal.js';

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
  /** Of an encrypted store. */
  readonly sealed?: { readonly seal: { readonly meta: DatabaseSeal; readonly pages: DatabaseSeal } } | undefined;
}

/** What the catalog is read from. */
export interface Maps {
  readonly meta: ByteMap;
  readonly pages: ByteMap;
}

/** One of the maps that are read just now. */
export function through(map: keyof Maps, now: () => Maps): ByteMap {
  return {
    get: (key) => now()[map].get(key),
    range: (range) => now()[map].range(range),
    keys: (range) => now()[map].keys(range),
  };
}

/** Its databases as the reader wants them. @param check runs before every read */
export function byteMaps({ meta, pages, sealed }: ByteIndex, check: () => void, read?: HeldRead): Maps {
  return {
    meta: byteMap(meta, check, read, sealed?.seal.meta),
    pages: byteMap(pages, check, read, sealed?.seal.pages),
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
