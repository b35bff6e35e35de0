// Goal: from `setSchema` on, imports in every mode and transactions of every kind store the records that are valid against the schema
// of the collection, and no others; the pointer and the keyword are those that ajv gives. `setSchema` itself refuses exactly when a
// record that is there is not valid.
// Method: random schemas and random records, half of them near to what the schemas ask for. The oracle is ajv, called record by
// record on what JSON.parse gives.

import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { memory, openStore, type Store } from '../../dist/src/index.js';
import { partOf, runs } from '../support/effort.js';
import { fileWith, scratch } from '../support/import-files.js';
import { KINDS, testStore } from '../support/import-store.js';
import { checkOf, recordsNear, schemas } from '../support/schemas.js';

const cases = fc.record({ schema: schemas, texts: fc.array(recordsNear, { minLength: 1, maxLength: 30 }) });

/** What ajv says of each text: nothing, or where and why. */
function verdictsOf(schema: object, texts: readonly string[]) {
  const validate = checkOf(schema);
  return texts.map((text) => {
    if (validate(JSON.parse(text))) return undefined;
    const { instancePath: pointer, keyword } = validate.errors![0]!;
    return { pointer, keyword };
  });
}

async function textsOf(store: Store, name = 'records'): Promise<string[]> {
  const found: string[] = [];
  for await (const { text } of store.collection(name).scanText()) found.push(text);
  return found;
}

const newStore = async (where: Parameters<typeof openStore>[0] = memory()) => {
  const store = await openStore(where);
  onTestFinished(() => store.close());
  return store;
};

describe('verdict and pointer are those of ajv, record by record', () => {
  test('imports', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ schema, texts }) => {
        const store = await newStore();
        await store.transaction((transaction) => void transaction.createCollection('records'));
        await store.setSchema('records', schema);
        const verdicts = verdictsOf(schema, texts);
        const source = fileWith(texts.map((text) => `${text}\n`).join(''), 'source.ndjson');
        const importing = store.import(source, { mode: 'upsert', onBadRecord: 'quarantine', workers: 1 });
        if (verdicts.every((one) => one !== undefined)) {
          await expect(importing).rejects.toMatchObject({ code: 'TOO_MANY_BAD_RECORDS', reason: 'SCHEMA_VIOLATION' });
          return;
        }
        const { quarantine } = await importing;
        expect(await textsOf(store)).toEqual(texts.filter((_, i) => verdicts[i] === undefined));
        const rejected: unknown[] = [];
        if (quarantine !== undefined)
          for await (const { record, violation } of store.quarantine.records(quarantine)) rejected[record] = violation;
        expect(texts.map((_, i) => rejected[i])).toEqual(verdicts);
      }),
      { numRuns: runs(16) },
    );
  });

  test('puts, alone and in groups: each by itself', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ schema, texts }) => {
        const store = await newStore();
        await store.transaction((transaction) => void transaction.createCollection('records'));
        await store.setSchema('records', schema);
        const verdicts = verdictsOf(schema, texts);
        // Called together, they are committed together.
        const put = await Promise.allSettled(texts.map((text) => store.collection().putText(text)));
        for (const [i, one] of put.entries()) {
          if (verdicts[i] === undefined) expect(one.status).toBe('fulfilled');
          else expect(one).toMatchObject({ reason: { code: 'SCHEMA_VIOLATION', violations: [verdicts[i]] } });
        }
        expect(await textsOf(store)).toEqual(texts.filter((_, i) => verdicts[i] === undefined));
      }),
      { numRuns: runs(24) },
    );
  });

  test('records that are there: of files and of transactions, with and without a profile', async () => {
    await fc.assert(
      fc.asyncProperty(cases, fc.nat(30), async ({ schema, texts }, cut) => {
        const store = await newStore(scratch());
        const imported = texts.slice(0, cut);
        const options = { mode: 'upsert', workers: 1, allowEmpty: true } as const;
        await store.import(fileWith(imported.map((text) => `${text}\n`).join(''), 'source.ndjson'), options);
        for (const text of texts.slice(cut)) store.transactionSync((tx) => tx.collection('records').putText(text));
        const verdicts = verdictsOf(schema, texts);
        const invalid = verdicts.flatMap((one, key) => (one === undefined ? [] : [{ key, ...one }]));
        const setting = store.setSchema('records', schema);
        if (invalid.length === 0) expect(await setting).toMatchObject({ records: texts.length, checked: true });
        else {
          const violations = invalid.slice(0, 3);
          await expect(setting).rejects.toMatchObject({
            code: 'SCHEMA_VIOLATION',
            records: invalid.length,
            violations,
          });
          // Once they are gone, there is nothing to refuse.
          for (const { key } of invalid) store.transactionSync((tx) => tx.collection('records').delete(key));
          expect(await store.setSchema('records', schema)).toMatchObject({ checked: true });
        }
        expect(store.getSchema('records')).toMatchObject({ schema, onlyNew: false });
        expect((await store.verify({ workers: 1 })).faults).toEqual([]);
      }),
      { numRuns: runs(16) },
    );
  });
});

