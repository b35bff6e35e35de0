// Goal: an import with option validate stores the records that are valid against the schema and rejects the others, each with the
// pointer, keyword and message that ajv gives; and this in each layout, whatever rules come before.
// Method: random schemas and random records, half of them near to what the schemas ask for. The oracle is ajv, called record by
// record on what JSON.parse gives.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runs } from '../support/effort.js';
import { scratch } from '../support/import-files.js';
import { testStore } from '../support/import-store.js';
import { quarantined } from '../support/quarantined.js';
import { checkOf, recordsNear, schemas } from '../support/schemas.js';

/** What ajv says of a text: nothing, or where and why. */
function verdict(validate: ReturnType<typeof checkOf>, text: string) {
  if (validate(JSON.parse(text))) return undefined;
  const { instancePath: pointer, keyword } = validate.errors![0]!;
  return { pointer, keyword };
}

const LAYOUTS: Record<string, (texts: readonly string[]) => readonly [string, object]> = {
  lines: (texts) => [texts.map((text) => `${text}\n`).join(''), {}],
  'an array': (texts) => [`[\n${texts.join(' ,\n ')}]`, { layout: 'array' }],
  'members of an object': (texts) => [
    `{${texts.map((text, i) => `"n${i}": ${text}`).join(',')}}`,
    { layout: 'object' },
  ],
};

describe('verdict and pointer are those of ajv, record by record', () => {
  test.each(Object.entries(LAYOUTS))('%s', async (_, layout) => {
    const cases = fc.record({ schema: schemas, texts: fc.array(recordsNear, { minLength: 1, maxLength: 60 }) });
    await fc.assert(
      fc.asyncProperty(cases, async ({ schema, texts }) => {
        const validate = checkOf(schema);
        const [source, options] = layout(texts);
        const verdicts = texts.map((text) => verdict(validate, text));
        const importing = quarantined(source, { ...options, validate: JSON.stringify(schema) });
        if (verdicts.every((one) => one !== undefined)) {
          await expect(importing).rejects.toMatchObject({ code: 'TOO_MANY_BAD_RECORDS', reason: 'SCHEMA_VIOLATION' });
          return;
        }
        const { store, records } = await importing;
        const rejected = new Map((await records().catch(() => [])).map((one) => [one.record, one]));
        const stored: unknown[] = [];
        for await (const { text } of store.collection('records').scanText()) stored.push(text);
        expect(stored).toEqual(texts.filter((_, i) => verdicts[i] === undefined));
        expect([...rejected.keys()].sort((a, b) => a - b)).toEqual(verdicts.flatMap((one, i) => (one ? [i] : [])));
        for (const [i, { reason, violation }] of rejected) {
          expect(reason).toBe('SCHEMA_VIOLATION');
          expect(violation).toEqual(verdicts[i]);
        }
      }),
      { numRuns: runs(24) },
    );
  });
});

describe('what a user sees', () => {
  const SCHEMA = { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] };
  const TEXT = '{"id":1}\n{"id":"2"}\n{}\n{"id":4}\n';

  test('without another wish, a record that is not valid fails the import, and nothing has changed', async () => {
    const { store, run } = await testStore();
    await expect(run(TEXT, { validate: JSON.stringify(SCHEMA) })).rejects.toMatchObject({
      code: 'BAD_RECORD',
      reason: 'SCHEMA_VIOLATION',
      line: 2,
      record: 1,
      message: expect.stringContaining('the value at /id must be integer'),
    });
    expect(store.collections()).toEqual([]);
  });

  test('a file has the schema, and names ajv does not know are notes', async () => {
    const { run, texts } = await testStore('in memory');
    const path = join(scratch(), 'users.schema.json');
    writeFileSync(path, JSON.stringify({ ...SCHEMA, 'x-owner': 'me', note: { type: 'nothing' } }));
    const { records } = await run(TEXT, { validate: path, onBadRecord: 'skip' });
    expect(records).toMatchObject({ read: 4, stored: 2, rejected: 2 });
    expect(await texts()).toEqual(['{"id":1}', '{"id":4}']);
  });

  test('it is checked what is stored: after transform, pick and omit', async () => {
    const { run, texts } = await testStore();
    const only = { type: 'object', properties: { id: true }, additionalProperties: false };
    await run('{"id":1,"b":2}\n{"id":2}\n', { validate: JSON.stringify(only), omit: ['b'] });
    expect(await texts()).toEqual(['{"id":1}', '{"id":2}']);
    const path = join(scratch(), 'twice.mjs');
    writeFileSync(
      path,
      'export default function* (record) { yield { id: record.id }; yield { id: String(record.id) }; }',
    );
    await expect(run('{"id":1}\n', { transform: path, validate: JSON.stringify(SCHEMA) })).rejects.toMatchObject({
      reason: 'SCHEMA_VIOLATION',
    });
  });

  test.each([
    ['no JSON', '{', /not valid JSON/],
    ['no schema', '{"type":"integr"}', /not a JSON Schema/],
    ['no file', 'nowhere.json', /nowhere.json cannot be read/],
  ])('a schema that is %s is a TypeError', async (_, validate, message) => {
    const { run } = await testStore('in memory');
    await expect(run(TEXT, { validate })).rejects.toThrow(message);
    await expect(run(TEXT, { validate })).rejects.toBeInstanceOf(TypeError);
  });

  test('a retry takes a rejected record only corrected', async () => {
    const { store, report } = await quarantined(TEXT, { key: 'id', validate: JSON.stringify(SCHEMA) });
    expect(report.records.rejected).toBe(2);
    const retried = await store.quarantine.retry(report.quarantine as string);
    expect(retried).toMatchObject({ refused: [{ message: expect.stringContaining('schema') }, {}] });
  });
});
