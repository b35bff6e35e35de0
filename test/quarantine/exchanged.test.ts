// Goal: in an encrypted store the rejected records of an import are read under its own id only, and are of its collection only.
// Method: two imports reject records; somebody without the key exchanges the contents of their files, or parts of the names.

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { Store } from '../../dist/src/index.js';
import { scratch } from '../support/import-files.js';
import { newStore } from '../support/sealed.js';

async function rejected(store: Store, collection: string): Promise<string> {
  const source = join(scratch(), `${collection}.ndjson`);
  writeFileSync(source, `{"id":1}\n{"id":01,"of":"${collection}"}\n`);
  const report = await store.import(source, { collection, key: 'id', onBadRecord: 'quarantine' });
  return report.quarantine as string;
}

async function texts(store: Store, file: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { text } of store.quarantine.records(basename(file))) found.push(text.trim());
  return found;
}

test('files that were exchanged are refused, and read again when they are back', async () => {
  const store = await newStore();
  const files = [await rejected(store, 'users'), await rejected(store, 'orders')];
  const [users, orders] = files as [string, string];
  expect(await texts(store, users)).toEqual(['{"id":01,"of":"users"}']);
  const contents = files.map((file) => readFileSync(file));
  const exchange = (from: readonly Buffer[]) => files.forEach((file, i) => void writeFileSync(file, from[i]!));
  exchange(contents.toReversed());
  for (const file of files) {
    await expect(texts(store, file)).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    await expect(store.quarantine.retry(basename(file))).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
  }
  exchange(contents);
  expect(await texts(store, orders)).toEqual(['{"id":01,"of":"orders"}']);
});

test('a file under the pseudonym of another collection is of none, and is not retried into that', async () => {
  const store = await newStore();
  const users = await rejected(store, 'users');
  const orders = await rejected(store, 'orders');
  const [pseudonym] = basename(orders).split('.') as [string];
  const moved = join(dirname(users), basename(users).replace(/^[^.]+/, pseudonym));
  renameSync(users, moved);
  const names = (await store.quarantine.files()).map(({ collection }) => collection);
  expect(names.sort()).toEqual(['orders', undefined]);
  await expect(store.quarantine.retry(basename(moved))).rejects.toThrow(TypeError);
  renameSync(moved, users);
  expect((await store.quarantine.files()).map(({ collection }) => collection).sort()).toEqual(['orders', 'users']);
});

test('the file goes with its collection', async () => {
  const store = await newStore();
  const users = await rejected(store, 'users');
  const orders = await rejected(store, 'orders');
  await store.rename('users', 'people');
  expect((await store.quarantine.files()).map(({ collection }) => collection).sort()).toEqual(['orders', 'people']);
  await store.drop('people');
  await store.drop('orders');
  expect([existsSync(users), existsSync(orders), await store.quarantine.files()]).toEqual([false, false, []]);
});
