// Goal: a repair neither disturbs other processes nor takes what one of them left half done for published, nor the other way
// round. Method: stores with the files, directories and notes that a writer leaves when it is killed at some point.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { encodeLine, encodeSpan, newHeader } from '../../dist/src/import/resume/journal-format.js';
import type { SpanResult } from '../../dist/src/import/tasks/span.js';
import { openStore, repairStore } from '../../dist/src/index.js';
import { GARBAGE_KEY, LOCK_KEY } from '../../dist/src/store/catalog/values.js';
import { SELF } from '../../dist/src/store/lock/process-identity.js';
import type { LockRecord } from '../../dist/src/store/lock-types.js';
import type { CatalogWrite } from '../../dist/src/store/types.js';
import { openCatalog } from '../support/build-store.js';
import { gristmill } from '../support/cli.js';
import { type TestStore, testStore } from '../support/import-store.js';
import { openRawIndex } from '../support/raw-catalog.js';
import { contents, versions } from '../support/upkeep.js';

describe('an import that may have been killed', () => {
  /** Two imports of which one replaced the other, both with their files there; what each of the two holds. */
  async function both(options: object, more?: (run: TestStore['run']) => Promise<unknown>) {
    const { store, directory, run } = await testStore();
    const shards = join(directory, 'shards');
    const texts = async () => {
      const found: string[] = [];
      for await (const { text } of store.collection().scanText()) found.push(text);
      return found;
    };
    await run(versions(0, 10, 1), { key: 'id' });
    const [first] = readdirSync(shards) as [string];
    const bytes = readFileSync(join(shards, first));
    await run(versions(5, 20, 2), options);
    const second = readdirSync(shards).find((file) => file !== first) as string;
    const published = await texts();
    await more?.(run);
    await store.close();
    writeFileSync(join(shards, first), bytes, { mode: 0o600 });
    rmSync(join(directory, 'index'), { recursive: true });
    return { directory, published, first, second };
  }
  async function textsAfter(directory: string): Promise<string[]> {
    const store = await openStore(directory);
    onTestFinished(() => store.close());
    expect(await store.verify()).toMatchObject({ isSound: true });
    const found: string[] = [];
    for await (const { text } of store.collection().scanText()) found.push(text);
    return found;
  }
  const joined = [...versions(0, 10, 1).split('\n'), ...versions(10, 20, 2).split('\n')];
  const doubt = expect.stringMatching(/it is not known whether it was published/);

  test.each(['replace', 'upsert'])('nothing under tmp/: it was published (%s)', async (mode) => {
    const { directory, published, first } = await both({ key: 'id', mode });
    const { unused, notes } = await repairStore(directory);
    expect(unused.map(({ file }) => file)).toEqual(mode === 'replace' ? [first] : []);
    expect(notes).toHaveLength(1);
    expect(await textsAfter(directory)).toEqual(published);
  });

  test.each(['replace', 'upsert'])('its directory is there: its records replace none (%s)', async (mode) => {
    const { directory } = await both({ key: 'id', mode });
    mkdirSync(join(directory, 'tmp', 'killed'), { recursive: true, mode: 0o700 });
    const { unused, notes } = await repairStore(directory);
    expect(unused).toEqual([]);
    expect(notes).toEqual([expect.anything(), doubt]);
    expect(await textsAfter(directory)).toEqual(joined);
    expect(existsSync(join(directory, 'tmp'))).toBe(false);
  });

  test('it was of another key: the collection stays', async () => {
    const { directory, second } = await both({ key: 'version', onDuplicate: 'last' });
    mkdirSync(join(directory, 'tmp', 'killed'), { recursive: true, mode: 0o700 });
    const { unused } = await repairStore(directory);
    expect(unused).toEqual([
      { file: second, why: expect.stringMatching(/it is not known whether its import was published/) },
    ]);
    expect(await textsAfter(directory)).toEqual(versions(0, 10, 1).split('\n'));
  });

  test.each([true, false])(
    'another was published after it: it is doubtful where its journal is there (%s)',
    async (there) => {
      const { directory, published, second } = await both({ key: 'id' }, (run) =>
        run('{"id":1}', { collection: 'other' }),
      );
      if (there) {
        const result: SpanResult = {
          ...{ entry: 0, exit: 1, ended: true, read: 0, rejected: 0, progressBytes: 1 },
          ...{ losers: new Uint32Array(), runs: [] },
        };
        const span = { shard: Number.parseInt(second, 10), wasRedone: false, quarantineBytes: 0, result };
        mkdirSync(join(directory, 'tmp', 'killed'), { recursive: true, mode: 0o700 });
        const journal = Buffer.concat([encodeLine(newHeader('', '')), encodeLine(encodeSpan(span))]);
        writeFileSync(join(directory, 'tmp', 'killed', 'journal'), journal);
      }
      const { notes } = await repairStore(directory);
      expect(notes.slice(1)).toEqual(there ? [doubt] : []);
      expect(await textsAfter(directory)).toEqual(there ? joined : published);
    },
  );
});

