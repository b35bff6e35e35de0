// A store with a collection with a key and one without, and a check that all ways of reading it agree: for tests of what
// callbacks of transactions do wrong.

import { expect } from 'vitest';
import { openStore, type Store } from '../../dist/src/index.js';
import { temporaryDirectory } from './build-store.js';
import { valuesOf } from './rows.js';

export interface Row {
  readonly id: number;
  readonly tag: string;
}

export const ROWS: readonly Row[] = [
  { id: 1, tag: 'a' },
  { id: 2, tag: 'b' },
];

export class Misused {
  readonly #directory = temporaryDirectory();
  readonly path = `${this.#directory.path}/store`;
  store!: Store;

  static async begin(): Promise<Misused> {
    const misused = new Misused();
    misused.store = await openStore(misused.path);
    await misused.store.transaction((tx) => {
      const rows = tx.createCollection<Row>('rows', { key: 'id', indexes: ['tag'] });
      for (const row of ROWS) rows.put(row);
      tx.createCollection('numbered').put({ n: 0 });
    });
    return misused;
  }

  async end(): Promise<void> {
    await this.store.close();
    this.#directory.remove();
  }

  /** The store has these rows, however it is asked, and one record without a key; also when it is opened again. */
  async expectSound(expected: readonly Row[] = ROWS, others: readonly string[] = []): Promise<void> {
    await this.#check(expected, others);
    await this.store.close();
    this.store = await openStore(this.path);
    await this.#check(expected, others);
  }

  async #check(expected: readonly Row[], others: readonly string[]): Promise<void> {
    const rows = this.store.collection<Row>('rows');
    expect(this.store.collections()).toEqual(['numbered', 'rows', ...others].sort());
    expect(rows.count()).toBe(expected.length);
    expect((await all(rows.range())).map(({ value }) => value)).toEqual(expected);
    const scanned = (await all(rows.scan())).map(({ value }) => value);
    expect(scanned.sort((left, right) => left.id - right.id)).toEqual(expected);
    for (const row of expected) {
      expect([rows.getSync(row.id), await rows.get(row.id), rows.has(row.id)]).toEqual([row, row, true]);
      expect(await all(valuesOf(rows.find('tag', row.tag)))).toContainEqual(row);
    }
    expect((await all(rows.range({ index: 'tag' }))).length).toBe(expected.length);
    const numbered = this.store.collection('numbered');
    expect([numbered.count(), (await all(numbered.scan())).length]).toEqual([1, 1]);
    expect(await this.store.verify({ workers: 1 })).toMatchObject({ isSound: true, faults: [] });
  }
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
