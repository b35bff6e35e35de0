// Goal: get, range, export and stat answer exactly, say what they miss, and end with the documented exit codes.
// Method: real processes on stores built without the import path (support/build-store.ts), made once for the file.
// @node all: pipes whose reader goes away

import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCatalog, publishRecords, type TestRecord, temporaryDirectory } from '../support/build-store.js';
import { gristmill, parseLines, scratch, start } from '../support/cli.js';

const directory = temporaryDirectory();
const STORE = join(directory.path, 'store');

/** Texts no JSON.parse and JSON.stringify would give back. */
const RECORDS: readonly TestRecord[] = [
  { key: 42, text: '{"id":42,"n":1.50,"tag":"a"}', indexed: [['a']] },
  { key: '42', text: '{"id":"42","tag":["a","b"]}', indexed: [['a', 'b']] },
  { key: 9007199254740993n, text: '{"id":9007199254740993,"e":1e400}', indexed: [[]] },
  { key: 9007199254740992n, text: '{"id":9007199254740992,"tag":"ab"}', indexed: [['ab']] },
  { key: -1.5, text: '{"id":-1.5,"s":"\\u00e4\\ud800"}', indexed: [[]] },
  { key: null, text: '{"id":null}', indexed: [[]] },
];
const NAMES: readonly TestRecord[] = [
  { name: 'ada', text: '{"n":1}' },
  { name: 'a "quoted" ä', text: '[2]' },
];
/** Enough to fill a pipe many times. */
const MANY: readonly TestRecord[] = Array.from({ length: 20_000 }, (_, i) => ({
  text: `{"i":${i},"x":"${'x'.repeat(90)}"}`,
}));

beforeAll(async () => {
  const catalog = await openCatalog(STORE);
  await publishRecords(catalog, STORE, RECORDS, { indexPaths: ['tag'], recordsPerFrame: 2, recordsPerShard: 4 });
  await publishRecords(catalog, STORE, NAMES, { name: 'names', key: { kind: 'name' } });
  const ordinal = { name: 'many', key: { kind: 'ordinal' }, recordsPerFrame: 300, recordsPerShard: 10_000 } as const;
  await publishRecords(catalog, STORE, MANY, ordinal);
  await publishRecords(catalog, STORE, [], { name: 'none' });
  await catalog.close();
});
afterAll(() => directory.remove());

const run = (command: string, ...args: readonly string[]) => gristmill(command, '--store', STORE, ...args);
const lines = (records: readonly TestRecord[]) => records.map(({ text }) => `${text}\n`).join('');

describe('gristmill get', () => {
  test('prints records as spelled, in the order of the keys', async () => {
    const ended = await run('get', '9007199254740993', '42', '"42"', '-1.5', 'null', '9007199254740992');
    const order = [2, 0, 1, 4, 5, 3].map((i) => RECORDS[i]!);
    expect(ended).toMatchObject({ code: 0, stderr: '', stdout: lines(order) });
  });

  test('--string reads every key as a string', async () => {
    expect(await run('get', '42', '--string')).toMatchObject({ code: 0, stdout: lines([RECORDS[1]!]) });
  });

  test('a key without a record is exit code 1; the others are printed', async () => {
    const { code, stdout, stderr } = await run('get', 'nobody', '42', '43');
    expect({ code, stdout }).toEqual({ code: 1, stdout: lines([RECORDS[0]!]) });
    expect(stderr).toBe(
      'gristmill: no record in records has the key nobody\n' +
        `gristmill: no record in records has the key 43; for the string, write '"43"' or use --string\n`,
    );
  });

  test('with --json a miss is an object', async () => {
    const { code, stderr } = await run('get', '43', '--json');
    expect(code).toBe(1);
    expect(parseLines(stderr)).toEqual([expect.objectContaining({ code: 'NOT_FOUND', key: '43', exit: 1 })]);
  });

  test('--index prints every record with the value', async () => {
    expect(await run('get', 'a', '--index', 'tag')).toMatchObject({ code: 0, stdout: lines(RECORDS.slice(0, 2)) });
    expect((await run('get', 'zzz', '--index', 'tag')).code).toBe(1);
  });

  test('finds member names and ordinals where there is no key path', async () => {
    expect((await run('get', 'ada', '--collection', 'names')).stdout).toBe('{"n":1}\n');
    expect((await run('get', '19999', '--collection', 'many')).stdout).toBe(lines([MANY[19_999]!]));
    expect(await run('get', 'x', '--collection', 'many')).toMatchObject({ code: 2 });
  });
});

