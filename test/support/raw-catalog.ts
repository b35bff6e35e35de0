// A catalog over LMDB whose values a test can change past all checks, while lookups and verification read it.

import { join } from 'node:path';
import { type Database, open } from 'lmdb';
import type { ByteMap, ByteRange } from '../../src/store/catalog/byte-map.js';
import { CatalogReader } from '../../src/store/catalog/read.js';
import { Journal } from '../../src/store/lmdb/journal/journal.js';
import { encodeHead, HEAD_KEY, recordKey } from '../../src/store/lmdb/journal/values.js';
import type { CatalogSnapshot } from '../../src/store/types.js';

export class RawCatalog extends CatalogReader implements CatalogSnapshot {
  readonly commits = 0;

  assertOpen(): void {}
  refresh(): void {}
  release(): void {}
  async checkState(): Promise<void> {}

  snapshot(): CatalogSnapshot {
    // Nothing is remembered from one change to the next.
    return new RawCatalog(this.file, this.meta, this.pages);
  }

  constructor(
    file: string,
    readonly meta: ByteMap,
    readonly pages: ByteMap,
  ) {
    super(file, meta, pages);
  }
}

export interface RawIndex {
  readonly values: readonly { readonly database: string; readonly key: Buffer; readonly value: Buffer }[];
  catalog(): RawCatalog;
  put(database: string, key: Buffer, value: Buffer): void;
  remove(database: string, key: Buffer): void;
  close(): Promise<void>;
}

/** A copy of the index in memory: LMDB gives back the bytes it was given, so whole series of changes are tried on this. */
export function copyOf({ values }: RawIndex, file: string): Pick<RawIndex, 'catalog' | 'put'> {
  const databases = new Map(['meta', 'pages'].map((name) => [name, new Map<string, Buffer>()]));
  for (const { database, key, value } of values) databases.get(database)!.set(key.toString('hex'), value);
  const mapOf = (name: string): ByteMap => {
    const map = databases.get(name)!;
    const keys = [...map.keys()].sort().map((key) => Buffer.from(key, 'hex'));
    const keysIn = ({ start, end, exclusiveStart, reverse, limit = keys.length }: ByteRange): Buffer[] => {
      const sign = reverse ? -1 : 1;
      const within = (key: Buffer): boolean => {
        const order = sign * key.compare(start);
        return (exclusiveStart ? order > 0 : order >= 0) && (end === undefined || sign * key.compare(end) < 0);
      };
      return (reverse ? keys.toReversed() : keys).filter(within).slice(0, limit);
    };
    const get = (key: Uint8Array): Buffer | undefined => map.get(Buffer.from(key).toString('hex'));
    return { get, keys: keysIn, range: (range) => keysIn(range).map((key) => ({ key, value: get(key)! })) };
  };
  return {
    catalog: () => new RawCatalog(file, mapOf('meta'), mapOf('pages')),
    put: (database, key, value) => void databases.get(database)!.set(key.toString('hex'), value),
  };
}

/** Opens the index of a store that nothing else in this process has open. What the journal has is put into `meta` before. */
export function openRawIndex(directory: string): RawIndex {
  const path = join(directory, 'index');
  const binary = { encoding: 'binary', keyEncoding: 'binary' } as const;
  const root = open<Buffer, Uint8Array>({ path, noSubdir: false, noSync: true, ...binary });
  const databases = new Map(['meta', 'pages'].map((name) => [name, root.openDB<Buffer, Uint8Array>(name, binary)]));
  const mapOver = (database: Database<Buffer, Uint8Array>): ByteMap => ({
    get: (key) => database.get(key),
    range: (range) => Array.from(database.getRange(range)) as { key: Uint8Array; value: Buffer }[],
    keys: (range) => Array.from(database.getKeys(range)),
  });
  const mapOf = (name: string): ByteMap => mapOver(databases.get(name)!);
  emptyJournal(path, { root, meta: databases.get('meta')! }, mapOver);
  return {
    values: [...databases].flatMap(([database, map]) =>
      Array.from(map.getRange(), ({ key, value }) => ({ database, key: Buffer.from(key), value: Buffer.from(value) })),
    ),
    catalog: () => new RawCatalog(join(path, 'data.mdb'), mapOf('meta'), mapOf('pages')),
    put: (database, key, value) => {
      databases.get(database)!.putSync(key, value);
      root.resetReadTxn();
    },
    remove: (database, key) => {
      databases.get(database)!.removeSync(key);
      root.resetReadTxn();
    },
    close: () => root.close(),
  };
}

/** Puts what the journal of a plain store has where it belongs, as a later commit would. */
function emptyJournal(
  path: string,
  { root, meta }: Record<'root' | 'meta', Database<Buffer, Uint8Array>>,
  mapOver: (database: Database<Buffer, Uint8Array>) => ByteMap,
): void {
  const log = mapOver(root);
  const source = { head: () => log.get(HEAD_KEY), log, meta: mapOver(meta) };
  const { first, next, stored, changes } = new Journal(join(path, 'data.mdb')).read(source);
  if (stored === undefined) return;
  root.transactionSync(() => {
    for (const { key, value } of changes.walk({ start: Buffer.alloc(0) })) {
      if (value.byteLength > 0) meta.putSync(key, value);
      else meta.removeSync(key);
    }
    for (let number = first; number < next; number++) root.removeSync(recordKey(number));
    root.putSync(HEAD_KEY, encodeHead({ first: next + 1, next: next + 1, bytes: 0 }, Buffer.alloc(0)));
  });
  root.resetReadTxn();
}
