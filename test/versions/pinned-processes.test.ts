// Goal: an application that goes on under version 0, while another process migrates the collection three times, meets no error and
// loses nothing. Neither does the application of the newest version.
// Method: the application is a process that checks each of its own reads (test/support/pinned-app.mjs). Here the migrations are
// applied, members of the newer versions are changed, and in the end all records are compared with what both have written.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { ROOT } from '../support/cli.js';
import { fileWith, scratch } from '../support/import-files.js';

interface Old {
  readonly id: number;
  readonly mail: string;
  readonly price: string;
  readonly old: number;
}

test('an application pinned to version 0 beside three migrations by another process: no error, nothing lost', async () => {
  const directory = scratch();
  const store = await openStore(directory, { hotSet: false });
  const records = Array.from({ length: 20 }, (_, id): Old => ({ id, mail: `start${id}`, price: '0.50', old: id }));
  const source = fileWith(records.map((record) => JSON.stringify(record)).join('\n'), 'things.ndjson');
  await store.import(source, { collection: 'things', key: 'id', indexes: ['mail'], workers: 1 });
  const child = spawn(process.execPath, [`${ROOT}/test/support/pinned-app.mjs`, directory], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const errors: string[] = [];
  child.stderr.on('data', (text) => errors.push(String(text)));
  const exit = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const rounds = async (count: number): Promise<void> => {
    for (let left = count; left > 0; left--) {
      const { done } = await lines.next();
      if (done) throw new Error(`the application has ended: ${errors.join('')}`);
    }
  };
  const evolve = (from: number, ...ops: Parameters<typeof store.evolve>[0]['ops'][number][]) =>
    store.evolve({ collection: 'things', from, to: from + 1, ops }, { workers: 1 });
  const countries = new Map<number, string>();
  const setCountry = async (id: number): Promise<void> => {
    await store.collection('things').patch(id, { country: `C${id}` });
    countries.set(id, `C${id}`);
  };
  await rounds(10);
  await evolve(
    0,
    { op: 'rename', path: 'mail', to: 'email' },
    { op: 'retype', path: 'price', from: 'string', to: 'number' },
  );
  await rounds(10);
  await evolve(1, { op: 'add', path: 'country', value: 'DE' });
  await rounds(3);
  for (const id of [1, 4, 7]) await setCountry(id);
  await rounds(12);
  await evolve(2, { op: 'remove', path: 'old' }, { op: 'nest', path: 'contact', members: ['email'] });
  await rounds(10);
  for (const id of [2, 7, 11]) await setCountry(id);
  await rounds(12);
  child.stdin.end();
  let last = '';
  for (let next = await lines.next(); !next.done; next = await lines.next()) last = next.value;
  expect([await exit, errors.join('')]).toEqual([[0, null], '']);
  const written = JSON.parse(last) as Old[];
  const newest = written.map(({ id, mail, price }) => {
    return { id, price: Number(price), country: countries.get(id) ?? 'DE', contact: { email: mail } };
  });
  const found: unknown[] = [];
  for await (const { value } of store.collection('things').range()) found.push(value);
  expect(found).toEqual(newest.toSorted((left, right) => left.id - right.id));
  const byMail: unknown[] = [];
  for await (const { key, primaryKey } of store.collection('things').range({ index: 'contact.email' }))
    byMail.push([key, primaryKey]);
  expect(new Map(byMail as [string, number][])).toEqual(new Map(written.map(({ id, mail }) => [mail, id])));
  expect((await store.verify({ workers: 1 })).faults).toEqual([]);
  await store.undoMigrations('things', 0, { workers: 1 });
  const undone: unknown[] = [];
  for await (const { value } of store.collection('things').range()) undone.push(value);
  expect(undone).toEqual(written.toSorted((left, right) => left.id - right.id));
  await store.close();
});
