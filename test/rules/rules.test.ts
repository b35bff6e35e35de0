// Goal: an import with where, sample, transform, pick, omit or limit stores what a plain import stores of records that were
// filtered and changed before, in each layout, whatever workers and spans there are; counts add up and errors name the source.
// Method: records are changed here, from what JSON.parse gives, and imported plainly; texts and counts are compared.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { scratch } from '../support/import-files.js';
import { KINDS, testStore } from '../support/import-store.js';
import { contentOf, freshly, linesOf, syncedStore, Tree } from '../support/sync.js';

interface Row {
  readonly id: number;
  readonly group: string;
  readonly nested: { readonly score: number; readonly tags: readonly string[] };
  readonly text: string;
}

const ROWS: readonly Row[] = Array.from({ length: 3000 }, (_, id) => ({
  ...{ id, group: `g${id % 7}`, nested: { score: (id * 7919) % 1000, tags: [`t${id % 3}`, `t${id % 5}`] } },
  text: 'x'.repeat(id % 97),
}));
const NAMED = Object.fromEntries(ROWS.map((row) => [`name ${row.id}`, row]));

/** Layouts of the same records, each with the options that it is read with. */
const LAYOUTS = {
  lines: [linesOf(ROWS), {}],
  pretty: [ROWS.map((row) => JSON.stringify(row, null, 2)).join('\n'), {}],
  array: [JSON.stringify(ROWS), {}],
  'pretty array': [JSON.stringify(ROWS, null, 1), {}],
  object: [JSON.stringify(NAMED), { shape: 'object' }],
  select: [JSON.stringify({ page: 1, data: { rows: ROWS }, more: 'no' }), { select: '/data/rows' }],
} as const;

const RULES = { where: ['nested.score>=300', 'group!=g3'], pick: ['id', 'nested'], omit: ['nested.tags'] };
const passes = ({ nested, group }: Row) => nested.score >= 300 && group !== 'g3';
const changed = ({ id, nested: { score } }: Row) => ({ id, nested: { score } });

describe.each(Object.entries(LAYOUTS))('%s', (layout, [text, options]) => {
  const line = (row: Row, value: unknown) =>
    JSON.stringify(layout === 'object' ? { key: `name ${row.id}`, value } : value);
  const key = layout === 'object' ? {} : ({ key: 'id' } as const);

  test.each([
    ['one span', {}],
    ['many spans', { spanBytes: 10_000 }],
    ['small windows', { windowBytes: 700 }],
  ])('where, pick and omit, in %s', async (_, how) => {
    const { store, run, texts } = await testStore();
    const report = await run(text, { ...options, ...key, ...how, indexes: ['nested.score'], ...RULES });
    const expected = ROWS.filter(passes);
    expect(report.records).toEqual({
      ...{ read: 3000, stored: expected.length, rejected: 0, filtered: 3000 - expected.length, replaced: 0 },
    });
    expect(await texts()).toEqual(expected.map((row) => line(row, changed(row))));
    const found = expected[17]!;
    const records = store.collection('records');
    expect(await records.getText(layout === 'object' ? `name ${found.id}` : found.id)).toBe(
      line(found, changed(found)),
    );
    const same = expected.filter(({ nested }) => nested.score === found.nested.score);
    const matching: string[] = [];
    for await (const one of records.findText('nested.score', found.nested.score)) matching.push(one);
    expect(matching.sort()).toEqual(same.map((row) => line(row, changed(row))).sort());
    expect((await store.verify()).faults).toEqual([]);
  });

  test('limit stores the first that pass, and reads no further', async () => {
    const { run, texts } = await testStore();
    const expected = ROWS.filter(passes).slice(0, 1234);
    for (const how of [{}, { spanBytes: 10_000 }, { spanBytes: 10_000, workers: 1 }, { windowBytes: 700 }]) {
      const report = await run(text, { ...options, ...key, ...how, where: RULES.where, limit: 1234 });
      const read = expected.at(-1)!.id + 1;
      expect(report.records).toEqual({ read, stored: 1234, rejected: 0, filtered: read - 1234, replaced: 0 });
      expect(await texts()).toEqual(expected.map((row) => line(row, row)));
    }
  });

  test('a sample is the same in each way', async () => {
    const { run, texts } = await testStore();
    const samples: string[][] = [];
    for (const how of [{}, { spanBytes: 10_000 }, { windowBytes: 700, workers: 1 }]) {
      await run(text, { ...options, ...key, ...how, sample: 0.2 });
      samples.push(await texts());
    }
    expect(samples[0]!.length).toBeGreaterThan(450);
    expect(samples[0]!.length).toBeLessThan(750);
    expect(samples[1]).toEqual(samples[0]);
    expect(samples[2]).toEqual(samples[0]);
  });
});