describe('others', () => {
  test('a store that is open is not repaired', async () => {
    const { store, directory, run } = await testStore();
    await run('{"id":1}', { key: 'id' });
    // Only Linux says who has a file open.
    if (process.platform === 'linux') {
      await expect(repairStore(directory)).rejects.toMatchObject({ code: 'STORE_BUSY' });
      const { code, stderr } = await gristmill('repair', '--store', directory);
      expect(code).not.toBe(0);
      expect(stderr).toContain(`open in process ${process.pid}`);
    }
    await store.close();
    expect(await repairStore(directory)).toMatchObject({ from: 'catalog' });
  });

  /** A store with one import, and something in its catalog. */
  async function storeWith(change: (write: CatalogWrite) => void) {
    const { store, directory, run } = await testStore();
    await run(versions(0, 10, 1), { key: 'id' });
    const expected = await contents(store);
    await store.close();
    const catalog = await openCatalog(directory);
    await catalog.transaction(change);
    await catalog.close();
    return { directory, expected };
  }
  const leftover = '00000099.ndjson.zst';
  const lockOf = (pid: number): LockRecord => {
    const times = { since: new Date().toISOString(), renewed: new Date().toISOString() };
    return { token: '00000006-0000-4000-8000-000000000000', operation: 'import', host: 'here', ...SELF, pid, ...times };
  };
  async function damage(directory: string, key: Buffer): Promise<void> {
    const raw = openRawIndex(directory);
    const { value } = raw.values.find((one) => one.database === 'meta' && one.key.equals(key))!;
    const flipped = Buffer.from(value);
    flipped[9]! ^= 1;
    raw.put('meta', key, flipped);
    await raw.close();
  }

  test('a writer on another machine that lives is not disturbed', async () => {
    const elsewhere = { ...lockOf(1), process: 'elsewhere/1' };
    const { directory } = await storeWith((write) => write.putLock(elsewhere));
    await expect(repairStore(directory)).rejects.toMatchObject({ code: 'STORE_BUSY' });
  });

  test.each(['sound', 'damaged'])(
    'the lock of a dead writer, %s: what it left is swept at the next open',
    async (how) => {
      const { directory, expected } = await storeWith((write) => write.putLock(lockOf(2 ** 22 + 1)));
      if (how === 'damaged') await damage(directory, LOCK_KEY);
      writeFileSync(join(directory, 'shards', leftover), 'left', { mode: 0o600 });
      expect(await repairStore(directory)).toMatchObject({ from: 'catalog', lost: [], notes: [] });
      expect(readdirSync(join(directory, 'shards'))).toContain(leftover);
      const store = await openStore(directory);
      onTestFinished(() => store.close());
      expect(readdirSync(join(directory, 'shards'))).not.toContain(leftover);
      expect(await contents(store)).toEqual(expected);
    },
  );

  test.each(['sound', 'damaged'])('garbage, %s, goes at the next open', async (how) => {
    const garbage = { files: [{ file: leftover, after: 0 }], trees: [], inline: [] };
    const { directory, expected } = await storeWith((write) => write.putGarbage(garbage));
    if (how === 'damaged') await damage(directory, GARBAGE_KEY);
    writeFileSync(join(directory, 'shards', leftover), 'left', { mode: 0o600 });
    expect(await repairStore(directory)).toMatchObject({ from: 'catalog', lost: [], notes: [] });
    const store = await openStore(directory);
    onTestFinished(() => store.close());
    expect(readdirSync(join(directory, 'shards'))).not.toContain(leftover);
    expect(await contents(store)).toEqual(expected);
    expect(await store.verify()).toMatchObject({ isSound: true, leftovers: { files: [] } });
  });
});
