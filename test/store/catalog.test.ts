// The catalog and the store's directory: created private, refused when foreign or newer, verified on every read.
// Method: real directories and a real LMDB environment, some of them prepared to be wrong.
// @node all: codes of files' errors

import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../src/api/store.js';
import { encodeKey } from '../../src/keys/encode.js';
import { FORMAT_VERSION } from '../../src/store/catalog/values.js';
import { prepareStoreDirectory } from '../../src/store/files/layout.js';
import { LmdbCatalog } from '../../src/store/lmdb/catalog.js';
import { highestPageKey, lowestPageKey, treeStart } from '../../src/store/pages/page-key.js';
import { entryAt } from '../../src/store/pages/read.js';
import { buildPages } from '../../src/store/pages/write.js';
import { openCatalog, PLACES, publishRecords, temporaryDirectory } from '../support/build-store.js';

let directory: ReturnType<typeof temporaryDirectory>;
let path: string;
beforeEach(() => {
  directory = temporaryDirectory();
  path = join(directory.path, 'store');
});
afterEach(() => directory.remove());

const code = (expected: string) => expect.objectContaining({ code: expected });

function everyPath(root: string): string[] {
  return readdirSync(root, { withFileTypes: true }).flatMap((entry) => {
    const own = join(root, entry.name);
    return entry.isDirectory() ? [own, ...everyPath(own)] : [own];
  });
}

describe('the directory of a store', () => {
  test('is 0700, every file in it 0600', async () => {
    const catalog = await openCatalog(path);
    await publishRecords(catalog, path, [{ text: '1', key: 1 }]);
    await catalog.close();
    for (const own of [path, ...everyPath(path)]) {
      const stat = lstatSync(own);
      expect([own, stat.mode & 0o777]).toEqual([own, stat.isDirectory() ? 0o700 : 0o600]);
    }
  });

  test('may be an empty directory that is there already', async () => {
    mkdirSync(path, { mode: 0o700 });
    const catalog = await openCatalog(path);
    expect(catalog.header()).toMatchObject({ format: 1, nextShard: 1, nextTree: 1, generation: 0 });
    await catalog.close();
  });

  test('is not made where only looking is asked for', () => {
    expect(() => prepareStoreDirectory(path, false)).toThrow(code('STORE_NOT_FOUND'));
    mkdirSync(path, { mode: 0o700 });
    expect(() => prepareStoreDirectory(path, false)).toThrow(code('STORE_NOT_A_STORE'));
  });

  test('is not one that holds other things, and stays as it is then', () => {
    mkdirSync(path, { mode: 0o700 });
    writeFileSync(join(path, 'thesis.txt'), 'mine');
    expect(() => prepareStoreDirectory(path, true)).toThrow(code('STORE_NOT_A_STORE'));
    expect(readdirSync(path)).toEqual(['thesis.txt']);
  });

  test('is not a file, a symbolic link, or writable by others', () => {
    writeFileSync(path, '');
    expect(() => prepareStoreDirectory(path, true)).toThrow(code('STORE_NOT_A_STORE'));
    const real = join(directory.path, 'real');
    const link = join(directory.path, 'link');
    mkdirSync(real, { mode: 0o700 });
    symlinkSync(real, link);
    expect(() => prepareStoreDirectory(link, true)).toThrow(code('STORE_NOT_A_STORE'));
    chmodSync(real, 0o770);
    expect(() => prepareStoreDirectory(real, true)).toThrow(code('STORE_NOT_A_STORE'));
  });
});

