// Goal: evolve diff, check and test say the truth, in words and exit codes: a proposal makes the newer records of the older ones, a
// "no" of check names the records and the reason, a written test passes for its migrations and fails for others.
// Method: the command on small collections. The newer records are written by hand; the answers of check are compared with `planOf`,
// record by record; the written test is run by `node --test`.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore, planOf } from '../../dist/src/index.js';
import { gristmillIn, parseLines } from '../support/cli.js';
import { makeDirectory } from '../support/import-files.js';

interface User {
  readonly [member: string]: unknown;
}
/** More different values than a profile counts one by one. */
const USERS: readonly User[] = Array.from({ length: 100 }, (_, id) => ({
  ...{ id, mail: `user${id}@example.org`, sex: id === 7 ? 'x' : 'fm'[id % 2], old: id % 3 },
  price: id === 9 ? 'free' : `${id}.50`,
}));
const LIBRARY = new URL('../../dist/src/index.js', import.meta.url).href;

let place: string;
let removePlace: () => void;
const run = (...words: string[]) => gristmillIn(place, words);
const write = (name: string, value: unknown) => writeFileSync(join(place, name), JSON.stringify(value));
const read = (name: string) => readFileSync(join(place, name), 'utf8');

/** A migration file. */
function migrationFile(name: string, from: number, ...ops: readonly object[]) {
  const migration = { collection: 'users', from, to: from + 1, ops } as Parameters<typeof planOf>[0][number];
  write(name, migration);
  return migration;
}

async function importUsers(store: string, records: readonly User[]): Promise<void> {
  const opened = await openStore(join(place, store), { hotSet: false });
  const file = join(place, `${store}.json`);
  writeFileSync(file, JSON.stringify(records));
  await opened.import(file, { collection: 'users', key: 'id', workers: 1 });
  await opened.close();
}

beforeAll(() => {
  ({ path: place, remove: removePlace } = makeDirectory());
  return importUsers('store', USERS);
});
afterAll(() => removePlace());

describe('diff', () => {
  const newer = USERS.map(({ mail, old: _, ...rest }) => ({ ...rest, email: mail, since: 2026 }));
  const fields = (records: readonly object[]) =>
    records.map((record) => Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1))));

  test('of records: with its questions answered, the proposal makes the newer records of the older ones', async () => {
    write('newer.json', newer);
    await importUsers('evolving', USERS);
    const { code, stderr } = await run('evolve', 'diff', 'evolving::users', 'newer.json', '--out', 'p.json', '--quiet');
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('open questions: 2') });
    const { questions, ...proposal } = JSON.parse(read('p.json'));
    expect(proposal).toEqual({
      ...{ collection: 'users', from: 0, to: 1 },
      ops: [{ op: 'rename', path: 'mail', to: 'email' }],
    });
    expect(statSync(join(place, 'p.json')).mode & 0o777).toBe(0o600);
    // Only a person may answer.
    const words = ['p.json', '--store', 'evolving', '--quiet'];
    expect(await run('evolve', 'plan', ...words)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('BAD_MIGRATION'),
    });
    const answers = questions.map(({ choices }: { choices: readonly { op: string }[] }) => choices.at(-1));
    expect(answers.map(({ op }: { op: string }) => op).toSorted()).toEqual(['add', 'remove']);
    const complete = answers.map((one: { op: string }) => (one.op === 'add' ? { ...one, value: 2026 } : one));
    write('p.json', { ...proposal, ops: [...proposal.ops, ...complete] });
    expect((await run('evolve', 'apply', ...words)).code).toBe(0);
    const exported = await run('export', '--store', 'evolving', '--collection', 'users');
    expect(fields(parseLines(exported.stdout) as object[])).toEqual(fields(newer));
    const next = await run('evolve', 'diff', 'evolving::users', 'newer.json', '--quiet');
    expect(next).toMatchObject({ code: 0, stdout: '', stderr: expect.stringContaining('no migration is needed') });
    const back = await run('evolve', 'diff', 'evolving::users', 'store.json', '--json', '--quiet');
    const { migration, evidence } = JSON.parse(back.stdout);
    expect(migration).toMatchObject({ from: 1, to: 2, ops: [{ op: 'rename', path: 'email', to: 'mail' }] });
    expect(evidence).toHaveLength(1);
  });

  test('of JSON Schemas', async () => {
    const schema = (properties: object) => ({ type: 'object', properties, required: Object.keys(properties) });
    write('old.schema.json', schema({ id: { type: 'integer' }, size: { type: 'string' } }));
    write('new.json', {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      ...schema({ id: { type: 'integer' }, size: { type: 'number' } }),
    });
    const words = ['--collection', 'things', '--from', '3', '--json'];
    const { code, stdout } = await run('evolve', 'diff', 'old.schema.json', 'new.json', ...words);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).migration).toMatchObject({
      ...{ collection: 'things', from: 3, to: 4, ops: [] },
      questions: [{ path: 'size', choices: [{ op: 'retype', path: 'size', from: 'string', to: 'number' }] }],
    });
    const mixed = await run('evolve', 'diff', 'old.schema.json', 'store.json');
    expect(mixed).toMatchObject({ code: 2, stderr: expect.stringContaining('store.json is not') });
    writeFileSync(join(place, 'broken.schema.json'), '{"a":');
    const broken = await run('evolve', 'diff', 'old.schema.json', 'broken.schema.json');
    expect(broken).toMatchObject({ code: 3, stderr: expect.stringContaining('broken.schema.json is not JSON') });
  });
});

