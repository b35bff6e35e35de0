// Goal: the command line, config files and variables take composite keys as the library does. Method: real processes, with
// JSON.parse of what they print.

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { gristmill } from '../support/cli.js';
import { fileWith, scratch } from '../support/import-files.js';

const rows = Array.from({ length: 60 }, (_, i) => ({ tenant: `t${i % 3}`, id: i, at: { day: i % 5, hour: i % 2 } }));
const text = rows.map((row) => JSON.stringify(row)).join('\n');
const INDEX = '["at.day","at.hour"]';

const records = (stdout: string): unknown[] =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

async function imported(...more: string[]) {
  const store = join(scratch(), 'store');
  const source = fileWith(text, 'rows.ndjson');
  const args = more.length > 0 ? more : ['--key', 'tenant', '--key', 'id', '--index', 'id', '--index', INDEX];
  const { code, stdout, stderr } = await gristmill('import', source, '--store', store, '--json', ...args);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return { store, source, report: JSON.parse(stdout) };
}

describe('import', () => {
  test('takes the paths of the components, and reports them', async () => {
    const { store, report } = await imported();
    expect(report.indexes).toMatchObject([
      { path: ['tenant', 'id'], entries: 60 },
      { path: 'id', entries: 60 },
      { path: ['at.day', 'at.hour'], entries: 60 },
    ]);
    const { stdout } = await gristmill('stat', '--store', store);
    expect(stdout).toMatch(/key +\["tenant","id"\]/);
    expect(stdout).toContain(INDEX);
    const json = JSON.parse((await gristmill('stat', '--store', store, '--json')).stdout);
    expect(json).toMatchObject({ format: 2, collections: [{ key: ['tenant', 'id'] }] });
  });

  test('takes them as one JSON array too', async () => {
    const { report } = await imported('--key', '["tenant", "/id"]');
    expect(report.indexes).toMatchObject([{ path: ['tenant', '/id'], entries: 60 }]);
  });

  test('refuses a list of one, and a place that is named twice', async () => {
    const source = fileWith(text, 'rows.ndjson');
    for (const [args, message] of [
      [['--key', '["tenant"]'], /--key: .*2 to 16 paths, not 1/],
      [['--key', 'id', '--key', '/id'], /--key: .*name the same place/],
      [['--index', INDEX, '--index', INDEX], /--index(es)?: .*is given twice/],
    ] as const) {
      const { code, stderr } = await gristmill('import', source, '--store', join(scratch(), 's'), ...args);
      expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringMatching(message) });
    }
  });

  test('takes them from a config file and from variables', async () => {
    const config = fileWith(
      JSON.stringify({ import: { key: ['tenant', 'id'], indexes: ['id', ['at.day', 'at.hour']] } }),
      'gristmill.config.json',
    );
    const { report } = await imported('--config', config);
    expect(report.indexes.map(({ path }: { path: unknown }) => path)).toEqual([
      ['tenant', 'id'],
      'id',
      ['at.day', 'at.hour'],
    ]);
    const source = fileWith(text, 'rows.ndjson');
    process.env.GRISTMILL_IMPORT_KEY = '["tenant","id"]';
    process.env.GRISTMILL_IMPORT_INDEXES = `id, ${INDEX}`;
    try {
      const { stdout } = await gristmill('import', source, '--store', join(scratch(), 's'), '--json');
      expect(JSON.parse(stdout).indexes).toMatchObject(report.indexes);
      const shown = await gristmill('config');
      expect(shown.stdout).toContain(`id,${INDEX}`);
    } finally {
      delete process.env.GRISTMILL_IMPORT_KEY;
      delete process.env.GRISTMILL_IMPORT_INDEXES;
    }
  });
});

describe('reading', () => {
  test('get takes JSON arrays, with numbers in any spelling', async () => {
    const { store } = await imported();
    const { code, stdout, stderr } = await gristmill('get', '--store', store, '["t1",4]', '[ "t2" , 5.0 ]', '["t1",5]');
    expect(records(stdout)).toEqual([rows[4], rows[5]]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('has the key ["t1",5]') });
    const found = await gristmill('get', '--store', store, '--index', INDEX, '[3,1]');
    expect(records(found.stdout)).toEqual(rows.filter(({ at }) => at.day === 3 && at.hour === 1));
    const wrong = await gristmill('get', '--store', store, 't1');
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('has 2 components, ["tenant","id"]') });
    const asText = await gristmill('get', '--store', store, '--index', 'id', '--string', '["t1",4]');
    expect(asText).toMatchObject({ code: 1 });
  });

  test('range takes bounds and prefixes', async () => {
    const { store } = await imported();
    const sorted = [...rows].sort((l, r) => (l.tenant < r.tenant ? -1 : l.tenant > r.tenant ? 1 : l.id - r.id));
    const read = async (...args: string[]) => records((await gristmill('range', '--store', store, ...args)).stdout);
    expect(await read()).toEqual(sorted);
    expect(await read('--prefix', '["t1"]')).toEqual(sorted.filter(({ tenant }) => tenant === 't1'));
    expect(await read('--gte', '["t1",30]', '--lt', '["t2"]')).toEqual(
      sorted.filter(({ tenant, id }) => tenant === 't1' && id >= 30),
    );
    const byDay = await read('--index', INDEX, '--prefix', '[4]', '--reverse', '--limit', '2');
    expect(byDay).toMatchObject([{ at: { day: 4, hour: 1 } }, { at: { day: 4, hour: 1 } }]);
  });
});

test('put, patch and delete take composite keys; put makes a collection that has one', async () => {
  const store = join(scratch(), 'store');
  const put = await gristmill(
    'put',
    '{"a":1,"b":"x"}',
    '--store',
    store,
    '--key',
    'a',
    '--key',
    'b',
    '--index',
    '["b","a"]',
  );
  expect(put).toMatchObject({ code: 0 });
  const again = await gristmill('put', '{"a":2,"b":"x"}', '--store', store, '--key', 'a', '--key', 'b');
  expect(again).toMatchObject({ code: 0 });
  const other = await gristmill('put', '{"a":2,"b":"x"}', '--store', store, '--key', 'a');
  expect(other.stderr).toContain('has the key ["a","b"] and the indexes ["a","b"], ["b","a"]');
  expect(await gristmill('patch', '[1,"x"]', '{"c":true}', '--store', store)).toMatchObject({ code: 0 });
  const get = await gristmill('get', '[1,"x"]', '--store', store);
  expect(records(get.stdout)).toEqual([{ a: 1, b: 'x', c: true }]);
  expect(await gristmill('delete', '[1,"x"]', '--store', store)).toMatchObject({ code: 0 });
  const left = await gristmill('range', '--store', store, '--index', '["b","a"]');
  expect(records(left.stdout)).toEqual([{ a: 2, b: 'x' }]);
});

test('an upsert and an export of what was imported', async () => {
  const { store } = await imported();
  const change = fileWith('{"tenant":"t1","id":4,"new":true}', 'change.ndjson');
  const flags = ['--key', 'tenant', '--key', 'id', '--index', INDEX, '--index', 'id', '--mode', 'upsert'];
  const upsert = await gristmill('import', change, '--store', store, '--json', ...flags);
  expect(JSON.parse(upsert.stdout)).toMatchObject({ updated: 1, records: { stored: 1 } });
  const exported = await gristmill('export', '--store', store);
  expect(records(exported.stdout)).toHaveLength(60);
  const wrong = await gristmill('import', change, '--store', store, '--key', 'tenant', '--mode', 'upsert');
  expect(wrong.stderr).toContain('has its key at path ["tenant","id"]');
});