describe('the catalog', () => {
  test('is the same after it was closed and opened again', async () => {
    let catalog = await openCatalog(path);
    const { manifest } = await publishRecords(catalog, path, [{ text: '{"id":1}', key: 1 }]);
    const shards = catalog.shards(manifest);
    const header = catalog.header();
    await catalog.close();
    catalog = await openCatalog(path);
    expect(catalog.header()).toEqual(header);
    expect(catalog.collections()).toEqual([JSON.parse(JSON.stringify(manifest))]);
    expect(catalog.shards(manifest)).toEqual(shards);
    await catalog.close();
  });

  test('of a newer format is refused, naming both formats', async () => {
    const catalog = await openCatalog(path);
    await catalog.transaction((write) => write.putHeader({ ...catalog.header(), format: FORMAT_VERSION + 1 }));
    await catalog.close();
    const opening = openCatalog(path);
    await expect(opening).rejects.toMatchObject({ code: 'STORE_TOO_NEW' });
    await expect(opening).rejects.toThrow(new RegExp(`format ${FORMAT_VERSION + 1}.* up to ${FORMAT_VERSION}`));
  });

  test.each(PLACES)(
    '%s: finds pages by their first entry, forwards and backwards, within one tree',
    async (_, newPlace) => {
      const place = newPlace();
      onTestFinished(() => place.remove());
      const catalog = await place.openCatalog();
      const entries = Array.from({ length: 3000 }, (_, i) => ({ key: encodeKey(2 * i), shard: 1, ordinal: i }));
      const pages = buildPages(entries);
      await catalog.transaction((write) => {
        for (const tree of [4, 5, 6]) for (const page of pages) write.putPage(tree, page);
      });
      const firsts = pages.map((page) => entryAt(page, 0).ordinal);
      const second = firsts[1]!;
      for (const ordinal of [0, 1, second - 1, second, second + 1, 2999]) {
        const expected = firsts.filter((first) => first <= ordinal).length - 1;
        const found = catalog.floorPage(5, highestPageKey(5, encodeKey(2 * ordinal)));
        expect(found?.page).toEqual(Buffer.from(pages[expected]!));
      }
      expect(catalog.floorPage(5, lowestPageKey(5, encodeKey(-1)))).toBeUndefined();
      const forwards = [];
      for (let at = catalog.nextPage(5, treeStart(5), false); at; at = catalog.nextPage(5, at.pageKey, false)) {
        forwards.push(at.pageKey);
      }
      const backwards = [];
      for (let at = catalog.nextPage(5, treeStart(6), true); at; at = catalog.nextPage(5, at.pageKey, true)) {
        backwards.unshift(at.pageKey);
      }
      expect(forwards).toHaveLength(pages.length);
      expect(backwards).toEqual(forwards);
      expect(catalog.pageKeys(5, 1000)).toEqual(forwards);
      expect(catalog.pageKeys(5, 2, forwards[0])).toEqual(forwards.slice(1, 3));
      expect(catalog.trees()).toEqual([4, 5, 6]);
      await catalog.close();
    },
  );

  test.each(PLACES)('%s: keeps what a snapshot sees, and rolls back a transaction that throws', async (_, newPlace) => {
    const place = newPlace();
    onTestFinished(() => place.remove());
    const catalog = await place.openCatalog();
    await publishRecords(catalog, place, [{ text: '1', key: 1 }]);
    const snapshot = catalog.snapshot();
    await publishRecords(catalog, place, [{ text: '2', key: 2 }]);
    expect([snapshot.generation(), catalog.generation()]).toEqual([1, 2]);
    expect(snapshot.trees()).not.toEqual(catalog.trees());
    // A reader of an older state holds back what may be removed; another of the same state does too.
    const [oldest, last] = [catalog.oldestRead(), catalog.lastTransaction()];
    expect(oldest).toBeLessThan(last);
    const same = snapshot.snapshot();
    snapshot.release();
    expect([same.generation(), catalog.oldestRead()]).toEqual([1, oldest]);
    same.release();
    expect(catalog.oldestRead()).toBeGreaterThanOrEqual(last);
    snapshot.release();
    const failing = catalog.transaction((write) => {
      write.putHeader({ ...catalog.header(), generation: 99 });
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(catalog.generation()).toBe(2);
    await catalog.close();
    expect(() => catalog.generation()).toThrow(code('STORE_CLOSED'));
  });

  test.each(PLACES)('%s: releases its snapshots when it is closed', async (_, newPlace) => {
    const place = newPlace();
    onTestFinished(() => place.remove());
    const catalog = await place.openCatalog();
    const snapshot = catalog.snapshot();
    await catalog.close();
    expect(() => snapshot.generation()).toThrow(code('STORE_CLOSED'));
  });

  test('notices a flipped bit in any of its values, which LMDB would return', async () => {
    const catalog = await openCatalog(path);
    const records = Array.from({ length: 300 }, (_, i) => ({ text: `{"id":${i % 250}}`, key: i % 250 }));
    await publishRecords(catalog, path, records);
    await catalog.close();
    const file = join(path, 'index', 'data.mdb');
    const whole = readFileSync(file);
    let found = 0;
    for (const text of ['"nextShard"', '"sha256"', '"sourceBytes"', '\0key']) {
      // Every copy LMDB keeps of the value: the newest page and the ones it replaced.
      const bytes = Buffer.from(whole);
      for (let at = bytes.indexOf(text); at !== -1; at = bytes.indexOf(text, at + 1)) {
        bytes[at + 2]! ^= 0x20;
        found++;
      }
      if (bytes.equals(whole)) continue;
      writeFileSync(file, bytes);
      await expect(async () => {
        const store = await openStore(path);
        try {
          await store.collection().get(1);
        } finally {
          await store.close();
        }
      }).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    }
    expect(found).toBeGreaterThan(2);
  });

  test('can be opened for reading only', async () => {
    await (await openCatalog(path)).close();
    const catalog = await LmdbCatalog.open(path, { create: false, readOnly: true });
    expect(catalog.generation()).toBe(0);
    await catalog.close();
  });
});