describe('gristmill range', () => {
  test('prints records in key order', async () => {
    const order = [5, 4, 0, 3, 2, 1].map((i) => RECORDS[i]!);
    expect(await run('range')).toMatchObject({ code: 0, stderr: '', stdout: lines(order) });
    expect((await run('range', '--reverse')).stdout).toBe(lines(order.toReversed()));
    expect((await run('range', '--gt', '42', '--lte', '9007199254740993')).stdout).toBe(
      lines([RECORDS[3]!, RECORDS[2]!]),
    );
    expect((await run('range', '--gte', '42', '--lt', '"42"', '--limit', '1')).stdout).toBe(lines([RECORDS[0]!]));
    expect((await run('range', '--gte', '42', '--string')).stdout).toBe(lines([RECORDS[1]!]));
  });

  test('--prefix is always a string; a record appears under each of its values', async () => {
    const { stdout } = await run('range', '--index', 'tag', '--prefix', 'a');
    expect(stdout).toBe(lines([RECORDS[0]!, RECORDS[1]!, RECORDS[3]!]));
    expect((await run('range', '--index', 'tag')).stdout).toBe(lines([0, 1, 3, 1].map((i) => RECORDS[i]!)));
    expect((await run('range', '--prefix', '4')).stdout).toBe(lines([RECORDS[1]!]));
  });

  test('an empty range is no failure', async () => {
    expect(await run('range', '--gt', 'zzz')).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  test('bounds that contradict each other are a usage error', async () => {
    const { code, stderr } = await run('range', '--gt', '1', '--gte', '2');
    expect(code).toBe(2);
    expect(stderr).toBe('gristmill: USAGE: give gt or gte, not both\n');
  });
});

describe('gristmill export', () => {
  test('ndjson is the records in source order, as spelled', async () => {
    expect(await run('export')).toMatchObject({ code: 0, stderr: '', stdout: lines(RECORDS) });
    expect((await run('export', '--collection', 'many')).stdout).toBe(lines(MANY));
    expect((await run('export', '--collection', 'none')).stdout).toBe('');
  });

  test('json is one array, or the object a collection was made from', async () => {
    const { stdout } = await run('export', '--format', 'json');
    expect(stdout).toBe(`[\n${RECORDS.map(({ text }) => text).join(',\n')}\n]\n`);
    expect(JSON.parse((await run('export', '--format', 'json', '--collection', 'none')).stdout)).toEqual([]);
    const names = await run('export', '--format', 'json', '--collection', 'names');
    expect(JSON.parse(names.stdout)).toEqual({ ada: { n: 1 }, 'a "quoted" ä': [2] });
    const named = await run('export', '--collection', 'names');
    expect(parseLines(named.stdout)[1]).toEqual({ key: 'a "quoted" ä', value: [2] });
  });

  test('--out makes a private file, replaces one, follows a link, and leaves nothing else', async () => {
    const folder = scratch();
    const target = join(folder, 'target.ndjson');
    writeFileSync(target, 'old');
    symlinkSync(target, join(folder, 'link'));
    for (const name of ['new.ndjson', 'link']) {
      expect(await run('export', '--out', join(folder, name))).toMatchObject({ code: 0, stdout: '', stderr: '' });
      expect(readFileSync(join(folder, name), 'utf8')).toBe(lines(RECORDS));
    }
    expect(readFileSync(target, 'utf8')).toBe(lines(RECORDS));
    expect(statSync(join(folder, 'new.ndjson')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).sort()).toEqual(['link', 'new.ndjson', 'target.ndjson']);
  });

  test('--out refuses what is no regular file, and a directory that is not there', async () => {
    const folder = scratch();
    mkdirSync(join(folder, 'directory'));
    expect(await run('export', '--out', join(folder, 'directory'))).toMatchObject({ code: 2 });
    expect(await run('export', '--out', '/dev/null')).toMatchObject({ code: 2 });
    const { code, stderr } = await run('export', '--out', join(folder, 'none/file'));
    expect(stderr).toMatch(/^gristmill: IO_ERROR: /);
    expect(code).toBe(5);
  });

  test('a reader that goes away ends it quietly', async () => {
    for (const args of [['export'], ['range'], ['export', '--format', 'json']]) {
      const running = start([...args, '--store', STORE, '--collection', 'many']);
      running.child.stdout!.once('data', () => running.child.stdout!.destroy());
      expect(await running.ended).toMatchObject({ code: 0, signal: null, stderr: '' });
    }
  });
});

describe('gristmill stat', () => {
  test('--json is one object', async () => {
    const { code, stdout } = await run('stat', '--json');
    expect(code).toBe(0);
    const stat = JSON.parse(stdout);
    expect(stat).toMatchObject({ format: 1, bytes: { index: expect.any(Number), shards: expect.any(Number) } });
    const records = stat.collections.find((found: { name: string }) => found.name === 'records');
    expect(records).toMatchObject({ key: 'id', records: 6, dead: 0, shards: 2 });
    expect(records.indexes).toMatchObject([
      { path: 'id', entries: 6 },
      { path: 'tag', entries: 4 },
    ]);
  });

  test('is a table for people', async () => {
    const { code, stdout, stderr } = await run('stat');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^collection +many\n {2}records +20,000$/m);
    expect(stdout).toMatch(/^ {2}index +entries +pages\n {2}id +6 +1\n {2}tag +4 +1$/m);
  });
});
