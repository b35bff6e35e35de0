// Goal: a backup is one state of the store, whole and private, whatever is published meanwhile. Method: back up stores that
// have one of everything, and one that another process keeps replacing; open, verify and read the copies.
// @node all: how files are copied, and a process

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { openCatalog, temporaryDirectory } from '../support/build-store.js';
import { gristmill } from '../support/cli.js';
import { buildEverything, openReadOnly, readAll } from '../support/upkeep.js';

const WRITER = fileURLToPath(new URL('../support/backup-writer.mjs', import.meta.url));

function scratch(): string {
  const { path, remove } = temporaryDirectory();
  onTestFinished(remove);
  return join(path, 'store');
}

/** Every file and directory under a path, with its mode. */
function modesUnder(path: string): string[] {
  return (readdirSync(path, { recursive: true }) as string[]).map((name) => {
    const stat = statSync(join(path, name));
    return `${stat.isDirectory() ? 'directory' : 'file'} ${(stat.mode & 0o777).toString(8)}`;
  });
}

test.each([{ copy: false }, { copy: true }])('a copy of a store that has one of everything: %o', async (options) => {
  const directory = scratch();
  const target = join(dirname(directory), 'a', 'b');
  const oracle = await buildEverything(directory);
  const store = await openReadOnly(directory);
  onTestFinished(() => store.close());
  const report = await store.backup(target, options);
  expect(report).toMatchObject({ directory: target, generation: store.stat().generation, collections: 3 });
  expect(report.shards).toEqual(options.copy ? { linked: 0, copied: 6 } : { linked: 6, copied: 0 });
  expect((statSync(target).mode & 0o777).toString(8)).toBe('700');
  expect(new Set(modesUnder(target))).toEqual(new Set(['directory 700', 'file 600']));
  expect(readdirSync(dirname(target))).toEqual(['b']);

  const copy = await openStore(target);
  onTestFinished(() => copy.close());
  expect(await readAll(copy, oracle)).toEqual([]);
  expect(await copy.verify()).toMatchObject({ isSound: true, leftovers: { files: [], trees: [] } });
  // It is a store of its own: writing to it changes nothing of the original.
  const source = join(dirname(directory), 'new.ndjson');
  writeFileSync(source, '{"id":1}');
  await copy.import(source, { key: 'id', workers: 1 });
  expect(await readAll(store, oracle)).toEqual([]);
});

test('while another process keeps publishing, every copy holds exactly one publication', async () => {
  const directory = scratch();
  const parent = dirname(directory);
  const records = 400;
  const writer = fork(WRITER, [directory, join(parent, 'source.ndjson'), String(records)]);
  onTestFinished(() => void writer.kill('SIGKILL'));
  await once(writer, 'message');
  const store = await openReadOnly(directory);
  onTestFinished(() => store.close());
  const numbers = new Set<number>();
  for (let i = 0; i < 8; i++) {
    const target = join(parent, `copy-${i}`);
    await store.backup(target);
    const copy = await openReadOnly(target);
    const found = new Set<number>();
    let count = 0;
    for await (const { value } of copy.collection<{ number: number }>().scan()) {
      found.add(value.number);
      count++;
    }
    expect(count).toBe(records);
    expect(found.size).toBe(1);
    expect(await copy.verify({ workers: 1 })).toMatchObject({ isSound: true, leftovers: { files: [], trees: [] } });
    await copy.close();
    numbers.add([...found][0]!);
    await once(writer, 'message');
  }
  expect(numbers.size).toBeGreaterThan(1);
});

test('the lock of a writer, and files it has not published, are not copied', async () => {
  const directory = scratch();
  const oracle = await buildEverything(directory);
  const catalog = await openCatalog(directory);
  const times = { since: '2026-01-01T00:00:00.000Z', renewed: '2026-01-01T00:00:00.000Z' };
  const lock = {
    token: '00000006-0000-4000-8000-000000000000',
    operation: 'import',
    host: 'elsewhere',
    pid: 1,
    process: 'p',
    ...times,
  } as const;
  await catalog.transaction((write) => write.putLock(lock));
  await catalog.close();
  writeFileSync(join(directory, 'shards', '00000099.ndjson.zst'), 'not published');
  const target = join(dirname(directory), 'copy');
  const store = await openReadOnly(directory);
  onTestFinished(() => store.close());
  await store.backup(target);
  expect(existsSync(join(target, 'shards', '00000099.ndjson.zst'))).toBe(false);
  const copy = await openCatalog(target);
  expect(copy.lock()).toBeUndefined();
  await copy.close();
  const opened = await openReadOnly(target);
  onTestFinished(() => opened.close());
  expect(await readAll(opened, oracle)).toEqual([]);
});

test('a target that is not empty is refused, an empty one is taken; a backup that fails leaves nothing', async () => {
  const directory = scratch();
  const parent = dirname(directory);
  await buildEverything(directory);
  const store = await openReadOnly(directory);
  onTestFinished(() => store.close());
  const full = join(parent, 'full');
  mkdirSync(full);
  writeFileSync(join(full, 'mine'), 'x');
  await expect(store.backup(full)).rejects.toMatchObject({ code: 'BACKUP_TARGET_NOT_EMPTY', file: full });
  await expect(store.backup(directory)).rejects.toMatchObject({ code: 'BACKUP_TARGET_NOT_EMPTY' });
  expect(readFileSync(join(full, 'mine'), 'utf8')).toBe('x');
  const empty = join(parent, 'empty');
  mkdirSync(empty);
  await store.backup(empty);
  expect(readdirSync(empty).sort()).toEqual(['index', 'shards']);

  const before = readdirSync(parent);
  const [shard] = readdirSync(join(directory, 'shards')) as [string];
  rmSync(join(directory, 'shards', shard));
  await expect(store.backup(join(parent, 'failed'))).rejects.toMatchObject({ code: 'IO_ERROR' });
  expect(readdirSync(parent)).toEqual(before);
});

test('the command line', async () => {
  const directory = scratch();
  await buildEverything(directory);
  const target = join(dirname(directory), 'copy');
  const done = await gristmill('backup', target, '--store', directory, '--json');
  expect(done).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(done.stdout)).toMatchObject({ directory: target, shards: { linked: 6, copied: 0 } });
  expect(await gristmill('verify', '--store', target)).toMatchObject({ code: 0 });
  const again = await gristmill('backup', target, '--store', directory);
  expect(again).toMatchObject({ code: 4, stdout: '' });
  expect(again.stderr).toContain('BACKUP_TARGET_NOT_EMPTY');
});
