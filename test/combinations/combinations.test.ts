// Goal: options that say how a source is spelled or kept, and options that say which records are stored, work together: what is
// stored is what the same records give that were written as plain JSON.
// Method: small sources in several forms. The oracles are JSON.parse and the json5 package.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import json5 from 'json5';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ImportOptions, type ImportSource, memory, openStore } from '../../dist/src/index.js';
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
    { transform: 'data:text/javascript,export default (r) => r.id === 3 ? undefined : { ...r, more: true };' },
    { transform: 'data:text/javascript,export default (r) => [r].values();', omit: ['age'] },
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
    const source = file('members.json5', "{ann: {age: 0x10, x: 1}, 'b\\x6fb': {age: 3,}, \"c\": {\"age\": 17}}");
    const options = { dialect: 'json5', shape: 'object', where: ['age>10'], omit: ['x'] } as const;
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

/** Where a text of such a sequence begins. */
const sequenceOffset = (values: readonly unknown[], n: number) =>
  values.slice(0, n).reduce<number>((sum, value) => sum + JSON.stringify(value).length + 2, 1);

/** Options whose transform is a file. */
function moduleOf({ transform, ...options }: ImportOptions): ImportOptions {
  if (transform === undefined) return options;
  const source = transform.slice(transform.indexOf(',') + 1);
  return { ...options, transform: file(`transform-${source.length}.mjs`, source) };
}
