// Goal: gristmill audit shows, verifies and prunes the log, with the documented exit codes, and nothing in it reaches a terminal
// as a control character. Method: the command line on a store of each test's own.

import { cpSync, existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { LmdbCatalog } from '../../dist/src/store/lmdb/catalog.js';
import { gristmill, scratch } from '../support/cli.js';

let store: string;
/** The flag of the key of an encrypted store. */
let keyed: readonly string[] = [];
const run = (...args: readonly string[]) => gristmill(...args, '--store', store, ...keyed);
const output = async (...args: readonly string[]) => {
  const { code, stdout, stderr } = await run(...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
};

beforeEach(async () => {
  keyed = [];
  store = join(scratch(), 'store');
  await output('put', '{"id":1}', '{"id":2}', '--key', 'id', '--why', 'two of them');
  await output('delete', '1', '--why', 'bell \u0007');
});

describe('gristmill audit log', () => {
  test('prints a line for each entry', async () => {
    const lines = (await output('audit', 'log')).trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^1 {2}\d{4}-.*Z {2}\S+@\S+ {2}transaction {2}records \(created, put 2\) "two of them"$/);
    expect(lines[1]).toContain('records (deleted 1) "bell \\u0007"');
  });

  test('prints objects with --json, and selects', async () => {
    const entries = (await output('audit', 'log', '--json', '--reverse', '--limit', '1')).trimEnd().split('\n');
    expect(entries.map((line) => JSON.parse(line))).toMatchObject([
      { sequence: 2, operation: 'transaction', why: 'bell \u0007' },
    ]);
    expect(await output('audit', 'log', '--operation', 'import')).toBe('');
    expect(await output('audit', 'log', '--collection', 'other')).toBe('');
    expect(await output('audit', 'log', '--until', '2020-01-01')).toBe('');
    expect((await output('audit', 'log', '--since', '2020-01-01')).split('\n')).toHaveLength(3);
  });

  test('refuses wrong values', async () => {
    for (const args of [
      ['--since', 'yesterday'],
      ['--operation', 'theft'],
      ['--limit', '0'],
    ]) {
      expect((await run('audit', 'log', ...args)).code).toBe(2);
    }
    expect((await run('put', '{"id":9}', '--why', '')).code).toBe(2);
  });
});

test('a checkpoint exposes a store that was put back; so it does where the store is encrypted', async () => {
  await exposes();
  const folder = scratch();
  store = join(folder, 'encrypted');
  const key = join(folder, 'key');
  writeFileSync(key, Buffer.alloc(32, 7), { mode: 0o600 });
  keyed = ['--key-file', key];
  await output('put', '{"id":1}', '{"id":2}', '--key', 'id');
  await output('delete', '1');
  expect(existsSync(join(store, 'keys.json'))).toBe(true);
  await exposes();
});

async function exposes(): Promise<void> {
  const early = `${store}.early`;
  cpSync(store, early, { recursive: true });
  await output('put', '{"id":3}');
  const line = (await output('audit', 'checkpoint')).trimEnd();
  expect(line).toMatch(/^gristmill-audit-1 chain=\S{36} sequence=3 hash=[0-9a-f]{64} time=\S+Z$/);
  expect(await output('audit', 'verify', '--since', line)).toBe('sound: 3 entries (1 to 3)\n');
  renameSync(store, `${store}.late`);
  renameSync(early, store);
  expect(await output('audit', 'verify')).toBe('sound: 2 entries (1 to 2)\n');
  const { code, stdout } = await run('audit', 'verify', '--since', line);
  expect({ code, stdout }).toEqual({ code: 4, stdout: expect.stringMatching(/^entry 3: .*rolled back/) });
  expect((await run('audit', 'verify', '--since', 'x')).code).toBe(2);
}

test('a fault is named, by audit verify and by verify', async () => {
  const catalog = await LmdbCatalog.open(store, { create: false, readOnly: false });
  const [one, two] = catalog.auditValues(1, 2, 2);
  await catalog.transaction((write) => {
    write.putAuditValue(1, two!.value);
    write.putAuditValue(2, one!.value);
  });
  await catalog.close();
  const { code, stdout } = await run('audit', 'verify', '--json');
  expect(code).toBe(4);
  expect(JSON.parse(stdout)).toMatchObject({ isSound: false, fault: { sequence: 1 } });
  expect(await run('verify')).toMatchObject({ code: 4, stdout: expect.stringContaining('entry 1 of the audit log') });
});

test('prune and keep', async () => {
  expect(await output('audit', 'prune', '--before', '2', '--why', 'old')).toBe(
    '1 entries removed; the log has entries 2 to 3\n',
  );
  expect(await output('audit', 'keep', '0')).toBe('the log keeps all entries\n');
  expect(JSON.parse(await output('audit', 'keep', '1000', '--json'))).toEqual({ keep: 1000 });
  expect(await output('audit', 'log')).toContain('entries 1 to 1 removed');
  expect(await output('audit', 'verify')).toBe('sound: 4 entries (2 to 5)\n');
  for (const args of [['prune'], ['prune', '--before', 'x'], ['prune', '--before', '0'], ['keep', 'x']]) {
    expect((await run('audit', ...args)).code).toBe(2);
  }
});

test('every command that changes a store takes a reason', async () => {
  const why = ['--why', 'asked for'];
  await output('patch', '2', '{"a":1}', ...why);
  await output('index', 'add', 'a', ...why, '--quiet');
  await output('index', 'drop', 'a', ...why);
  await output('compact', ...why);
  await output('rename', 'records', 'r', ...why);
  await output('clear', 'r', '--yes', ...why);
  await output('drop', 'r', '--yes', ...why);
  await output('repair', '--quiet', ...why);
  const opened = await openStore(store, { readOnly: true });
  const reasons = [];
  for await (const { operation, why } of opened.audit.log()) if (why === 'asked for') reasons.push(operation);
  await opened.close();
  const expected = ['transaction', 'add index', 'drop index', 'compact', 'rename', 'clear', 'drop', 'repair'];
  expect([...new Set(reasons)]).toEqual(expected);
});
