// Goal: a migration may call functions of the application: all ways of reading give what they make, indexes have it, and only reads
// that need a function which is not there fail.
// Method: stores that are opened with and without the functions; records compared with what the functions make of values. Threads
// are asked for: work with functions is done in the thread that has them.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openStore, type StoreOptions } from '../../dist/src/index.js';
import { start } from '../support/cli.js';
import { fileWith, scratch } from '../support/import-files.js';

type Row = { readonly id: number; readonly [member: string]: unknown };

const changed = (change: (row: Row) => object) => (text: string) =>
  JSON.stringify(change(JSON.parse(text) as Row), null, 1);
const NORMAL = {
  ...{ name: 'normal', version: 2 },
  up: changed(({ phone, ...row }) => ({ ...row, phone: `+49${String(phone)}` })),
  down: changed(({ phone, ...row }) => ({ ...row, phone: String(phone).slice(3) })),
};
const BAD = { name: 'bad', version: 1, up: () => '{"id":' };
const REKEYED = { name: 'rekeyed', version: 1, up: changed(({ id, ...row }) => ({ id: id + 1, ...row })) };
const FUNCTIONS = [NORMAL, BAD, REKEYED];
const ROWS: Row[] = Array.from({ length: 30 }, (_, id) => ({ id, name: `n${id}`, phone: `0${id % 5}` }));
const CALL = { op: 'call', name: 'normal', version: 2 } as const;
const migration = (...ops: readonly object[]) => ({ collection: 'things', from: 0, to: 1, ops }) as never;
const CALLS = migration({ op: 'rename', path: 'name', to: 'called' }, CALL);
const newer = (row: Row) => ({ id: row.id, called: row.name, phone: `+49${String(row.phone)}` });

async function opened(directory: string, options: StoreOptions = { functions: FUNCTIONS }) {
  const store = await openStore(directory, { hotSet: false, ...options });
  onTestFinished(() => store.close());
  return { store, things: store.collection<Row>('things') };
}

async function made(): Promise<string> {
  const directory = scratch();
  const store = await openStore(directory, { hotSet: false, functions: FUNCTIONS });
  const source = fileWith(
    ROWS.slice(0, 25)
      .map((row) => JSON.stringify(row))
      .join('\n'),
    'things.ndjson',
  );
  await store.import(source, { collection: 'things', key: 'id', indexes: ['phone', 'name'] });
  for (const row of ROWS.slice(25)) await store.collection<Row>('things').put(row);
  await store.close();
  return directory;
}

test('all ways of reading, indexes, changes and undoing', async () => {
  const { store, things } = await opened(await made());
  await store.evolve(CALLS, { workers: 2 });
  const read = async () => {
    const found: unknown[] = [];
    for await (const { value } of things.range()) found.push(value);
    const lines = [];
    for await (const bytes of things.lines()) lines.push(...bytes.toString().trim().split('\n'));
    const rows = lines.map((line) => JSON.parse(line) as Row);
    expect(rows.toSorted((left, right) => left.id - right.id)).toEqual(found);
    expect((await store.verify({ workers: 2 })).faults).toEqual([]);
    return found;
  };
  expect(await read()).toEqual(ROWS.map(newer));
  // No white space is stored or given, whatever the function spells.
  expect(things.getTextSync(3)).toBe('{"id":3,"called":"n3","phone":"+4903"}');
  expect(things.count({ index: 'phone', gte: '+4901', lte: '+4901' })).toBe(6);
  expect(things.count({ index: 'called' })).toBe(30);
  await things.patch(3, { note: 1 });
  await store.createIndex('things', 'note', { workers: 2 });
  expect(things.count({ index: 'note' })).toBe(1);
  await store.undoMigrations('things', 0, { workers: 2 });
  expect(await read()).toEqual(ROWS.map((row) => (row.id === 3 ? { ...row, note: 1 } : row)));
  await store.evolve(CALLS, { workers: 2 });
  await store.finalizeMigrations('things');
  await store.compact({ migrate: true, minDeadShare: 0 });
  expect((await store.evolution('things')).stored).toEqual([{ version: 1, isUndone: false, records: 31 }]);
  await store.close();
  // All records have the version of the collection: nobody needs the function any more.
  const later = await opened(store.directory, {});
  expect(later.things.getSync(7)).toEqual(newer(ROWS[7]!));
});

