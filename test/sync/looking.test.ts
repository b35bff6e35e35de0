// Goal: a synchronisation that is told where to look looks nowhere else, and takes of a file only what it is told to: so
// nothing half-written is stored, and a file that never stops growing is followed by whole lines.
// Method: more is changed than it is told of; what is stored then is looked at, and in the end all of it by a comparison.

import { renameSync, rmSync, symlinkSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Take } from '../../dist/src/sources/looking.js';
import { Scope } from '../../dist/src/sources/looking.js';
import { errorOf } from '../support/import-errors.js';
import { KINDS } from '../support/import-store.js';
import { linesOf, syncedStore, Tree } from '../support/sync.js';

const NONE = { changed: 0, added: 0, removed: 0, bytesRead: 0 };

/** Takes files by their names; others as they are. */
const taking = (takes: Readonly<Record<string, Take>>) => (path: string) => takes[path.split('/').at(-1)!] ?? 'all';

describe.each(KINDS)('%s', (kind) => {
  test('only what is at the given paths, or below them, is looked at', async () => {
    const tree = new Tree();
    for (const name of ['a.json', 'in/b.json', 'in/deep/c.json', 'in.json', 'z.json']) tree.write(name, '{"v":1}');
    const { store, sync } = await syncedStore(kind);
    const looked: string[] = [];
    const at = (...names: string[]) =>
      sync(tree.root, {
        paths: new Set(names.map((name) => tree.path(name))),
        take: (path) => {
          looked.push(path.slice(tree.root.length + 1));
          return 'all';
        },
      });
    await sync(tree.root);
    for (const name of ['a.json', 'in/b.json', 'in/deep/c.json', 'in.json', 'new/d.json']) tree.write(name, '{"v":22}');
    tree.remove('z.json');
    expect(await at('in')).toMatchObject({ changed: 2, added: 0, removed: 0, unchanged: 3 });
    expect(looked.splice(0)).toEqual(['in/b.json', 'in/deep/c.json']);
    expect(await at('new/d.json', 'in/b.json', 'in')).toMatchObject({ changed: 0, added: 1, removed: 0 });
    expect(await at('z.json', 'none.json', 'in/.hidden.json', '../beside.json')).toMatchObject({ ...NONE, removed: 1 });
    expect(looked.splice(0)).toEqual(['new/d.json']);
    rmSync(tree.path('in'), { recursive: true });
    expect(await at('in')).toMatchObject({ ...NONE, removed: 2 });
    const keys = () =>
      ['a.json', 'in/b.json', 'in.json', 'new/d.json'].map((key) => store.collection().getTextSync(key));
    expect(keys()).toEqual(['{"v":1}', undefined, '{"v":1}', '{"v":22}']);
    expect(await sync(tree.root)).toMatchObject({ changed: 2, added: 0, removed: 0, unchanged: 1 });
    expect(keys()).toEqual(['{"v":22}', undefined, '{"v":22}', '{"v":22}']);
  });

  test('a source that is gone is no empty one, whichever of its files are asked about', async () => {
    const tree = new Tree();
    tree.write('a.json', '{"v":1}');
    const { store, sync } = await syncedStore(kind);
    await sync(tree.root);
    renameSync(tree.root, `${tree.root}.gone`);
    const error = await errorOf(sync(tree.root, { paths: new Set([tree.path('a.json')]) }));
    renameSync(`${tree.root}.gone`, tree.root);
    expect(error).toMatchObject({ code: 'SOURCE_NOT_FOUND' });
    expect(store.collection().count()).toBe(1);
  });

  test('links to folders are not followed by their paths either', async () => {
    const tree = new Tree();
    tree.write('a/1.json', '{"v":1}');
    const { store, sync } = await syncedStore(kind);
    await sync(tree.root);
    symlinkSync(tree.path('a'), tree.path('link'));
    expect(await sync(tree.root, { paths: new Set([tree.path('link/1.json'), tree.path('link')]) })).toMatchObject(
      NONE,
    );
    expect(store.collection().count()).toBe(1);
  });

  test('a file of which nothing is taken yet stays as it is stored; in the first import, too', async () => {
    const tree = new Tree();
    tree.write('a.json', '{"v":1}');
    tree.write('half.json', '{"v":');
    const { store, sync } = await syncedStore(kind);
    const take = taking({ 'half.json': 'nothing' });
    expect(await sync(tree.root, { take })).toMatchObject({ added: 1 });
    tree.write('half.json', '{"v":1}');
    expect(await sync(tree.root)).toMatchObject({ added: 1, unchanged: 1 });
    tree.write('half.json', '{"v":2');
    tree.write('a.json', '{"v":2}');
    expect(await sync(tree.root, { take })).toMatchObject({ changed: 1, removed: 0 });
    expect(['a.json', 'half.json'].map((key) => store.collection().getTextSync(key))).toEqual(['{"v":2}', '{"v":1}']);
    expect(await sync(tree.root, { take: () => 'growth' })).toMatchObject(NONE);
  });

  test.each(['a file', 'a folder'])('%s of lines that grows gives its whole lines, each once', async (what) => {
    const tree = new Tree();
    const { store, sync } = await syncedStore(kind);
    const source = what === 'a file' ? tree.path('log.ndjson') : tree.root;
    const options = { key: 'id', take: () => 'growth' as const };
    const record = (id: number) => ({ id, text: 'x'.repeat(50) });
    let written = 0;
    const next = (count: number) => linesOf(Array.from({ length: count }, () => record(written++)));
    tree.write('log.ndjson', '');
    // Small at first, then large enough for its ends to be noted.
    for (const count of [3, 2, 1500, 4, 700]) {
      tree.append('log.ndjson', next(count));
      const half = JSON.stringify(record(written));
      tree.append('log.ndjson', half.slice(0, 9));
      expect(await sync(source, options)).toMatchObject({ removed: 0 });
      expect(store.collection().count()).toBe(written);
      expect(await sync(source, options)).toMatchObject(NONE);
      tree.append('log.ndjson', `${half.slice(9)}\n`);
      written++;
    }
    expect(await sync(source, { key: 'id' })).toMatchObject({ changed: 1 });
    expect(store.collection().count()).toBe(written);
    expect(store.collection().getSync(written - 1)).toEqual(record(written - 1));
    expect((await store.verify({ workers: 1 })).faults).toEqual([]);
  });

  test('a file that was written anew while it grows is left', async () => {
    const tree = new Tree();
    const { store, sync } = await syncedStore(kind);
    tree.write('log.ndjson', linesOf(Array.from({ length: 3000 }, (_, id) => ({ id, text: 'x'.repeat(50) }))));
    await sync(tree.root, { key: 'id' });
    tree.write('log.ndjson', linesOf(Array.from({ length: 4000 }, (_, id) => ({ id, text: 'y'.repeat(50) }))));
    expect(await sync(tree.root, { key: 'id', take: () => 'growth' })).toMatchObject(NONE);
    expect(store.collection().count()).toBe(3000);
  });
});

test('a scope has what is at its paths or below them, and nothing else', () => {
  const paths = fc.array(fc.constantFrom('a', 'b', 'ab', 'a.json'), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(paths, { maxLength: 4 }), paths, (given, path) => {
      const isBelow = (one: readonly string[]) => one.every((name, i) => path[i] === name);
      const scope = new Scope('/root', new Set(given.map((one) => `/root/${one.join('/')}`)));
      expect(scope.has(path.join('/'))).toBe(given.some(isBelow));
    }),
  );
  expect(new Scope('/root', new Set(['/root'])).has('a')).toBe(true);
  expect(new Scope('/root', new Set(['/'])).paths?.size ?? 'all').toBe(0);
  expect(new Scope('/root', undefined).has('a')).toBe(true);
  expect(new Scope('/root', new Set(['/rooted/a'])).has('a')).toBe(false);
});
