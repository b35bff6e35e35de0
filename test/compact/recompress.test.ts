// Goal: an import without compression stores the same records in shards that every reader of zstd reads and `grep` searches; later
// writers keep them so until `recompress`, and whatever kills that one, no record is lost and the next run completes it.
// Method: the same records are imported with and without compression and compared through every reader; the tools zstd and grep
// read the files; a compaction in a process that is killed at each of its
// steps (a part of them, all at EFFORT=1).

import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openStore, repairStore, type Store } from '../../dist/src/index.js';
import { CLI } from '../support/cli.js';
import { partOf } from '../support/effort.js';
import { fileWith, makeDirectory, scratch } from '../support/import-files.js';
import { HAS_ZSTD } from '../support/import-store.js';
import { linesOf, zstdLinesIn } from '../support/shared.js';

const made = makeDirectory();
afterAll(made.remove);

const LONG = 'long '.repeat(60_000);
const source = join(made.path, 'rows.ndjson');
beforeAll(() => writeFileSync(source, SOURCE));
const rowOf = (id: number, edition = 1) =>
  JSON.stringify({ id, group: id % 7, text: id % 400 === 7 ? LONG : `text of ${id}`, edition });
const SOURCE = Array.from({ length: 2000 }, (_, id) => `${rowOf(id)}\n`).join('');
const HOW = { key: 'id', indexes: ['group'], spanBytes: 1 << 16, workers: 1 } as const;

async function importedInto(directory: string, compression: 'zstd' | 'none', options: object = {}): Promise<Store> {
  const store = await openStore(directory, { hotSet: false, ...options });
  await store.import(source, { ...HOW, compression });
  return store;
}

const closing = (store: Store): Store => {
  onTestFinished(() => store.close());
  return store;
};
const shardsOf = (directory: string): string => join(directory, 'shards');
/** The shard files whose first frame begins as those that are not compressed. */
const rawFiles = (directory: string): string[] =>
  readdirSync(shardsOf(directory)).filter(
    (name) =>
      readFileSync(join(shardsOf(directory), name))
        .subarray(0, 6)
        .toString('hex') === '28b52ffd8438',
  );
const bytesIn = ({ directory }: Store): number =>
  readdirSync(shardsOf(directory)).reduce((sum, name) => sum + readFileSync(join(shardsOf(directory), name)).length, 0);

async function looked(store: Store): Promise<unknown> {
  const records = store.collection<{ id: number }>('records');
  const texts: unknown[] = [await linesOf(store, 'records')];
  for (const id of [0, 7, 8, 1999, 407]) texts.push(records.getTextSync(id), await records.getText(id));
  texts.push([...records.findSync('group', 3)].length, store.stat().collections[0]?.records);
  const { isSound, faults } = await store.verify({ workers: 1 });
  expect(faults).toEqual([]);
  return [...texts, isSound];
}