/** A module of the test. */
function moduleWith(code: string, name = 'transform.mjs'): string {
  const path = join(scratch(), name);
  writeFileSync(path, code);
  return path;
}

describe.each(KINDS)('transform in a store %s', (kind) => {
  test('none, one and several records', async () => {
    const { store, run, texts } = await testStore(kind);
    const transform = moduleWith(`export default function* (row) {
      if (row.id % 3 === 0) return;
      yield { id: row.id, sum: row.nested.score + 1 };
      if (row.id % 3 === 2) yield { id: -row.id };
    }`);
    for (const how of [{}, { spanBytes: 10_000 }, { windowBytes: 700 }]) {
      const report = await run(linesOf(ROWS), { key: 'id', indexes: ['sum'], transform, ...how });
      expect(report.records).toEqual({
        read: 3000,
        stored: 3000,
        rejected: 0,
        filtered: 1000,
        added: 1000,
        replaced: 0,
      });
      expect(await texts()).toEqual(
        ROWS.flatMap(({ id, nested: { score } }) => [
          ...(id % 3 === 0 ? [] : [JSON.stringify({ id, sum: score + 1 })]),
          ...(id % 3 === 2 ? [JSON.stringify({ id: -id })] : []),
        ]),
      );
      expect(await store.collection('records').get(-5)).toEqual({ id: -5 });
      expect((await store.verify()).faults).toEqual([]);
    }
  });

  test('what it leaves unchanged keeps its spelling', async () => {
    const { run, texts } = await testStore(kind);
    const lines = [
      '{"id":1,"big":12345678901234567890,"x":1.0}',
      '{"id":2,"e":"\\u0041","a":1,"a":2}',
      '[1,2]',
      'null',
    ];
    await run(lines.join('\n'), { shape: 'ndjson', transform: moduleWith('export default (row) => row;') });
    expect(await texts()).toEqual(lines);
    await run(lines.join('\n'), {
      shape: 'ndjson',
      transform: moduleWith('export default (row) => (row?.id === 1 ? { ...row, id: 3 } : row);'),
    });
    expect((await texts())[0]).toBe('{"id":3,"big":12345678901234567000,"x":1}');
    expect((await texts()).slice(1)).toEqual(lines.slice(1));
  });

  test('members of an object keep their names; pick comes last', async () => {
    const { run, texts } = await testStore(kind);
    const transform = moduleWith('export default ({ n }) => ({ n: n * 2, m: n });');
    await run('{"a":{"n":1},"b":{"n":2}}', { shape: 'object', transform, pick: ['m'], where: ['n>1'] });
    expect(await texts()).toEqual(['{"key":"b","value":{"m":2}}']);
  });

  test.each([
    ['throws', 'export default () => { throw new Error("no way"); };', 'no way'],
    ['gives a big integer', 'export default () => ({ id: 1n });', 'BigInt'],
    ['gives a cycle', 'export default (row) => { row.row = row; return row; };', 'circular'],
    ['gives NaN', 'export default () => ({ id: 1, n: NaN });', 'NaN'],
    ['gives a hole', 'export default () => ({ id: 1, n: [undefined] });', 'undefined'],
    ['gives a map', 'export default () => ({ id: 1, n: new Map() });', 'Map'],
    ['gives a function', 'export default () => () => 1;', 'function'],
    ['gives a promise', 'export default () => Promise.resolve(1);', 'promise'],
    ['gives no key', 'export default () => ({});', 'key'],
    ['is too deep', 'export default () => JSON.parse("[".repeat(5000) + "]".repeat(5000));', 'deep'],
  ])('a record for which it %s is bad', async (_, code, message) => {
    const { store, run } = await testStore(kind);
    const options = { key: 'id', depthMax: 100, transform: moduleWith(code) };
    const source = '{"id":0}\n{"id":1}\n{"id":2}\n';
    await expect(run(source, { ...options, where: ['id=1'] })).rejects.toMatchObject({
      ...{ code: 'BAD_RECORD', offset: 9, line: 2, record: 1, message: expect.stringContaining(message) },
    });
    await run(source, { ...options, where: ['id=1'], onBadRecord: 'quarantine', maxBad: 5, limit: 1 });
    const [file] = await store.quarantine.files();
    for await (const one of store.quarantine.records(file!.name)) {
      expect(one).toMatchObject({ line: 2, record: 1, text: '{"id":1}', message: expect.stringContaining(message) });
    }
  });

  test.each([
    ['has no default export', 'export const a = 1;', 'default export'],
    ['is async', 'export default async (row) => row;', 'promise'],
    ['does not parse', 'export default (', 'cannot be loaded'],
  ])('a module that %s is refused', async (_, code, message) => {
    const { run, state } = await testStore(kind);
    const before = await state();
    await expect(run('{"id":1}', { transform: moduleWith(code) })).rejects.toMatchObject({
      ...{ code: 'TRANSFORM_NOT_LOADED', message: expect.stringContaining(message) },
    });
    expect(await state()).toMatchObject({ records: (before as { records: unknown }).records });
  });
});

