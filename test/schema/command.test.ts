// Goal: gristmill schema, schema diff and types print what the library says, of files, standard input and collections.
// Method: the built commands; their JSON is compared with the library's, texts with what is said of small files by hand.

import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { schemaOf } from '../../dist/src/index.js';
import { gristmillIn, parseLines, scratch } from '../support/cli.js';

const MONDAY = '{"id":1,"name":"Ada"}\n{"id":2,"name":"Bob","score":1.5}\n';
const TUESDAY = '{"id":1,"name":null}\n{"id":"2","name":"Bob","team":"x\\u001b[31m"}\n';

let place: string;
const run = (...words: string[]) => gristmillIn(place, words);

beforeEach(async () => {
  place = scratch();
  writeFileSync(join(place, 'monday.ndjson'), MONDAY);
  writeFileSync(join(place, 'tuesday.ndjson'), TUESDAY);
  const { code, stderr } = await run(
    'import',
    'monday.ndjson',
    '--store',
    'store',
    '--key',
    'id',
    '--collection',
    'users',
  );
  expect({ code, stderr }).toMatchObject({ code: 0 });
});

describe('schema', () => {
  test('a file: a table', async () => {
    const { code, stdout } = await run('schema', 'monday.ndjson');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^2 records\n\npath +kinds/);
    expect(stdout).toMatch(/^score +number 1 +50\.0% .*1\.5/m);
  });

  test('--json is what the library says, of a file and of a collection', async () => {
    const { schema } = await schemaOf(join(place, 'monday.ndjson'));
    const expected = JSON.parse(JSON.stringify(schema));
    expect(parseLines((await run('schema', 'monday.ndjson', '--json')).stdout)).toEqual([expected]);
    const ofStore = await run('schema', '--store', 'store', '--collection', 'users', '--json');
    expect(parseLines(ofStore.stdout)).toEqual([expected]);
  });

  test('--as json-schema, --strict, typescript', async () => {
    const { schema } = await schemaOf(join(place, 'monday.ndjson'));
    const asSchema = (...more: string[]) => run('schema', 'monday.ndjson', '--as', 'json-schema', ...more);
    expect(JSON.parse((await asSchema()).stdout)).toEqual(schema.jsonSchema());
    expect(JSON.parse((await asSchema('--strict')).stdout)).toEqual(schema.jsonSchema({ strict: true }));
    const types = await run('schema', 'monday.ndjson', '--as', 'typescript', '--type-name', 'User');
    expect(types.stdout).toBe(schema.typescript({ name: 'User' }));
  });

  test('--out writes a file that only its owner can read', async () => {
    const { code, stdout } = await run('schema', 'monday.ndjson', '--as', 'profile', '--out', 'monday.profile');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(statSync(join(place, 'monday.profile')).mode & 0o777).toBe(0o600);
  });

  test('control characters of records are escaped in the table', async () => {
    const { stdout } = await run('schema', 'tuesday.ndjson');
    expect(stdout).not.toContain('\u001b');
  });

  test('a wrong collection, a bad record, several places', async () => {
    expect(await run('schema', '--store', 'store')).toMatchObject({
      stderr: expect.stringContaining('COLLECTION_NOT_FOUND'),
    });
    writeFileSync(join(place, 'bad.ndjson'), '{"a":1}\n{"a":01}\n');
    const bad = await run('schema', 'bad.ndjson', '--json');
    expect(bad.code).not.toBe(0);
    expect(bad.stderr).toContain('BAD_RECORD');
    const skipped = await run('schema', 'bad.ndjson', '--on-bad-record', 'skip', '--quiet');
    expect(skipped).toMatchObject({ code: 0, stdout: expect.stringMatching(/^1 records/) });
    expect(skipped.stderr).toContain('1 bad records were left out');
    const two = await run('schema', 'monday.ndjson', '--select', '/a=a', '--select', '/b=b');
    expect(two.stderr).toContain('--select');
  });
});

describe('schema diff', () => {
  test('files, a collection, a profile', async () => {
    await run('schema', 'monday.ndjson', '--as', 'profile', '--out', 'before.profile');
    const texts = [];
    for (const before of ['monday.ndjson', 'store::users', 'before.profile']) {
      const { code, stdout, stderr } = await run('schema', 'diff', before, 'tuesday.ndjson', '--quiet');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      texts.push(stdout);
    }
    expect(new Set(texts).size).toBe(1);
    expect(texts[0]).toMatch(/^\+ team/m);
    expect(texts[0]).toMatch(/^- score/m);
    expect(texts[0]).toMatch(/^~ id: types integer → /m);
    const same = await run('schema', 'diff', 'monday.ndjson', 'store::users');
    expect(same.stdout).toBe('no difference\n');
    const json = await run('schema', 'diff', 'monday.ndjson', 'tuesday.ndjson', '--json');
    expect(parseLines(json.stdout)).toContainEqual(expect.objectContaining({ path: 'team', change: 'new' }));
  });
});

test('types writes one file for all collections', async () => {
  const { code } = await run('types', '--store', 'store', '--out', 'db.d.ts');
  expect(code).toBe(0);
  const text = readFileSync(join(place, 'db.d.ts'), 'utf8');
  expect(text).toMatch(/export interface Collections \{\n {2}users: User;\n\}/);
});

describe('schema set, get and unset', () => {
  const SCHEMA = { type: 'object', properties: { score: { type: 'number' } } };

  test('of a collection that is valid, and of one that is not', async () => {
    writeFileSync(join(place, 'any.json'), JSON.stringify(SCHEMA));
    writeFileSync(join(place, 'no.json'), JSON.stringify({ required: ['score'] }));
    const there = ['--store', 'store'];
    const none = await run('schema', 'get', 'users', ...there);
    expect(none).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('users has no schema') });
    const refused = await run('schema', 'set', 'users', 'no.json', ...there, '--json');
    expect(refused.code).toBe(3);
    expect(parseLines(refused.stderr)).toMatchObject([
      { code: 'SCHEMA_VIOLATION', records: 1, violations: [{ key: 1, pointer: '', keyword: 'required' }] },
    ]);
    expect((await run('schema', 'set', 'users', 'no.json', ...there)).stderr).toContain('--only-new');
    const set = await run('schema', 'set', 'users', 'any.json', ...there, '--json');
    expect(parseLines(set.stdout)).toMatchObject([{ collection: 'users', records: 2, checked: true }]);
    expect(JSON.parse((await run('schema', 'get', 'users', ...there)).stdout)).toEqual(SCHEMA);
    const only = await run('schema', 'set', 'users', 'no.json', ...there, '--only-new');
    expect(only.stdout).toMatch(/^schema set for users: 2 records not checked/);
    const got = parseLines((await run('schema', 'get', 'users', ...there, '--json')).stdout);
    expect(got).toMatchObject([{ collection: 'users', schema: { required: ['score'] }, onlyNew: true }]);
    const unset = await run('schema', 'unset', 'users', ...there);
    expect(unset).toMatchObject({ code: 0, stdout: 'schema of users removed\n' });
    expect((await run('schema', 'unset', 'users', ...there)).stdout).toBe('users has no schema\n');
  });
});
