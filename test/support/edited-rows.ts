// A collection of an import whose records transactions have changed, and what it holds when the next import has kept that.

import { onTestFinished } from 'vitest';
import { type Collection, type ImportOptions, openStore, type Store, type StoreOptions } from '../../dist/src/index.js';
import { scratch } from './import-files.js';

export interface Row {
  readonly id: number;
  readonly text: string;
  readonly patched?: boolean | number;
}

/** Closed after the test. */
export async function opened(
  where: Parameters<typeof openStore>[0] = scratch(),
  options?: StoreOptions,
): Promise<Store> {
  const store = await openStore(where, options);
  onTestFinished(() => store.close());
  return store;
}

export const rows = (text: string, count = 4): Row[] => Array.from({ length: count }, (_, id) => ({ id, text }));
export const KEYED = { key: 'id', indexes: ['text'] } as const satisfies ImportOptions;

/** A collection of four records, one of which was put anew, one patched, one deleted; and one more. */
export async function edited(store: Store): Promise<Collection<Row>> {
  await store.import(rows('first'), KEYED);
  const collection = store.collection<Row>('records');
  await collection.put({ id: 1, text: 'put' });
  await collection.patch(2, { patched: true });
  await collection.delete(3);
  await collection.put({ id: 9, text: 'new' });
  return collection;
}

export const KEPT = [
  { id: 0, text: 'second' },
  { id: 1, text: 'put' },
  { id: 2, text: 'second', patched: true },
  { id: 9, text: 'new' },
];

export async function held(store: Store, collection = 'records'): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const { value } of store.collection(collection).range()) found.push(value);
  return found;
}
