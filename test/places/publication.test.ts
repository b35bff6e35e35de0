// Goal: the collections of one import are published together or not at all, whenever its process dies, also for a repair that
// makes the index again; and the command line fills several collections as the library does.
// Method: real processes that are killed at failpoints, with an old state of both collections before; what they left is
// compared with the old and the new documents. Runs of the built command.

import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openStore, repairStore, type Store } from '../../dist/src/index.js';
import { gristmill, start } from '../support/cli.js';
import { zstdFrame } from '../support/compressed-forms.js';
import { fileWith, scratch } from '../support/import-files.js';

const version = (n: number) =>
  JSON.stringify({
    users: [1, 2, 3].map((id) => ({ id, version: n })),
    meta: { n },
    orders: { a: { version: n }, b: { version: n } },
  });
const FLAGS = [
  '--select',
  '/users=users',
  '--select',
  '/orders=orders',
  '--key',
  'users=id',
  '--index',
  'orders=version',
];

async function opened(directory: string): Promise<Store> {
  const store = await openStore(directory);
  onTestFinished(() => store.close());
  return store;
}

/** The version of all records of both collections. */
async function versionsIn(store: Store): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const name of ['users', 'orders']) {
    for await (const { value } of store.collection<{ version: number }>(name).scan()) found.push(value.version);
  }
  return found;
}

async function storeOf(n: number): Promise<string> {
  const directory = join(scratch(), 'store');
  const { code, stderr } = await gristmill('import', fileWith(version(n)), '--store', directory, ...FLAGS);
  expect([code, stderr.includes('gristmill:')]).toEqual([0, false]);
  return directory;
}

describe('killed', () => {
  test.each([
    ['shard.write', 'replace', 1],
    ['shards.sync-directory', 'upsert', 1],
    ['publish.commit', 'replace', 1],
    ['publish.commit', 'upsert', 1],
    ['publish.committed', 'replace', 2],
    ['publish.committed', 'upsert', 2],
    ['garbage.unlink', 'replace', 2],
  ] as const)('at %s of mode %s: both collections have version %i and %i', async (point, mode, state) => {
    const directory = await storeOf(1);
    const args = ['import', fileWith(version(2)), '--store', directory, ...FLAGS, '--mode', mode];
    const { signal } = await start(args, undefined, { GRISTMILL_FAILPOINTS: `${point}=kill` }).ended;
    expect(signal).toBe('SIGKILL');
    const store = await opened(directory);
    expect(await versionsIn(store)).toEqual(Array(5).fill(state));
    expect((await store.verify()).faults).toEqual([]);
    // Whoever writes next sweeps what was left.
    await store.import(fileWith('[]'), { collection: 'other', allowEmpty: true });
    const live = store.stat().collections.reduce((sum, { shards }) => sum + shards, 0);
    expect(readdirSync(join(directory, 'shards'))).toHaveLength(live);
    expect(existsSync(join(directory, 'tmp'))).toBe(false);
  });
});

test.each([
  ['publish.commit', 1],
  ['publish.committed', 2],
] as const)('a repair without an index after a kill at %s does not mix versions', async (point, state) => {
  const directory = await storeOf(1);
  const args = ['import', fileWith(version(2)), '--store', directory, ...FLAGS];
  await start(args, undefined, { GRISTMILL_FAILPOINTS: `${point}=kill` }).ended;
  rmSync(join(directory, 'index'), { recursive: true });
  await repairStore(directory);
  const found = await versionsIn(await opened(directory));
  // What was published in the last moment cannot be told from what was not: then the older version stays.
  expect(new Set(found).size).toBe(1);
  if (state === 1) expect(found).toEqual(Array(5).fill(1));
});

test('a repair without an index gives both collections', async () => {
  const directory = await storeOf(3);
  rmSync(join(directory, 'index'), { recursive: true });
  const report = await repairStore(directory);
  expect(report).toMatchObject({ lost: [], unused: [] });
  const store = await opened(directory);
  expect(await versionsIn(store)).toEqual(Array(5).fill(3));
  expect(await store.collection('orders').get('b')).toEqual({ version: 3 });
  expect(await store.collection('users').get(2)).toEqual({ id: 2, version: 3 });
});

describe('the command line', () => {
  test('fills the collections, of a compressed file too, and reports each', async () => {
    const directory = join(scratch(), 'store');
    const source = fileWith(zstdFrame(Buffer.from(version(4))), 'dump.json.zst');
    const { stdout, code } = await gristmill('import', source, '--store', directory, ...FLAGS, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      collections: { users: { records: { stored: 3 } }, orders: { records: { stored: 2 }, layout: 'object' } },
      records: { read: 5, stored: 5 },
    });
    expect(await versionsIn(await opened(directory))).toEqual(Array(5).fill(4));
    const text = await gristmill('import', source, '--store', directory, ...FLAGS, '--key', 'orders=version');
    expect(text.stdout).toMatch(
      /collection +users[\s\S]*collection +orders[\s\S]*all collections +users, orders\n +read +5\n/,
    );
  });

  test.each([
    [['--select', '/users=users', '--select', '/orders'], /--select \/orders names no collection/],
    [['--select', '/users=users', '--select', '/orders=users'], /names collection users twice/],
    [['--select', '/users=users', '--collection', 'x'], /--collection cannot be used with/],
    [['--select', '/users=users', '--resume'], /--resume cannot be used with|resume "require"/],
  ])('refuses %j', async (flags, message) => {
    const directory = join(scratch(), 'store');
    const { code, stderr } = await gristmill('import', fileWith(version(1)), '--store', directory, ...flags);
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
    expect(existsSync(directory)).toBe(false);
  });
});
