// Goal: whoever puts an older value back into the index while a process has the store open is found by the next process that
// opens it, whatever the first one writes meanwhile (docs/security.md). Method: another process does so by LMDB itself, with
// values that the store had before.

import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { initStore, openStore } from '../../dist/src/index.js';
import { temporaryDirectory } from '../support/build-store.js';
import { openSealed } from '../support/sealed-index.js';

const encryption = { key: Buffer.alloc(32, 5) };
const lmdb = createRequire(import.meta.url).resolve('lmdb');

async function valuesOf(store: string): Promise<ReadonlyMap<string, string>> {
  const index = openSealed(store);
  const values = index
    .values()
    .map(({ database, key, value }) => [`${database} ${key.toString('hex')}`, value] as const);
  await index.close();
  return new Map(values.map(([place, value]) => [place, value.toString('hex')]));
}

/** By a process without the key. @param values hexadecimal, by database and key */
function putBack(store: string, values: ReadonlyMap<string, string>): void {
  const code = `
    const { open } = require(${JSON.stringify(lmdb)});
    const binary = { encoding: 'binary', keyEncoding: 'binary' };
    const root = open({ path: ${JSON.stringify(join(store, 'index'))}, noSubdir: false, maxDbs: 8, ...binary });
    for (const [place, value] of ${JSON.stringify([...values])}) {
      const [database, key] = place.split(' ');
      root.openDB(database, binary).putSync(Buffer.from(key, 'hex'), Buffer.from(value, 'hex'));
    }
    root.close();`;
  const { status, stderr } = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
}

test.each(['hidden', 'plaintext'] as const)(
  'with %s keys, what is written afterwards does not hide it',
  async (keys) => {
    const { path, remove } = temporaryDirectory();
    onTestFinished(remove);
    const store = join(path, 'store');
    await initStore(store, { encryption, keys, config: false });
    const opened = () => openStore(store, { encryption, hotSet: false, config: false });
    const putting = async (id: number) => {
      const open = await opened();
      await open.collection('all').put({ id });
      await open.close();
    };
    const first = await opened();
    await first.transaction((t) => t.createCollection('all', { key: 'id' }));
    await first.collection('all').put({ id: 1 });
    await first.close();
    // From the second one on there is a list of dead records, which each put of the same key changes.
    await putting(1);
    const before = await valuesOf(store);
    await putting(1);
    const after = await valuesOf(store);
    const changed = new Map([...before].filter(([place, value]) => after.has(place) && after.get(place) !== value));
    const tombstones = new Map([...changed].filter(([place]) => place.startsWith('meta 03')));
    expect(tombstones.size).toBeGreaterThan(0);
    const user = await opened();
    try {
      putBack(store, tombstones);
      for (const id of [1, 2, 1]) await user.collection('all').put({ id });
    } finally {
      await user.close();
    }
    const last = await valuesOf(store);
    for (const [place, value] of tombstones) expect(last.get(place)).not.toBe(value);
    await expect(opened()).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH', message: /is not as gristmill left it/ });
  },
);