const SCHEMA = { type: 'object', properties: { n: { type: 'integer' } }, required: ['id'] };
const USERS = '{"id":1,"n":1}\n{"id":2,"n":2}\n';
const invalid = (key: unknown, pointer: string, keyword: string) => ({
  code: 'SCHEMA_VIOLATION',
  violations: [{ key, pointer, keyword }],
});

describe.each(partOf(KINDS))('%s', (kind) => {
  async function users() {
    const made = await testStore(kind);
    await made.run(USERS, { key: 'id' });
    await made.store.setSchema('records', SCHEMA);
    return made;
  }

  test('each kind of change of a record', async () => {
    const { store, texts } = await users();
    const records = store.collection<unknown>();
    const before = await texts();
    await expect(records.put({ id: 3, n: 'x' })).rejects.toMatchObject(invalid(3, '/n', 'type'));
    await expect(records.putText('{"id":3,"n":1.5}')).rejects.toMatchObject(invalid(3, '/n', 'type'));
    await expect(records.patch(1, { n: 'x' })).rejects.toMatchObject(invalid(1, '/n', 'type'));
    await expect(records.patchText(1, '{"id":7,"n":true}')).rejects.toMatchObject(invalid(7, '/n', 'type'));
    expect(() => store.transactionSync((tx) => tx.collection('records').put({ id: 3, n: null }))).toThrow(
      /record 3 .*\/n/,
    );
    expect(await texts()).toEqual(before);
    // Who catches the error goes on, and what moved a record has moved nothing.
    await store.transaction((tx) => {
      const collection = tx.collection('records');
      expect(() => collection.patch(2, { id: 8, n: 'x' })).toThrow(
        expect.objectContaining({ code: 'SCHEMA_VIOLATION' }),
      );
      collection.put({ id: 3, n: 3 });
    });
    expect(await records.delete(1)).toBe(true);
    expect(await texts()).toEqual(['{"id":2,"n":2}', '{"id":3,"n":3}']);
  });

  test('a record that is not valid fails its own transaction, and not the others of its group', async () => {
    const { store } = await users();
    const put = await Promise.allSettled([4, 'x', 5].map((n, i) => store.collection().put({ id: i + 10, n })));
    expect(put.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect([10, 11, 12].map((key) => store.collection().has(key))).toEqual([true, false, true]);
  });

  test.each(['replace', 'insert', 'upsert'] as const)('an import: %s', async (mode) => {
    const { store, run, texts } = await users();
    const before = await texts();
    const text = '{"id":3,"n":3}\n{"id":4,"n":"4"}\n';
    await expect(run(text, { key: 'id', mode })).rejects.toMatchObject({
      ...{ code: 'BAD_RECORD', reason: 'SCHEMA_VIOLATION', line: 2 },
    });
    expect(await texts()).toEqual(before);
    const { records } = await run(text, { key: 'id', mode, onBadRecord: 'skip' });
    expect(records).toMatchObject({ read: 2, stored: 1, rejected: 1 });
    expect(await texts()).toEqual([...(mode === 'replace' ? [] : before), '{"id":3,"n":3}']);
    expect(store.getSchema('records')).toMatchObject({ schema: SCHEMA });
  });

  test('with option validate both schemas hold', async () => {
    const { run, texts } = await users();
    const validate = JSON.stringify({ properties: { n: { maximum: 10 } } });
    const text = '{"id":3,"n":3}\n{"id":4,"n":"4"}\n{"id":5,"n":50}\n';
    const { records } = await run(text, { key: 'id', mode: 'replace', validate, onBadRecord: 'skip' });
    expect(records).toMatchObject({ stored: 1, rejected: 2 });
    expect(await texts()).toEqual(['{"id":3,"n":3}']);
  });

  test('a bulk file: its deletions are no records', async () => {
    const { store, run } = await testStore(kind);
    const action = (kind: string, _id: string, ...record: object[]) => [{ [kind]: { _id } }, ...record];
    const bulk = (...lines: readonly object[][]) =>
      lines
        .flat()
        .map((line) => `${JSON.stringify(line)}\n`)
        .join('');
    const options = { format: 'es-bulk', mode: 'upsert' } as const;
    await run(bulk(action('index', 'a', { id: 1 }), action('index', 'b', { id: 2 })), options);
    await store.setSchema('records', SCHEMA);
    const text = bulk(action('index', 'c', { id: 3 }), action('delete', 'a'), action('create', 'd', { n: 4 }));
    const { records } = await run(text, { ...options, onBadRecord: 'skip' });
    expect(records).toMatchObject({ read: 3, rejected: 1 });
    expect(['a', 'b', 'c', 'd'].map((key) => store.collection().has(key))).toEqual([false, true, true, false]);
  });

  test('members of an object: their values are held to it', async () => {
    const { store, run } = await testStore(kind);
    await run('{"a":{"id":1},"b":{"id":2}}', { layout: 'object' });
    await store.setSchema('records', SCHEMA);
    await expect(store.collection().put({ n: 1 }, 'c')).rejects.toMatchObject(invalid('c', '', 'required'));
    await store.collection().put({ id: 3 }, 'c');
    await expect(store.collection().patch('c', { n: 'x' })).rejects.toMatchObject(invalid('c', '/n', 'type'));
    await expect(store.setSchema('records', { properties: { id: { maximum: 2 } } })).rejects.toMatchObject(
      invalid('c', '/id', 'maximum'),
    );
  });

  test('what is made of records by transform, by kept changes and by onChanged', async () => {
    const { store, run, texts } = await users();
    const module = fileWith('export default (record) => ({ ...record, n: String(record.n) });', 'text.mjs');
    await expect(run(USERS, { key: 'id', transform: module })).rejects.toMatchObject({ reason: 'SCHEMA_VIOLATION' });
    await store.collection().patch(1, { n: 10 });
    const before = await texts();
    const merging = run(USERS, { key: 'id', onChanged: () => ({ id: 1, n: 'merged' }) });
    await expect(merging).rejects.toMatchObject(invalid(1, '/n', 'type'));
    expect(await texts()).toEqual(before);
    // A change from before the schema.
    await store.unsetSchema('records');
    await store.collection().patch(1, { n: 'old' });
    await store.setSchema('records', SCHEMA, { onlyNew: true });
    await expect(run(USERS, { key: 'id' })).rejects.toMatchObject(invalid(1, '/n', 'type'));
    await run(USERS, { key: 'id', changes: 'drop' });
    expect(await texts()).toEqual(USERS.trim().split('\n'));
  });

  test('a retry of rejected records: what is corrected is held to it, all records of a text or none', async () => {
    const { store, run } = await users();
    const { quarantine } = await run('{"id":3,"n":3}\n{"id":4,"n":01}\n{"id":5,"n":01}\n{"id":6,"n":01}\n', {
      ...{ key: 'id', mode: 'upsert', onBadRecord: 'quarantine' },
    });
    const texts = ['{"id":4,"n":"x"}', '{"id":5,"n":5}{"id":50,"n":"x"}', '{"id":6,"n":6}'];
    const corrected = texts.map((text, i) => ({ number: i + 1, text }));
    const report = await store.quarantine.retry(quarantine as string, { corrected });
    expect(report).toMatchObject({ accepted: 1, left: 2, refused: [{ number: 1 }, { number: 2 }] });
    expect(report.refused.map(({ code }) => code)).toEqual(['SCHEMA_VIOLATION', 'SCHEMA_VIOLATION']);
    expect([4, 5, 50, 6].map((key) => store.collection().has(key))).toEqual([false, false, false, true]);
  });
});
