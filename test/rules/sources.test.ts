// Goal: options that decide about records hold for each kind of source and in a synchronisation, errors name the source, and
// options that contradict each other are refused. Method: as in rules.test.ts.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { scratch } from '../support/import-files.js';
import { testStore } from '../support/import-store.js';
import { ROWS, type Row } from '../support/rule-rows.js';
import { contentOf, freshly, linesOf, syncedStore, Tree } from '../support/sync.js';

const RULES = { where: ['nested.score>=300', 'group!=g3'], pick: ['id', 'nested'], omit: ['nested.tags'] };
const passes = ({ nested, group }: Row) => nested.score >= 300 && group !== 'g3';
const changed = ({ id, nested: { score } }: Row) => ({ id, nested: { score } });

/** A module of the test. */
function moduleWith(code: string, name = 'transform.mjs'): string {
  const path = join(scratch(), name);
  writeFileSync(path, code);
  return path;
}

describe('sources', () => {
  test('files of a folder, with names that count all records of their files', async () => {
    const { store } = await testStore('in memory');
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
      ['many.json#1', '{"n":2}'],
      ['many.json#2', '{"n":3}'],
      ['one.json', '{"n":5}'],
    ]);
    expect((await store.import(folder, { limit: 2 })).records).toMatchObject({ read: 2, stored: 2 });
  });

  test('compressed files and streams', async () => {
    const { store, texts } = await testStore('in memory');
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
    const { store, texts } = await testStore('in memory');
    let given = 0;
    const endless = (function* () {
      for (;;) yield { id: given++, text: 'x'.repeat(10_000) };
    })();
    await store.import(endless, { limit: 10, pick: ['id'] });
    expect(await texts()).toEqual(Array.from({ length: 10 }, (_, id) => `{"id":${id}}`));
  });

  test('a stream that fails after the limit has given what is wanted', async () => {
    const { store, texts } = await testStore('in memory');
    const failing = (good: number) =>
      (function* () {
        for (let id = 0; id < good; id++) yield { id };
        throw new Error('the database went away');
      })();
    for (const good of [10, 11, 1000]) {
      await store.import(failing(good), { limit: 10, spanBytes: 500 });
      expect(await texts()).toEqual(Array.from({ length: 10 }, (_, id) => `{"id":${id}}`));
    }
    await expect(store.import(failing(9), { limit: 10 })).rejects.toMatchObject({ code: 'SOURCE_FAILED' });
  });

  test('errors name the place in the source, and bad records after the last one do not count', async () => {
    const { run } = await testStore('in memory');
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
    const { run } = await testStore('in memory');
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