describe('sources', () => {
  test('files of a folder, with names that count all records of their files', async () => {
    const { store } = await testStore();
    const folder = join(scratch(), 'files');
    mkdirSync(folder);
    writeFileSync(join(folder, 'many.json'), '[{"n":1},{"n":2},{"n":3}]');
    writeFileSync(join(folder, 'no.json'), '{"n":0}');
    writeFileSync(join(folder, 'one.json'), ' {"n":5, "m":1}\n');
    const report = await store.import(folder, { where: ['n>1'], omit: ['m'] });
    expect(report.records).toEqual({ read: 5, stored: 3, rejected: 0, filtered: 2, replaced: 0 });
    const keys: unknown[] = [];
    for await (const { key, text } of store.collection('records').rangeText()) keys.push([key, text]);
    expect(keys).toEqual([
      ['many.json#1', '{"key":"many.json#1","value":{"n":2}}'],
      ['many.json#2', '{"key":"many.json#2","value":{"n":3}}'],
      ['one.json', '{"key":"one.json","value":{"n":5}}'],
    ]);
    expect((await store.import(folder, { limit: 2 })).records).toMatchObject({ read: 2, stored: 2 });
  });

  test('compressed files and streams', async () => {
    const { store, texts } = await testStore();
    const path = join(scratch(), 'rows.ndjson.gz');
    writeFileSync(path, gzipSync(linesOf(ROWS)));
    const expected = ROWS.filter(passes)
      .slice(0, 50)
      .map((row) => JSON.stringify(changed(row)));
    for (const source of [path, Readable.from([linesOf(ROWS)]), Readable.from(ROWS)]) {
      await store.import(source, { key: 'id', ...RULES, limit: 50 });
      expect(await texts()).toEqual(expected);
    }
  });

  test('a stream that does not end is read as far as the limit', async () => {
    const { store, texts } = await testStore();
    let given = 0;
    const endless = (function* () {
      for (;;) yield { id: given++, text: 'x'.repeat(10_000) };
    })();
    await store.import(endless, { limit: 10, pick: ['id'] });
    expect(await texts()).toEqual(Array.from({ length: 10 }, (_, id) => `{"id":${id}}`));
  });

  test('errors name the place in the source, and bad records after the last one do not count', async () => {
    const { run } = await testStore();
    const source = '{"id":1,"a":1}\n{"no":"key"}\n{"id":2}\nbad\n{"id":3}\n';
    await expect(run(source, { key: 'id', where: ['id!=1'] })).rejects.toMatchObject({
      ...{ code: 'BAD_RECORD', offset: 15, line: 2, record: 1 },
    });
    const options = { key: 'id', onBadRecord: 'skip', pick: ['id'] } as const;
    expect((await run(source, { ...options, limit: 2 })).records).toMatchObject({ read: 3, stored: 2, rejected: 1 });
    expect((await run(source, { ...options, limit: 3 })).records).toMatchObject({ read: 5, stored: 3, rejected: 2 });
    // A record that is filtered needs no key.
    expect((await run(source, { ...options, where: ['!no'] })).records).toMatchObject({ rejected: 1, filtered: 1 });
  });

  test('a repeated key is told of by its record in the source', async () => {
    const { run } = await testStore();
    const source = '{"id":1}\n{"id":9}\nbad\n{"id":2}\n{"id":1}\n';
    const options = { key: 'id', onDuplicate: 'error', onBadRecord: 'skip' } as const;
    await expect(run(source, { ...options, where: ['id!=9'] })).rejects.toMatchObject({
      code: 'DUPLICATE_KEY',
      record: 4,
    });
    const transform = moduleWith(
      'export default function* (r) { yield r; if (r.id === 9) { yield { id: 8 }; yield { id: 7 }; } }',
    );
    await expect(run(source, { ...options, transform })).rejects.toMatchObject({ code: 'DUPLICATE_KEY', record: 4 });
  });
});