describe('without compression', () => {
  test('a store has what it has with compression, through every reader of ours, also encrypted', async () => {
    const folder = scratch();
    const keyFile = join(folder, 'key');
    writeFileSync(keyFile, Buffer.alloc(32, 7), { mode: 0o600 });
    const packed = closing(await importedInto(join(folder, 'packed'), 'zstd'));
    const raw = closing(await importedInto(join(folder, 'raw'), 'none'));
    const sealed = closing(await importedInto(join(folder, 'sealed'), 'none', { encryption: { keyFile } }));
    const want = await looked(packed);
    expect(await looked(raw)).toEqual(want);
    expect(await looked(sealed)).toEqual(want);
    expect(rawFiles(raw.directory).length).toBe(readdirSync(shardsOf(raw.directory)).length);
    expect(bytesIn(raw)).toBeGreaterThan(SOURCE.length);
    expect(bytesIn(packed)).toBeLessThan(SOURCE.length / 4);
    // In an encrypted store the sealed frames are not compressed: nothing of their text shows, but their size does.
    expect(bytesIn(sealed)).toBeGreaterThan(SOURCE.length);
    expect(rawFiles(sealed.directory)).toEqual([]);
    await sealed.compact({ recompress: true });
    expect(await looked(sealed)).toEqual(want);
    expect(bytesIn(sealed)).toBeLessThan(SOURCE.length / 4);
  });

  test.runIf(HAS_ZSTD)('the shards are read by zstd, and grep finds every record', async () => {
    const store = closing(await importedInto(join(scratch(), 'store'), 'none'));
    expect(zstdLinesIn(shardsOf(store.directory))).toEqual(SOURCE.split('\n').slice(0, -1).sort());
    const { stdout } = spawnSync('sh', ['-c', `cat shards/* | grep -a -o '"id":[0-9]*,"group"' | sort -u | wc -l`], {
      cwd: store.directory,
      encoding: 'utf8',
    });
    expect(Number(stdout)).toBe(2000);
  });

  test('shards stay so in compactions and repairs that move them, and another import says it for its own', async () => {
    const folder = scratch();
    const directory = join(folder, 'store');
    const store = await importedInto(directory, 'none');
    await store.transaction((tx) => {
      for (let id = 0; id < 600; id++) tx.collection('records').delete(id);
      tx.collection<object>('records').put(JSON.parse(rowOf(1, 2)));
    });
    const want = await linesOf(store, 'records');
    await store.compact({ joinBytes: 0 });
    const files = readdirSync(shardsOf(directory)).length;
    // All but the one that the record of the transaction is in.
    expect(rawFiles(directory)).toHaveLength(files - 1);
    await store.close();
    rmSync(join(directory, 'index'), { recursive: true });
    await repairStore(directory, { workers: 1 });
    const again = closing(await openStore(directory, { hotSet: false }));
    expect(await linesOf(again, 'records')).toEqual(want);
    expect(rawFiles(directory)).toHaveLength(files - 1);
    const report = await again.compact({ recompress: true, joinBytes: 0 });
    expect(report.rewritten).toBe(files - 1);
    expect(rawFiles(directory)).toEqual([]);
    expect(await linesOf(again, 'records')).toEqual(want);
    expect(await again.compact({ recompress: true, joinBytes: 0 })).toMatchObject({ rewritten: 0, sealed: 0 });
    await again.import(fileWith(`${rowOf(1, 3)}\n`, 'b.ndjson'), { ...HOW, mode: 'upsert', compression: 'none' });
    expect(rawFiles(directory)).toHaveLength(1);
    expect(again.collection('records').getTextSync(1)).toBe(rowOf(1, 3));
  });

  test('a level is that of the shards that are compressed', async () => {
    const folder = scratch();
    const sizes: number[] = [];
    for (const level of [-7, 12]) {
      const store = closing(await importedInto(join(folder, `${level}`), 'none'));
      await store.compact({ recompress: true, level });
      sizes.push(bytesIn(store));
    }
    expect(sizes[1]).toBeLessThan(sizes[0]!);
  });
});

describe('recompression that is killed or fails', () => {
  const POINTS = [
    'compact.rewrite',
    'shard.write',
    'compact.join',
    'compact.publish',
    'catalog.commit',
    'catalog.committed',
  ];
  const CASES = [...POINTS, 'garbage.unlink'].map((point, i) => ({ point, how: i % 2 === 0 ? 'kill' : 'error' }));
  const template = join(made.path, 'store');
  let want: string[];
  beforeAll(async () => {
    const store = await importedInto(template, 'none');
    want = await linesOf(store, 'records');
    await store.close();
  });

  test.each(partOf(CASES))(
    '$how at $point: the store is as it was, and the next run completes it',
    async ({ point, how }) => {
      const directory = join(scratch(), 'store');
      cpSync(template, directory, { recursive: true });
      const args = [CLI, 'compact', '--recompress', '--store', directory];
      const env = { ...process.env, GRISTMILL_FAILPOINTS: `${point}=${how}` };
      const { status, signal } = spawnSync(process.execPath, args, { env });
      if (how === 'kill') expect(signal).toBe('SIGKILL');
      else expect(status).not.toBe(0);
      const store = closing(await openStore(directory, { hotSet: false }));
      expect(await linesOf(store, 'records')).toEqual(want);
      await store.compact({ recompress: true });
      expect(rawFiles(directory)).toEqual([]);
      expect(await linesOf(store, 'records')).toEqual(want);
      expect((await store.verify({ workers: 1 })).faults).toEqual([]);
      expect(store.stat().exact).toBe(true);
    },
  );
});
