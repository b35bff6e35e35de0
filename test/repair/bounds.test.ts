// Goal: a repair costs what there is to repair, takes nothing for damaged that it merely cannot read, and leaves all as it was
// when it fails or is stopped. Method: stores with a million repeated keys, with files that cannot be opened, with shards of a
// newer format; repairs that fail at failpoints or are cancelled; compared with the records and files there were.

import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openStore, repairStore } from '../../dist/src/index.js';
import { xxh64 } from '../../dist/src/store/files/checksum.js';
import type { RepairProgress } from '../../dist/src/upkeep/repair/options.js';
import { gristmill, start } from '../support/cli.js';
import { testStore } from '../support/import-store.js';
import { openRawIndex } from '../support/raw-catalog.js';
import { until } from '../support/until.js';
import { contents, versions } from '../support/upkeep.js';

test.each([
  ['last', 1_001_000],
  ['first', 101_000],
] as const)('repeated keys: the %s of each stays, of %i records', async (onDuplicate, rows) => {
  const keys = 1000;
  const lines = Array.from({ length: rows }, (_, i) => `{"id":${i % keys},"n":${i}}`);
  const { store, directory, run } = await testStore();
  await run(lines.join('\n'), { key: 'id', onDuplicate });
  await store.close();
  rmSync(join(directory, 'index'), { recursive: true });
  const report = await repairStore(directory, { workers: 2 });
  expect(report).toMatchObject({ lost: [], collections: [{ name: 'records', records: keys }] });
  const again = await openStore(directory);
  onTestFinished(() => again.close());
  const expected = onDuplicate === 'last' ? lines.slice(-keys) : lines.slice(0, keys);
  const found: string[] = [];
  for await (const { text } of again.collection().scanText()) found.push(text);
  expect(found).toEqual(expected);
});

/** A store of one shard, closed, whose index pages are damaged where that is asked for. */
async function oneShard(damage: 'pages' | 'index' | 'none' = 'none') {
  const { store, directory, run } = await testStore();
  await run(versions(0, 3000, 1), { key: 'id', spanBytes: 1 << 20 });
  const expected = await contents(store);
  await store.close();
  const shards = join(directory, 'shards');
  const path = join(shards, readdirSync(shards)[0] as string);
  if (damage === 'index') rmSync(join(directory, 'index'), { recursive: true });
  if (damage === 'pages') await damagePages(directory);
  return { directory, path, expected };
}

async function damagePages(directory: string): Promise<void> {
  const raw = openRawIndex(directory);
  for (const { database, key, value } of raw.values) {
    if (database !== 'pages') continue;
    const flipped = Buffer.from(value);
    flipped[40]! ^= 1;
    raw.put(database, key, flipped);
  }
  await raw.close();
}

/** Everything in the store's directory, but what LMDB notes of who has it open. */
function filesIn(directory: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()) {
    const path = join(directory, name);
    if (statSync(path).isFile() && !name.includes('index')) found[name] = readFileSync(path, 'latin1');
    else found[name] = '';
  }
  return found;
}

describe('what cannot be read may be sound', () => {
  test.each(['pages', 'index'] as const)(
    'a shard that cannot be opened fails the repair (damaged: %s)',
    async (damage) => {
      const { directory, path, expected } = await oneShard(damage);
      const elsewhere = join(directory, 'elsewhere');
      renameSync(path, elsewhere);
      symlinkSync(elsewhere, path);
      const before = filesIn(directory);
      await expect(repairStore(directory)).rejects.toMatchObject({ code: 'IO_ERROR', file: path });
      expect(filesIn(directory)).toEqual(before);
      renameSync(elsewhere, path);
      expect(await repairStore(directory)).toMatchObject({ lost: [] });
      const store = await openStore(directory);
      onTestFinished(() => store.close());
      expect(await contents(store)).toEqual(expected);
    },
  );

  test.each(['pages', 'index'] as const)('a shard of a newer format fails the repair (damaged: %s)', async (damage) => {
    const { directory, path } = await oneShard(damage);
    const bytes = readFileSync(path);
    const table = bytes.lastIndexOf('GRST');
    const checksumAt = table + bytes.readUInt32LE(table - 4) - 8;
    bytes[table + 4] = 2;
    bytes.writeBigUInt64LE(xxh64(bytes, table, checksumAt), checksumAt);
    writeFileSync(path, bytes);
    const before = filesIn(directory);
    await expect(repairStore(directory)).rejects.toMatchObject({ code: 'STORE_TOO_NEW', file: path });
    expect(filesIn(directory)).toEqual(before);
  });

  test('a shard that is gone is lost', async () => {
    const { directory, path } = await oneShard('pages');
    rmSync(path);
    expect(await repairStore(directory)).toMatchObject({ lost: [{ file: path, records: { from: 0, to: 3000 } }] });
    const store = await openStore(directory);
    onTestFinished(() => store.close());
    expect(await store.verify()).toMatchObject({ isSound: true });
  });
});