test('without the function, only reads of records that need it fail, and say which one is missing', async () => {
  const directory = await made();
  const { store } = await opened(directory);
  await store.evolve(CALLS);
  await store.collection<Row>('things').put({ id: 99, called: 'new', phone: '+491' });
  await store.close();
  const { store: without, things } = await opened(directory, {});
  expect(things.getSync(99)).toEqual({ id: 99, called: 'new', phone: '+491' });
  expect(things.has(3)).toBe(true);
  const missing = {
    ...{ code: 'MIGRATION_FAILED', reason: 'NO_FUNCTION' },
    message: expect.stringContaining('normal of version 2, which is not registered'),
  };
  expect(() => things.getSync(3)).toThrow(expect.objectContaining(missing));
  const { faults } = await without.verify();
  expect(faults.every(({ message }) => message.includes('normal of version 2'))).toBe(true);
  expect(faults.length).toBeGreaterThan(0);
  const next = { collection: 'things', from: 1, to: 2, ops: [{ op: 'rename', path: 'called', to: 'title' }] } as const;
  await expect(without.evolve(next, { onFailure: 'quarantine' })).rejects.toMatchObject(missing);
  expect(things.count()).toBe(31);
});

test('what a function gives is checked: it is JSON, and has the key of the record', async () => {
  const { store } = await opened(await made());
  const calls = (name: string) => migration({ op: 'call', name, version: 1 });
  await expect(store.evolve(calls('bad'))).rejects.toMatchObject({ reason: 'FUNCTION_FAILED' });
  const wrong = { reason: 'KEY_CHANGED', message: expect.stringContaining('"id" is the key') };
  await expect(store.evolve(calls('rekeyed'))).rejects.toMatchObject(wrong);
  await expect(store.evolve(calls('rekeyed'), { onFailure: 'keep' })).rejects.toMatchObject(wrong);
  expect((await store.evolution('things')).version).toBe(0);
});

test('options that are no functions are refused', async () => {
  const wrong = (functions: unknown) => openStore(scratch(), { functions: functions as never });
  await expect(wrong({})).rejects.toThrow('options.functions must be a list');
  await expect(wrong([{ name: 'a', version: 1 }])).rejects.toThrow('options.functions must be a list');
  await expect(wrong([BAD, BAD])).rejects.toThrow('bad of version 1 twice');
});

test('the command gets them from a module', async () => {
  const directory = await made();
  const place = scratch();
  const module = join(place, 'functions.mjs');
  writeFileSync(
    module,
    `const up = (text) => { const row = JSON.parse(text); return JSON.stringify({ ...row, phone: 'x' + row.phone }); };
     export default [{ name: 'normal', version: 2, up }];`,
  );
  const file = fileWith(JSON.stringify(migration(CALL)), 'm.json');
  const words = ['--store', directory, '--functions', module];
  expect(await start(['evolve', 'apply', file, ...words]).ended).toMatchObject({ code: 0 });
  const { stdout } = await start(['get', '4', '--collection', 'things', ...words]).ended;
  expect(JSON.parse(stdout)).toEqual({ ...ROWS[4], phone: 'x04' });
  const out = join(place, 'out.ndjson');
  expect(await start(['export', '--collection', 'things', '--out', out, ...words]).ended).toMatchObject({ code: 0 });
  expect(readFileSync(out, 'utf8').trim().split('\n')).toHaveLength(30);
  const missing = await start(['get', '4', '--collection', 'things', '--store', directory, '--functions', './none.mjs'])
    .ended;
  expect(missing).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--functions: ./none.mjs cannot be loaded'),
  });
});