describe('check', () => {
  const check = (store: string, file: string, ...words: string[]) =>
    run('evolve', 'check', file, '--store', store, '--json', ...words).then(({ code, stdout }) => ({
      code,
      answer: JSON.parse(stdout),
    }));

  /** The keys of records that `planOf` refuses. */
  function refused(migration: Parameters<typeof planOf>[0][number]): string[] {
    const plan = planOf([migration]);
    return USERS.filter((user) => {
      try {
        plan.up(JSON.stringify(user));
        return false;
      } catch {
        return true;
      }
    }).map(({ id }) => String(id));
  }

  const toNumber = { op: 'retype', path: 'price', from: 'string', to: 'number' };
  const sexes = [
    ['f', 'female'],
    ['m', 'male'],
  ];

  test('backward: names the records that fail; records decide where the profile cannot', async () => {
    const failing = migrationFile('retype.json', 0, toNumber);
    const { code, answer } = await check('store', 'retype.json');
    expect(code).toBe(1);
    expect(answer).toMatchObject({ isCompatible: false, mode: 'backward', from: 0, to: 1, undoFailures: [] });
    expect(answer.failures).toMatchObject([{ operation: 0, path: 'price', reason: 'NOT_CONVERTIBLE', records: 1 }]);
    expect(answer.failures[0].keys).toEqual(refused(failing));
    const text = await run('evolve', 'check', 'retype.json', '--store', 'store', '--quiet');
    expect(text).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^users: version 1 is not .*\nrecord 9: .*"price"/),
    });
    // Of so many values, the profile has only a few.
    const splitting = migrationFile('split.json', 0, {
      op: 'split',
      path: 'mail',
      into: ['box', 'host'],
      separator: '@',
    });
    expect(refused(splitting)).toEqual([]);
    expect(await check('store', 'split.json')).toMatchObject({ code: 0, answer: { isCompatible: true, failures: [] } });
  });

  test('forward: names what cannot be undone, of the records that are there, in files and inline', async () => {
    await importUsers('forward', USERS);
    const store = await openStore(join(place, 'forward'), { hotSet: false });
    const users = store.collection('users');
    await users.put({ id: 200, sex: 'y' });
    migrationFile('sex.json', 0, { op: 'map', path: 'sex', values: sexes, otherwise: 'other' });
    const { code, answer } = await check('forward', 'sex.json', '--mode', 'full');
    expect(code).toBe(1);
    expect(answer.failures).toEqual([]);
    expect(answer.undoFailures).toMatchObject([
      { version: 1, operation: 0, path: 'sex', reason: 'NOT_IN_TABLE', records: 2, keys: expect.any(Array) },
    ]);
    expect(answer.undoFailures[0].keys.toSorted()).toEqual(['200', '7']);
    const text = await run('evolve', 'check', 'sex.json', '--store', 'forward', '--mode', 'forward', '--quiet');
    expect(text.stdout).toMatch(
      /\nundone: 2 records, such as .*: operation 0 \(map\) of the migration to version 1 .*"sex"/,
    );
    // The profile that the store keeps still counts a record that is gone.
    await users.schema();
    await users.delete(7);
    await users.delete(200);
    await store.close();
    expect((await check('forward', 'sex.json', '--mode', 'full')).answer).toMatchObject({ isCompatible: true });
  });

  test('full: a record that has no newer version is not counted twice', async () => {
    const { answer } = await check('store', 'retype.json', '--mode', 'full-transitive', '--workers', '1');
    expect(answer).toMatchObject({ isCompatible: false, failures: [{ keys: ['9'] }], undoFailures: [] });
    expect(await check('store', 'split.json', '--mode', 'full')).toMatchObject({
      code: 0,
      answer: { undoFailures: [] },
    });
  });

  test('transitive: all versions before', async () => {
    await importUsers('history', USERS);
    migrationFile('sex.json', 0, { op: 'map', path: 'sex', values: sexes, otherwise: 'other' });
    expect((await run('evolve', 'apply', 'sex.json', '--store', 'history', '--quiet')).code).toBe(0);
    migrationFile('rename.json', 1, { op: 'rename', path: 'sex', to: 'gender' });
    expect(await check('history', 'rename.json', '--mode', 'full')).toMatchObject({ code: 0 });
    expect(await check('history', 'rename.json', '--mode', 'full-transitive')).toMatchObject({
      ...{ code: 1, answer: { failures: [], undoFailures: [{ version: 1, path: 'sex', records: 1, keys: ['7'] }] } },
    });
  });

  test('says no to a call whose function is not there, and refuses what cannot be applied', async () => {
    migrationFile('later.json', 4, { op: 'remove', path: 'old' });
    const at = ['--store', 'store'];
    expect(await run('evolve', 'check', 'later.json', ...at)).toMatchObject({
      ...{ code: 4, stderr: expect.stringContaining('VERSION_MISMATCH') },
    });
    migrationFile('call.json', 0, { op: 'call', name: 'f', version: 1 });
    expect(await run('evolve', 'check', 'call.json', ...at)).toMatchObject({
      ...{ code: 1, stdout: expect.stringContaining('function f') },
    });
    expect((await run('evolve', 'check', 'later.json', ...at, '--mode', 'sideways')).code).toBe(2);
  });
});