test.each(['pages', 'index'] as const)(
  'damaged tables: nothing is lost, and the file is written again (%s)',
  async (damage) => {
    const { directory, path, expected } = await oneShard(damage);
    const bytes = readFileSync(path);
    bytes[bytes.byteLength - 1]! ^= 1;
    writeFileSync(path, bytes);
    const { lost } = await repairStore(directory);
    expect(lost).toMatchObject([{ file: path, message: expect.stringMatching(/no record of it is lost/) }]);
    expect(lost[0]!.records).toBeUndefined();
    const store = await openStore(directory);
    onTestFinished(() => store.close());
    expect(await contents(store)).toEqual(expected);
    expect(await store.verify()).toMatchObject({ isSound: true });
  },
);

describe('a repair that does not come to its end', () => {
  /** Its one shard has a damaged frame, so that a file is written again. */
  async function damaged() {
    const one = await oneShard('pages');
    const bytes = readFileSync(one.path);
    bytes[60]! ^= 1;
    writeFileSync(one.path, bytes);
    return one;
  }

  test.each(['repair.shards', 'repair.made', 'repair.finished'])('failing at %s leaves all as it was', async (name) => {
    const { directory } = await damaged();
    const before = filesIn(directory);
    const command = start(['repair', '--store', directory], undefined, { GRISTMILL_FAILPOINTS: `${name}=error` });
    expect(await command.ended).toMatchObject({ code: 5, stderr: expect.stringContaining(name) });
    expect(filesIn(directory)).toEqual(before);
    // The next import takes the number that the repair had given away.
    const source = join(directory, '..', 'more.ndjson');
    writeFileSync(source, '{"id":1}');
    const { code, stderr } = await gristmill(
      'import',
      source,
      '--store',
      directory,
      '--collection',
      'b',
      '--key',
      'id',
    );
    expect({ code, stderr }).toMatchObject({ code: 0 });
  });

  test('cancelled: it says so, and all is as it was', async () => {
    const { directory } = await damaged();
    const before = filesIn(directory);
    const controller = new AbortController();
    const reason = new Error('enough');
    const onProgress = (): void => controller.abort(reason);
    const repairing = repairStore(directory, { signal: controller.signal, onProgress });
    // However fast it is: begun and cancelled is cancelled.
    controller.abort(reason);
    await expect(repairing).rejects.toMatchObject({ code: 'CANCELLED', cause: reason });
    expect(filesIn(directory)).toEqual(before);
    expect(await repairStore(directory)).toMatchObject({ from: 'catalog' });
  });

  test('Ctrl-C: exit code 130, or it was done by then', async () => {
    const { directory } = await damaged();
    const before = filesIn(directory);
    const command = start(['repair', '--store', directory]);
    await until(() => existsSync(join(directory, 'repair.partial')) || command.child.exitCode !== null);
    command.child.kill('SIGINT');
    const { code } = await command.ended;
    expect([0, 130]).toContain(code);
    if (code === 130) expect(filesIn(directory)).toEqual(before);
    else expect(await repairStore(directory)).toMatchObject({ lost: [] });
  });
});

test('it says how far it is', async () => {
  const { directory, path } = await oneShard('index');
  const told: RepairProgress[] = [];
  await repairStore(directory, { onProgress: (progress) => told.push(progress) });
  const bytesTotal = statSync(path).size;
  expect(told.at(-1)).toMatchObject({ stage: 'done', bytes: bytesTotal, bytesTotal, records: 3000 });
});

test('other files beside the index stay where they are', async () => {
  const { directory } = await oneShard('pages');
  const other = join(directory, 'index', 'other');
  writeFileSync(other, 'somebody waits here');
  const { ino } = statSync(other);
  const { kept } = await repairStore(directory);
  expect(statSync(other).ino).toBe(ino);
  expect(readdirSync(kept!)).toEqual(['data.mdb']);
});

test('options it does not have are refused', async () => {
  const { directory } = await oneShard();
  await expect(repairStore(directory, { worker: 1 } as object)).rejects.toThrow(TypeError);
});
