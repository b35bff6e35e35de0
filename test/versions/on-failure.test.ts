// Goal: with `onFailure`, a migration is applied although it cannot change some records: they are kept as they are, or the value is
// null, or they are in quarantine; indexes have what readers find; undoing gives back what can be given back.
// Method: records that each operation refuses, on plain, encrypted and in-memory stores, against what JSON.parse and a few lines of
// the test make of them; the command; kills at failpoints.

import { readFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { memory, type Operation, openStore, planOf, type Store } from '../../dist/src/index.js';
import { start } from '../support/cli.js';
import { partOf } from '../support/effort.js';
import { fileWith, scratch } from '../support/import-files.js';

type Row = { readonly id: number; readonly [member: string]: unknown };

const PLACES = {
  plain: () => openStore(scratch(), { hotSet: false }),
  encrypted: () => openStore(scratch(), { hotSet: false, encryption: { key: Buffer.alloc(32, 3) } }),
  'in memory': () => openStore(memory()),
} as const;
const GOOD: Row[] = Array.from({ length: 12 }, (_, id) => ({ id, price: `${id}.5`, tag: `t${id % 2}` }));
const BAD: Row[] = [
  { id: 20, price: 'free', tag: 't0' },
  { id: 21, price: { of: 1 }, tag: 't1' },
];
const migration = (...ops: Operation[]) => ({ collection: 'things', from: 0, to: 1, ops });
const RETYPE = migration({ op: 'retype', path: 'price', from: 'string', to: 'number' });

async function made(place: keyof typeof PLACES, rows: readonly Row[] = [...GOOD, ...BAD]): Promise<Store> {
  const store = await PLACES[place]();
  onTestFinished(() => store.close());
  const source = fileWith(rows.map((row) => JSON.stringify(row)).join('\n'), 'things.ndjson');
  await store.import(source, { collection: 'things', key: 'id', indexes: ['price', 'tag'], workers: 1 });
  return store;
}

/** All records by id, and the ids that the index on the price has, which are those that a look at all records finds. */
async function stateOf(store: Store): Promise<Map<number, Row>> {
  const things = store.collection<Row>('things');
  const rows = new Map<number, Row>();
  for await (const bytes of things.lines()) {
    for (const line of bytes.toString().trim().split('\n')) rows.set(JSON.parse(line).id, JSON.parse(line) as Row);
  }
  const prices = [...rows.values()].map(({ price }) => price).filter((price) => typeof price !== 'object');
  for (const price of new Set(prices)) {
    const found: number[] = [];
    for await (const { primaryKey } of things.find('price', price as number)) found.push(primaryKey as number);
    const same = [...rows.values()].filter((row) => row.price === price).map(({ id }) => id);
    expect(found.toSorted()).toEqual(same.toSorted());
  }
  expect(things.count()).toBe(rows.size);
  expect((await store.verify({ workers: 1 })).faults).toEqual([]);
  return rows;
}

const byId = (rows: readonly Row[]) => new Map(rows.map((row) => [row.id, row]));
const priced = (rows: readonly Row[]) => rows.map((row) => ({ ...row, price: Number(row.price) }));

describe.each(partOf(Object.keys(PLACES) as (keyof typeof PLACES)[]))('%s', (place) => {
  test('keep: records stay as they are for readers, for patches, after a compaction and after undoing', async () => {
    const store = await made(place);
    await expect(store.evolve(RETYPE, { workers: 1 })).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
    const dry = await store.evolve(RETYPE, { workers: 1, dryRun: true, onFailure: 'keep' });
    expect(dry).toMatchObject({ applied: false, failed: 2, refused: 0 });
    expect(await store.evolve(RETYPE, { workers: 1, onFailure: 'keep' })).toMatchObject({ applied: true, failed: 2 });
    expect(await stateOf(store)).toEqual(byId([...priced(GOOD), ...BAD]));
    await store.collection('things').patch(20, { note: 1 });
    await store.collection('things').patch(3, { note: 1 });
    await store.compact({ migrate: true, minDeadShare: 0 });
    const note = (rows: readonly Row[]) => rows.map((row) => (row.id % 17 === 3 ? { ...row, note: 1 } : row));
    expect(await stateOf(store)).toEqual(byId(note([...priced(GOOD), ...BAD])));
    await store.undoMigrations('things', 0, { workers: 1 });
    expect(await stateOf(store)).toEqual(byId(note([...GOOD, ...BAD])));
    await store.evolve(RETYPE, { workers: 1, onFailure: 'keep' });
    await store.finalizeMigrations('things');
    await store.compact({ migrate: true, minDeadShare: 0 });
    expect(await stateOf(store)).toEqual(byId(note([...priced(GOOD), ...BAD])));
  });

  test('null: the value is null for readers, and is there again after undoing', async () => {
    const store = await made(place);
    expect(await store.evolve(RETYPE, { workers: 1, onFailure: 'null' })).toMatchObject({ failed: 2, refused: 0 });
    const nulls = BAD.map((row) => ({ ...row, price: null }));
    expect(await stateOf(store)).toEqual(byId([...priced(GOOD), ...nulls]));
    await store.compact({ migrate: true, minDeadShare: 0 });
    await store.collection('things').patch(21, { tag: 'other' });
    await store.undoMigrations('things', 0, { workers: 1 });
    expect(await stateOf(store)).toEqual(byId([...GOOD, BAD[0]!, { ...BAD[1]!, tag: 'other' }]));
    // What no null can help is refused.
    const taken = migration({ op: 'add', path: 'tag', value: 1 });
    await expect(store.evolve(taken, { workers: 1, onFailure: 'null' })).rejects.toMatchObject({
      reason: 'TARGET_EXISTS',
    });
    const dry = await store.evolve(taken, { workers: 1, onFailure: 'null', dryRun: true });
    expect(dry).toMatchObject({ failed: 14, refused: 14 });
  });

  test('quarantine: the records leave the collection, with where and why; corrected, they are back', async () => {
    const store = await made(place);
    await store.collection('things').put({ id: 30, price: 'inline', tag: 't0' });
    await store.collection('things').patch(20, { note: 1 });
    const report = await store.evolve(RETYPE, { workers: 1, onFailure: 'quarantine' });
    expect(report).toMatchObject({
      applied: true,
      failed: 3,
      refused: 0,
      quarantine: expect.any(String),
    });
    expect(await stateOf(store)).toEqual(byId(priced(GOOD)));
    const [file] = await store.quarantine.files();
    const records = [];
    for await (const record of store.quarantine.records(file!.name)) records.push(record);
    expect(records.map(({ text }) => JSON.parse(text))).toEqual([
      BAD[1],
      { id: 30, price: 'inline', tag: 't0' },
      { ...BAD[0], note: 1 },
    ]);
    expect(records.map(({ reason, violation }) => [reason, violation])).toEqual(
      Array.from({ length: 3 }, () => ['MIGRATION_FAILED', { pointer: '/price', keyword: 'retype' }]),
    );
    const retried = await store.quarantine.retry(file!.name);
    expect(retried).toMatchObject({ accepted: 0, left: 3 });
    const corrected = [{ number: 2, text: '{"id":30,"price":1,"tag":"t0"}' }];
    expect(await store.quarantine.retry(file!.name, { corrected })).toMatchObject({ accepted: 1, left: 2 });
    expect((await stateOf(store)).get(30)).toEqual({ id: 30, price: 1, tag: 't0' });
    await store.undoMigrations('things', 0, { workers: 1 });
    expect((await stateOf(store)).size).toBe(13);
  });
});

test.each([
  [{ op: 'map', path: 'v', values: [['a', 1]] }, { v: 'b' }, { v: null }, { v: null }],
  [{ op: 'unwrap', path: 'v' }, { v: [1, 2] }, { v: null }, { v: [null] }],
  [{ op: 'split', path: 'v', into: ['a', 'b'], separator: ' ' }, { v: 'x' }, { a: null, b: null }, { v: null }],
  [
    { op: 'merge', path: 'v', members: ['a', 'b'], separator: ' ' },
    { a: 'x y', b: 'z' },
    { v: null },
    { a: null, b: null },
  ],
  [{ op: 'merge', path: 'v', members: ['a', 'b'], separator: ' ' }, { a: 'x' }, { v: null }, { a: null, b: null }],
  [
    { op: 'each', path: 'v', ops: [{ op: 'retype', path: 'n', from: 'number', to: 'string' }] },
    ...[{ v: [{ n: 'x' }, { n: 1 }] }, { v: [{ n: null }, { n: '1' }] }, { v: [{ n: null }, { n: 1 }] }],
  ],
] as const)(
  'null, of %o: what it gives, and what comes back without and with the stored record',
  (op, older, newer, back) => {
    const plan = planOf([{ ...migration(op as Operation), onFailure: 'null' }]);
    const text = JSON.stringify(older);
    expect(plan.up(text)).toBe(JSON.stringify(newer));
    expect(plan.down(plan.up(text))).toBe(JSON.stringify(back));
    expect(plan.down(plan.up(text), text)).toBe(text);
    expect(plan.isLossless).toBe(false);
  },
);

test('migrations after one that keeps get the record as it is, and a change of it stays', () => {
  const keeps = { ...RETYPE, onFailure: 'keep' } as const;
  const rename = { ...migration({ op: 'rename', path: 'price', to: 'cost' }), from: 1, to: 2 };
  const plan = planOf([keeps, rename]);
  expect(plan.up('{"price":"free"}')).toBe('{"cost":"free"}');
  expect(plan.up('{"price":"1.50"}')).toBe('{"cost":1.50}');
  expect(plan.down('{"cost":"gift"}', '{"price":"free"}')).toBe('{"price":"gift"}');
  expect(plan.down('{"cost":2}', '{"price":"1.50"}')).toBe('{"price":"2"}');
  expect(plan.down('{"cost":"free"}')).toBe('{"price":"free"}');
  expect(plan.sourceOf('cost')).toBeUndefined();
});

test.each(partOf(['evolve.publish', 'evolve.commit', 'catalog.commit', 'evolve.committed']))(
  'records that are put aside, and a kill at %s: they are in the collection, or in quarantine and not there',
  async (point) => {
    const store = await made('plain');
    await store.close();
    const file = fileWith(JSON.stringify(RETYPE), 'm.json');
    const words = ['evolve', 'apply', file, '--store', store.directory, '--on-failure', 'quarantine'];
    const killed = await start(words, undefined, { GRISTMILL_FAILPOINTS: `${point}=kill` }).ended;
    expect(killed.signal).toBe('SIGKILL');
    const after = await openStore(store.directory, { hotSet: false });
    onTestFinished(() => after.close());
    const isDone = point === 'evolve.committed';
    expect(await stateOf(after)).toEqual(byId(isDone ? priced(GOOD) : [...GOOD, ...BAD]));
    const files = await after.quarantine.files();
    expect(files).toHaveLength(isDone ? 1 : 0);
    if (isDone) return;
    const { code, stdout } = await start(words).ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('2 records were put into') });
    const { path } = { path: /put into (.*)$/m.exec(stdout)![1] as string };
    expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(2);
  },
);
