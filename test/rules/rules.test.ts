// Goal: an import with where, sample, transform, pick, omit or limit stores what a plain import stores of records that were
// filtered and changed before, in each layout, whatever workers and spans there are; counts add up and errors name the source.
// Method: records are changed here, from what JSON.parse gives, and imported plainly; texts and counts are compared.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scratch } from '../support/import-files.js';
import { KINDS, testStore } from '../support/import-store.js';
import { textsOf } from '../support/rows.js';
import { ROWS, type Row } from '../support/rule-rows.js';
import { linesOf } from '../support/sync.js';

const NAMED = Object.fromEntries(ROWS.map((row) => [`name ${row.id}`, row]));

/** Layouts of the same records, each with the options that it is read with. */
const LAYOUTS = {
  lines: [linesOf(ROWS), {}],
  pretty: [ROWS.map((row) => JSON.stringify(row, null, 2)).join('\n'), {}],
  array: [JSON.stringify(ROWS), {}],
  'pretty array': [JSON.stringify(ROWS, null, 1), {}],
  object: [JSON.stringify(NAMED), { layout: 'object' }],
  select: [JSON.stringify({ page: 1, data: { rows: ROWS }, more: 'no' }), { select: '/data/rows' }],
} as const;

const RULES = { where: ['nested.score>=300', 'group!=g3'], pick: ['id', 'nested'], omit: ['nested.tags'] };
const passes = ({ nested, group }: Row) => nested.score >= 300 && group !== 'g3';
const changed = ({ id, nested: { score } }: Row) => ({ id, nested: { score } });

describe.each(Object.entries(LAYOUTS))('%s', (layout, [text, options]) => {
  // Threads once: the rest is the same with them.
  const KIND = layout === 'lines' ? 'on disk' : 'in memory';
  const key = layout === 'object' ? {} : ({ key: 'id' } as const);

  test.each([
    ['one span', {}],
    ['many spans', { spanBytes: 40_000 }],
    ['small windows', { windowBytes: 700 }],
  ])('where, pick and omit, in %s', async (_, how) => {
    const { store, run, texts } = await testStore(KIND);
    const report = await run(text, { ...options, ...key, ...how, indexes: ['nested.score'], ...RULES });
    const expected = ROWS.filter(passes);
    expect(report.records).toEqual({
      ...{ read: 3000, stored: expected.length, rejected: 0, filtered: 3000 - expected.length, replaced: 0 },
    });
    expect(await texts()).toEqual(expected.map((row) => JSON.stringify(changed(row))));
    const found = expected[17]!;
    const records = store.collection('records');
    expect(await records.getText(layout === 'object' ? `name ${found.id}` : found.id)).toBe(
      JSON.stringify(changed(found)),
    );
    const same = expected.filter(({ nested }) => nested.score === found.nested.score);
    const matching: string[] = [];
    for await (const one of textsOf(records.findText('nested.score', found.nested.score))) matching.push(one);
    expect(matching.sort()).toEqual(same.map((row) => JSON.stringify(changed(row))).sort());
    expect((await store.verify()).faults).toEqual([]);
  });

  test('limit stores the first that pass, and reads no further', async () => {
    const { run, texts } = await testStore(KIND);
    const expected = ROWS.filter(passes).slice(0, 1234);
    for (const how of [{}, { spanBytes: 40_000 }, { spanBytes: 40_000, workers: 1 }, { windowBytes: 700 }]) {
      const report = await run(text, { ...options, ...key, ...how, where: RULES.where, limit: 1234 });
      const read = expected.at(-1)!.id + 1;
      expect(report.records).toEqual({ read, stored: 1234, rejected: 0, filtered: read - 1234, replaced: 0 });
      expect(await texts()).toEqual(expected.map((row) => JSON.stringify(row)));
    }
  });

  test('a sample is the same in each way', async () => {
    const { run, texts } = await testStore(KIND);
    const samples: string[][] = [];
    for (const how of [{}, { spanBytes: 40_000 }, { windowBytes: 700, workers: 1 }]) {
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
    for (const how of [{}, { spanBytes: 40_000 }, { windowBytes: 700 }]) {
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
    await run(lines.join('\n'), { layout: 'ndjson', transform: moduleWith('export default (row) => row;') });
    expect(await texts()).toEqual(lines);
    await run(lines.join('\n'), {
      layout: 'ndjson',
      transform: moduleWith('export default (row) => (row?.id === 1 ? { ...row, id: 3 } : row);'),
    });
    expect((await texts())[0]).toBe('{"id":3,"big":12345678901234567000,"x":1}');
    expect((await texts()).slice(1)).toEqual(lines.slice(1));
  });

  test('members of an object keep their names; pick comes last', async () => {
    const { store, run, texts } = await testStore(kind);
    const transform = moduleWith('export default ({ n }) => ({ n: n * 2, m: n });');
    await run('{"a":{"n":1},"b":{"n":2}}', { layout: 'object', transform, pick: ['m'], where: ['n>1'] });
    expect(await texts()).toEqual(['{"m":2}']);
    expect(await store.collection('records').get('b')).toEqual({ m: 2 });
  });

  test.each([
    ['throws', 'export default () => { throw new Error("no way"); };', 'no way'],
    ['gives a date', 'export default () => ({ id: 1, at: new Date() });', 'Date'],
    ['gives a cycle', 'export default (row) => { row.row = row; return row; };', 'circular'],
    ['gives NaN', 'export default () => ({ id: 1, n: NaN });', 'NaN'],
    ['gives a hole', 'export default () => ({ id: 1, n: [undefined] });', 'undefined'],
    ['gives a map', 'export default () => ({ id: 1, n: new Map() });', 'Map'],
    ['gives a function', 'export default () => () => 1;', 'function'],
    ['gives a promise', 'export default () => Promise.resolve(1);', 'promise'],
    ['gives no key', 'export default () => ({});', 'key'],
    ['is too deep', 'export default () => JSON.parse("[".repeat(500) + "]".repeat(500));', 'deep'],
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
