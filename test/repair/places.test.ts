// Goal: what has no data, such as a lock file, is no reason for a repair to do without a sound catalog; and a repair goes nowhere
// outside of its store. Method: something else in the place of each; a record that a transaction deleted tells the catalog.

import { spawnSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStore, repairStore } from '../../dist/src/index.js';
import { CLI } from '../support/cli.js';
import { partOf } from '../support/effort.js';
import { scratch } from '../support/import-files.js';

const OPTIONS = { config: false, hotSet: false } as const;

async function newStore(): Promise<string> {
  const path = join(scratch(), 'store');
  writeFileSync(`${path}.ndjson`, '{"id":1}\n{"id":2}\n');
  const store = await openStore(path, OPTIONS);
  await store.import(`${path}.ndjson`, { key: 'id', workers: 1 });
  // Only the catalog knows.
  await store.collection().delete(2);
  await store.close();
  return path;
}

const STRANGE: [string, (path: string) => void][] = [
  ['a pipe', (path) => void spawnSync('mkfifo', [path])],
  ['a directory', (path) => mkdirSync(path)],
  ['text', (path) => writeFileSync(path, 'garbage\n', { mode: 0o600 })],
  ['a link to nothing', (path) => symlinkSync('/nowhere/at/all', path)],
  ['a link to a file', (path) => symlinkSync(`${path}.outside`, path)],
  ['a hard link', (path) => linkSync(join(path, '../../../store.ndjson'), path)],
];

const isLinux = process.platform === 'linux';
const CASES = ['lock.mdb', 'gate.mdb', 'gate.mdb-lock'].flatMap((name) =>
  STRANGE.map(([kind, make]) => ({ name, kind, make })),
);

test.runIf(isLinux).each(partOf(CASES))(
  '$kind as $name is made anew, and the catalog stays',
  async ({ name, make }) => {
    const store = await newStore();
    const path = join(store, 'index', name);
    rmSync(path);
    make(path);
    await expect(repairStore(store, { workers: 1 })).resolves.toMatchObject({ from: 'catalog', lost: [] });
    const opened = await openStore(store, OPTIONS);
    expect([opened.collection().getSync(1), opened.collection().getSync(2)]).toEqual([{ id: 1 }, undefined]);
    await opened.close();
  },
);

test.runIf(isLinux).each(['index/data.mdb', 'index', 'shards', 'tmp', 'repair', 'repair.partial'])(
  '%s as a link is refused, and what it leads to stays',
  async (name) => {
    const store = await newStore();
    const path = join(store, name);
    const outside = join(store, '..', 'outside');
    if (['tmp', 'repair', 'repair.partial'].includes(name)) mkdirSync(outside);
    else renameSync(path, outside);
    symlinkSync(outside, path);
    await expect(repairStore(store, { workers: 1 })).rejects.toMatchObject({
      code: expect.stringMatching(/^(IO_ERROR|STORE_NOT_A_STORE|STORE_NOT_FOUND)$/),
      file: expect.stringContaining(name),
    });
    // Whole again when it is back.
    rmSync(path);
    if (['index/data.mdb', 'index', 'shards'].includes(name)) renameSync(outside, path);
    const opened = await openStore(store, OPTIONS);
    expect(opened.collection().count()).toBe(1);
    await opened.close();
  },
);

test.runIf(isLinux)('a pipe as data.mdb has no catalog: the index is made from the shards', async () => {
  const store = await newStore();
  rmSync(join(store, 'index/data.mdb'));
  spawnSync('mkfifo', [join(store, 'index/data.mdb')]);
  await expect(repairStore(store, { workers: 1 })).resolves.toMatchObject({
    from: 'shards',
    collections: [{ records: 2 }],
  });
});

test('from the shards alone: no index that is there is used, nor the gate', async () => {
  const [store, other] = [await newStore(), await newStore()];
  writeFileSync(`${other}.more`, '{"id":9}\n');
  const opened = await openStore(other, OPTIONS);
  await opened.import(`${other}.more`, { key: 'id', collection: 'others', workers: 1 });
  await opened.close();
  // As if a repair had finished this one.
  mkdirSync(join(store, 'repair'), { mode: 0o700 });
  renameSync(join(other, 'index'), join(store, 'repair/index'));
  rmSync(join(store, 'index/gate.mdb'));
  mkdirSync(join(store, 'index/gate.mdb'));
  const { from, collections, kept } = await repairStore(store, { workers: 1, fromShards: true });
  // The delete, which only the index knew of, is undone.
  expect({ from, collections }).toEqual({ from: 'shards', collections: [{ name: 'records', records: 2 }] });
  expect(existsSync(join(kept!, 'data.mdb'))).toBe(true);
  expect(existsSync(join(store, 'repair'))).toBe(false);
  const again = await openStore(store, OPTIONS);
  expect([again.collections(), again.collection().getSync(2)]).toEqual([['records'], { id: 2 }]);
  expect(await again.verify({ workers: 1 })).toMatchObject({ isSound: true });
  await again.close();
});

test('from the shards alone, on the command line', async () => {
  const store = await newStore();
  const { status, stdout } = spawnSync(process.execPath, [CLI, 'repair', '--from-shards', '--json', '--store', store]);
  expect([status, JSON.parse(String(stdout))]).toMatchObject([0, { from: 'shards', collections: [{ records: 2 }] }]);
});
