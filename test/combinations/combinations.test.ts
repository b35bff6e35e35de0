// Goal: options that say how a source is spelled or kept, and options that say which records are stored, work together: what is
// stored is what the same records give that were written as plain JSON.
// Method: small sources in several forms. The oracles are JSON.parse and the json5 package.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import json5 from 'json5';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ImportOptions, type ImportSource, memory, openStore } from '../../dist/src/index.js';
import { TAR_END, tarOf, zipOf } from '../support/archives.js';
import { makeDirectory } from '../support/import-files.js';

let directory: ReturnType<typeof makeDirectory>;
beforeAll(() => {
  directory = makeDirectory();
});
afterAll(() => directory.remove());

function file(name: string, content: string | Uint8Array): string {
  const path = join(directory.path, name);
  writeFileSync(path, content);
  return path;
}

async function imported(source: ImportSource, options: ImportOptions = {}) {
  const store = await openStore(memory());
  try {
    const { records } = await store.import(source, options);
    const texts: [unknown, string][] = [];
    for await (const { key, text } of store.collection().rangeText()) texts.push([key, text]);
    return { texts, records };
  } finally {
    await store.close();
  }
}

/** The values as a file of lines. */
const asLines = (values: readonly unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');

describe('spelling and rules', () => {
  const JSON5 = `// people
[ { id: 1, name: 'ann', age: 0x1E, }, /* x */ { 'id': 2, "na\\u006de": 'b\\
ob', age: .5, tags: ['a', 'b',], },
{"id":3,"name":"c","age":40}, { id: +4, name: "d", age: 4e1, gone: null } ]`;
  const RULES: readonly ImportOptions[] = [
    { where: ['age>=30'] },
    { where: ['tags=b'], pick: ['id', 'tags'] },
    { omit: ['name'] },
    { sample: 0.5 },
    { limit: 2 },
    { transform: 'export default (r) => r.id === 3 ? undefined : { ...r, more: true };' },
    { transform: 'export default (r) => [r].values();', omit: ['age'] },
  ];

  test.each(RULES)('JSON5: %j', async (rules) => {
    const options = { key: 'id', indexes: ['tags'], ...moduleOf(rules) };
    const strict = file('strict.ndjson', asLines(json5.parse(JSON5)));
    const found = await imported(file('a.json5', JSON5), { ...options, dialect: 'json5' });
    const expected = await imported(strict, options);
    expect(found.records).toEqual(expected.records);
    expect(found.texts.map(([key, text]) => [key, JSON.parse(text)])).toEqual(
      expected.texts.map(([key, text]) => [key, JSON.parse(text)]),
    );
  });

  test('members of an object, with names that are bare', async () => {
    const source = file('members.json5', '{ann: {age: 0x10, x: 1}, \'b\\x6fb\': {age: 3,}, "c": {"age": 17}}');
    const options = { dialect: 'json5', layout: 'object', where: ['age>10'], omit: ['x'] } as const;
    const { texts } = await imported(source, options);
    expect(texts).toEqual([
      ['ann', '{"age":16}'],
      ['c', '{"age":17}'],
    ]);
  });

  test('NaN and infinities are what they became when conditions and keys look at them', async () => {
    const source = file('nan.ndjson', '{"id":NaN,"a":1}\n{"id":-Infinity,"a":2}\n{"id":3,"a":NaN}\n');
    const strings = await imported(source, { key: 'id', nonfinite: 'string', pick: ['id'], where: ['id!=3'] });
    expect(strings.texts).toEqual([
      ['-Infinity', '{"id":"-Infinity"}'],
      ['NaN', '{"id":"NaN"}'],
    ]);
    const nulls = await imported(source, { nonfinite: 'null', where: ['a=null'] });
    expect(nulls.texts).toEqual([[0, '{"id":3,"a":null}']]);
  });

  test('a text sequence gives what its lines give', async () => {
    const values = [{ a: 1, b: 'x' }, { a: 2 }, { a: 3 }];
    const sequence = file('texts.json', values.map((value) => `\x1e${JSON.stringify(value)}\n`).join(''));
    const rules = { where: ['a<3'], omit: ['b'], indexes: ['a'] };
    expect(await imported(sequence, rules)).toEqual(await imported(file('lines.ndjson', asLines(values)), rules));
    await expect(imported(sequence, { ...rules, key: 'b', omit: [] })).rejects.toMatchObject({
      code: 'BAD_RECORD',
      record: 1,
      offset: sequenceOffset(values, 1),
    });
  });
});

describe('positions and rules', () => {
  const ROWS = [[1, 'a', { x: 1, y: 2 }], [2, 'b', { x: 3 }], [3, 'c'], { 1: 'b' }];

  test('a condition looks at the element that a key would look at', async () => {
    const source = file('rows.json', JSON.stringify(ROWS));
    const { texts, records } = await imported(source, { where: ['/1=b'] });
    expect(texts.map(([, text]) => JSON.parse(text))).toEqual([ROWS[1], ROWS[3]]);
    expect(records).toMatchObject({ read: 4, stored: 2, filtered: 2 });
  });

  test('picked and omitted members of elements', async () => {
    const source = file('rows-of-rows.json', '{"a":[{"rows":[[1,{"x":1,"y":2}],[2,{"y":3}]]},{"rows":[[3,{"x":4}]]}]}');
    const options = { select: '/a/*/rows', key: '/0', layout: 'array' } as const;
    const picked = await imported(source, { ...options, pick: ['/0', '/1/x'], where: ['/0<3'] });
    expect(picked.texts.map(([, text]) => text)).toEqual(['[1,{"x":1}]', '[2,{}]']);
    const omitted = await imported(source, { ...options, omit: ['/1/x'] });
    expect(omitted.texts.map(([, text]) => text)).toEqual(['[1,{"y":2}]', '[2,{"y":3}]', '[3,{}]']);
  });

  test('what a transparent path omits of elements cannot be a key', async () => {
    await expect(imported(file('r.json', '[]'), { key: '/r/0/x', omit: ['r.x'] })).rejects.toThrow(TypeError);
    await expect(imported(file('r.json', '[]'), { key: 'r.x', omit: ['/r/0/x'] })).rejects.toThrow(TypeError);
  });
});

describe('formats, and options that are for others', () => {
  const CSV = 'id,v\n1,x\n2,y\n3\n4,x\n';
  const csv = () => Buffer.from(CSV);
  const entries = () => [
    { name: 'a.csv', data: csv() },
    { name: 'b.csv.gz', data: gzipSync('id,v\n5,x\n') },
    { name: 'c.json', data: Buffer.from('[]') },
  ];
  const archives = () => [
    file('a.zip', zipOf(entries())),
    file('a.tar', Buffer.concat([tarOf(entries()), TAR_END])),
    Readable.from([gzipSync(Buffer.concat([tarOf(entries()), TAR_END]))]),
  ];

  test('rows of archives get types, conditions and a limit', async () => {
    const options = { include: ['*.csv', '*.csv.gz'], types: 'auto', key: 'id', onBadRecord: 'skip' } as const;
    for (const source of archives()) {
      const { texts, records } = await imported(source, { ...options, where: ['v=x'], omit: ['v'], limit: 3 });
      expect(texts).toEqual([1, 4, 5].map((id) => [id, `{"id":${id}}`]));
      expect(records).toMatchObject({ read: 5, stored: 3, filtered: 1, rejected: 1 });
    }
  });

  test('an option that a row has no use for is refused, also for a file in an archive', async () => {
    const refused: readonly ImportOptions[] = [{ layout: 'array' }, { select: '/*/rows' }];
    for (const source of archives().slice(0, 2)) {
      for (const options of refused) {
        await expect(imported(source, { include: ['*.csv'], ...options })).rejects.toThrow(TypeError);
      }
      await expect(imported(source, { include: ['*.csv', '*.json'], types: 'auto' })).rejects.toThrow(/c\.json/);
    }
    const ofJson: readonly ImportOptions[] = [{ dialect: 'json5' }, { nonfinite: 'null' }, { onTruncated: 'keep' }];
    for (const options of [...refused, ...ofJson]) {
      await expect(imported(file('a.csv', CSV), options)).rejects.toThrow(/is read as csv/);
      await expect(imported(file('a.txt', CSV), { ...options, format: 'csv' })).rejects.toThrow(TypeError);
    }
  });
});

test('a bulk file is refused with rules, but not with lists that are empty', async () => {
  const bulk = file('a.bulk', '{"index":{"_id":"1"}}\n{"a":1}\n');
  const empty = { where: [], pick: [], omit: [] };
  const { texts } = await imported(bulk, { format: 'es-bulk', ...empty });
  expect(texts).toEqual([['1', '{"a":1}']]);
  for (const rule of [{ where: ['a'] }, { limit: 1 }, { sample: 0.5 }, { omit: ['a'] }]) {
    await expect(imported(bulk, { format: 'es-bulk', ...empty, ...rule })).rejects.toThrow(TypeError);
  }
  await expect(imported(bulk, { format: 'es-bulk', nonfinite: 'null' })).rejects.toThrow(TypeError);
});

/** Where a text of such a sequence begins. */
const sequenceOffset = (values: readonly unknown[], n: number) =>
  values.slice(0, n).reduce<number>((sum, value) => sum + JSON.stringify(value).length + 2, 1);

/** The options with a file that has the text of their transform. */
function moduleOf({ transform, ...options }: ImportOptions): ImportOptions {
  if (transform === undefined) return options;
  return { ...options, transform: file(`transform-${transform.length}.mjs`, transform) };
}
