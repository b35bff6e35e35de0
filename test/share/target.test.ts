// Goal: sharing replaces nothing that it has not made, leaves no more than it says, and keeps out of what is not its own.
// Method: targets of every kind, several at the same time, names of collections that would lead elsewhere.

import { existsSync, lstatSync, mkdirSync, readdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { memory, openStore, type Store } from '../../dist/src/index.js';
import { fileWith, scratch } from '../support/import-files.js';

async function open(directory: string): Promise<Store> {
  const store = await openStore(directory, { hotSet: false });
  onTestFinished(() => store.close());
  return store;
}

describe('the target', () => {
  test('is never something that share has not made', async () => {
    const folder = scratch();
    const store = await open(join(folder, 'store'));
    await store.import(fileWith('{"id":1}'), { key: 'id', workers: 1 });
    const refused = async (target: string) =>
      expect(store.share(target)).rejects.toMatchObject({ code: 'SHARE_TARGET_NOT_EMPTY', file: target });
    mkdirSync(join(folder, 'full'));
    writeFileSync(join(folder, 'full', 'mine'), 'x');
    await refused(join(folder, 'full'));
    await refused(fileWith('x', 'file', folder));
    symlinkSync('full', join(folder, 'link'));
    await refused(join(folder, 'link'));
    symlinkSync('nowhere', join(folder, 'dangling'));
    await refused(join(folder, 'dangling'));
    await refused(join(folder, 'store'));
    expect(readdirSync(join(folder, 'full'))).toEqual(['mine']);
    mkdirSync(join(folder, 'empty'));
    await store.share(join(folder, 'empty'));
    expect(lstatSync(join(folder, 'empty')).isSymbolicLink()).toBe(true);
    expect(readdirSync(join(folder, 'empty'))).toEqual(['records']);
    expect(readdirSync(folder).filter((name) => name.endsWith('.owner'))).toEqual([]);
  });

  test('keeps the state before, and no older one; work that was cancelled leaves nothing', async () => {
    const folder = scratch();
    const store = await open(join(folder, 'store'));
    await store.import(fileWith('{"id":1}'), { key: 'id', workers: 1 });
    const target = join(folder, 'live');
    const seen: string[] = [];
    for (let i = 0; i < 3; i++) {
      await store.share(target);
      seen.push(realpathSync(target));
    }
    expect(seen.map((path) => existsSync(path))).toEqual([false, true, true]);
    const before = readdirSync(folder);
    await expect(store.share(target, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(readdirSync(folder)).toEqual(before);
    expect(realpathSync(target)).toBe(seen[2]);
  });

  test('of two that share at the same time is that of one of them, whole', async () => {
    const folder = scratch();
    const store = await open(join(folder, 'store'));
    await store.import(fileWith('{"id":1}'), { key: 'id', workers: 1 });
    const target = join(folder, 'live');
    await Promise.all(Array.from({ length: 4 }, () => store.share(target)));
    expect(readdirSync(join(target, 'records'))).toHaveLength(1);
    await store.share(target);
    expect(readdirSync(dirname(target)).filter((name) => name.startsWith('.live'))).toHaveLength(2);
  });

  test('may have any name of a collection as a folder', async () => {
    const folder = scratch();
    const store = await open(join(folder, 'store'));
    const names = ['../up', 'a/b', '.hidden', 'ü'.repeat(100)];
    for (const collection of names) await store.import(fileWith('{"id":1}'), { collection, key: 'id', workers: 1 });
    await store.share(join(folder, 'live'));
    expect(readdirSync(join(folder, 'live'))).toHaveLength(names.length);
    expect(
      readdirSync(folder)
        .sort()
        .filter((name) => !name.startsWith('.live')),
    ).toEqual(['live', 'store']);
  });

  test('needs a store with files, and right options', async () => {
    const store = await openStore(memory());
    onTestFinished(() => store.close());
    await expect(store.share('x')).rejects.toThrow(TypeError);
    const onDisk = await open(join(scratch(), 'store'));
    await expect(onDisk.share('')).rejects.toThrow(TypeError);
    await expect(onDisk.share('x', { out: 'y' } as object)).rejects.toThrow(TypeError);
    await expect(onDisk.compact({ full: true, minDeadShare: 0.5 })).rejects.toThrow(TypeError);
  });
});