describe('options', () => {
  test.each([
    [{ key: 'id', pick: ['name'] }, 'pick'],
    [{ indexes: ['a.b'], omit: ['a'] }, 'omit'],
    [{ key: ['a', 'b'], omit: ['b'] }, 'omit'],
    [{ sample: 0 }, 'sample'],
    [{ limit: 0 }, 'limit'],
    [{ where: ['a = {}'] }, 'where'],
    [{ where: Array.from({ length: 31 }, (_, i) => `a${i}`) }, 'where'],
    [{ transform: '/does/not/exist.mjs' }, 'transform'],
    [{ transform: '' }, 'transform'],
  ] as const)('%j is refused', async (options, name) => {
    const { run } = await testStore('in memory');
    await expect(run('{"id":1}', options)).rejects.toThrow(
      new RegExp(`options\\.${name}|options\\.pick and options\\.${name}`),
    );
  });

  test('a synchronisation keeps to them, and reads all again if they change', async () => {
    const tree = new Tree();
    tree.write('a.ndjson', linesOf(ROWS.slice(0, 2000)));
    tree.write('b.ndjson', linesOf(ROWS.slice(2000, 2500)));
    const { sync, store } = await syncedStore('on disk');
    const transform = join(scratch(), 'module.mjs');
    writeFileSync(transform, 'export default ({ id, nested }) => ({ id, n: nested.score });');
    const rules = { key: 'id', where: ['group!=g1'], sample: 0.5, transform };
    for (const options of [rules, { ...rules, where: [] }, { key: 'id', limit: 100 }]) {
      await sync(tree.root, options);
      expect(await contentOf(store)).toEqual(await freshly(tree.root, options));
      tree.append('a.ndjson', linesOf([{ ...ROWS[0], id: 10_000 + Object.keys(options).length }]));
      tree.write('b.ndjson', linesOf(ROWS.slice(2400, 2600)));
      await sync(tree.root, options);
      expect(await contentOf(store)).toEqual(await freshly(tree.root, options));
    }
    await sync(tree.root, rules);
    expect((await sync(tree.root, rules)).bytesRead).toBe(0);
    writeFileSync(transform, 'export default ({ id }) => ({ id, n: 1 });');
    await sync(tree.root, rules);
    expect(await contentOf(store)).toEqual(await freshly(tree.root, rules));
    await expect(sync(tree.root, { log: true, limit: 1 })).rejects.toThrow('limit');
  });
});