test('test writes a test with records of the collection, which passes, and fails for other migrations', async () => {
  migrationFile('one.json', 0, { op: 'rename', path: 'mail', to: 'email' });
  migrationFile('two.json', 1, { op: 'wrap', path: 'old' });
  const words = ['--store', 'store', '--out', 'users.test.mjs'];
  const { code, stderr } = await run('evolve', 'test', 'one.json', 'two.json', ...words);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('wrote users.test.mjs: 1 record') });
  const text = read('users.test.mjs').replace("'gristmill'", JSON.stringify(LIBRARY));
  expect(text).toContain('email');
  const passes = (changed: string) => {
    writeFileSync(join(place, 'users.test.mjs'), changed);
    try {
      execFileSync(process.execPath, ['--test', join(place, 'users.test.mjs')], {
        stdio: 'ignore',
        env: { ...process.env, NODE_TEST_CONTEXT: undefined },
      });
      return true;
    } catch {
      return false;
    }
  };
  expect(passes(text)).toBe(true);
  expect(passes(text.replace('"wrap"', '"remove"'))).toBe(false);
  migrationFile('two.json', 2, { op: 'wrap', path: 'old' });
  expect((await run('evolve', 'test', 'one.json', 'two.json', ...words)).code).toBe(2);
  expect(readdirSync(place).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  expect(await run('evolve', 'test', 'two.json', ...words)).toMatchObject({
    ...{ code: 4, stderr: expect.stringContaining('VERSION_MISMATCH') },
  });
});
