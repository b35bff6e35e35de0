// Goal: a transaction that cannot be committed makes no other fail.
// Method: a catalog in memory that refuses certain lines, as LMDB or a full disk would.

import { expect, test } from 'vitest';
import { memory, openStore } from '../../dist/src/index.js';
import { Caches } from '../../dist/src/lookup/cache/caches.js';
import { Lookup } from '../../dist/src/lookup/lookup.js';
import type { PreparedChanges } from '../../dist/src/store/commit-types.js';
import { MemoryPlace } from '../../dist/src/store/lock/memory-place.js';
import type { Catalog, CatalogWrite } from '../../dist/src/store/types.js';
import { NO_NOTE } from '../../dist/src/update/audit/group-log.js';
import { Transactions } from '../../dist/src/update/transact.js';

/** A catalog whose transactions refuse lines with this word. */
function refusing(catalog: Catalog, word: string): Catalog {
  const guarded = (write: CatalogWrite): CatalogWrite =>
    new Proxy(write, {
      get(of, name: keyof CatalogWrite) {
        if (name !== 'putInlineRecord') return (of[name] as () => unknown).bind(of);
        return (...args: Parameters<CatalogWrite['putInlineRecord']>) => {
          if (Buffer.from(args[2]).includes(word)) throw new RangeError('refused');
          of.putInlineRecord(...args);
        };
      },
    });
  return new Proxy(catalog, {
    get(of, name: keyof Catalog) {
      if (name === 'transaction' || name === 'transactionSync') {
        return (change: (write: CatalogWrite) => unknown) => of[name]((write) => change(guarded(write)));
      }
      if (name === 'commit') {
        return <T>(changes: PreparedChanges<CatalogWrite, T>) =>
          of.commit<T>({ ...changes, apply: (write, prepared) => changes.apply(guarded(write), prepared) });
      }
      const value = of[name];
      return typeof value === 'function' ? (value as () => unknown).bind(of) : value;
    },
  });
}

test('of a group that is refused as a whole, only those fail that are refused alone', async () => {
  const other = await openStore(memory());
  const place = new MemoryPlace();
  const stored = await place.openCatalog({ create: true, readOnly: false });
  const caches = new Caches(place, other.options);
  const lookups = new Map<string, Lookup>();
  const transactions = new Transactions({
    catalog: refusing(stored, 'poison'),
    place,
    lookup: (name) => {
      const lookup = lookups.get(name) ?? new Lookup({ ...place, blobs: place.blobs, catalog: stored, caches }, name);
      lookups.set(name, lookup);
      return lookup;
    },
    admitted: (read) => read(),
    committed: () => {},
    logsRecords: false,
    closing: new AbortController().signal,
  });
  const put = (id: number, text: string) => transactions.run((tx) => tx.collection('rows').put({ id, text }), NO_NOTE);
  await transactions.run((tx) => tx.createCollection('rows', { key: 'id' }), NO_NOTE);
  const outcomes = await Promise.allSettled([
    put(1, 'good'),
    put(2, 'poison'),
    put(3, 'good'),
    transactions.run((tx) => {
      tx.collection('rows').delete(1);
      throw new TypeError('thrown');
    }, NO_NOTE),
    put(4, 'poison'),
    put(1, 'better'),
  ]);
  const said = outcomes.map((one) => (one.status === 'fulfilled' ? one.value : one.reason.message));
  expect(said).toEqual([1, 'refused', 3, 'thrown', 'refused', 1]);
  expect(() => transactions.runSync((tx) => tx.collection('rows').put({ id: 5, text: 'poison' }), NO_NOTE)).toThrow(
    'refused',
  );
  expect(transactions.runSync((tx) => tx.collection('rows').count(), NO_NOTE)).toBe(2);
  const texts = [1, 2, 3, 4, 5].map((id) => (lookups.get('rows')!.valueSync(id) as { text: string } | undefined)?.text);
  expect(texts).toEqual(['better', undefined, 'good', undefined, undefined]);
  await caches.close();
  await stored.close();
  await other.close();
});
