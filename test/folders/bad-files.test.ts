// Goal: files that vanish, cannot be read, or are empty fail an import, or are left out and named, as onBadFile says; nothing
// of a file that is left out is stored, and nothing is left out without being named.
// Method: folders and lists of files that change when the import has looked at them, or while it reads them; links that lead
// in a circle, which nobody can read, whatever his rights; the oracle is JSON.parse of the files that are left.

import { appendFileSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runImport } from '../../dist/src/api/later.js';
import { decodePart, type PartTask } from '../../dist/src/import/feed/decode-part.js';
import { mergeEntries } from '../../dist/src/import/merge/entries.js';
import type { ImportOptions } from '../../dist/src/import/options/types.js';
import { scanSpan } from '../../dist/src/import/scan/scan-span.js';
import type { SpanOrder } from '../../dist/src/import/tasks/span.js';
import { files as onDisk } from '../../dist/src/store/files/file-blobs.js';
import { prepareStoreDirectory } from '../../dist/src/store/files/layout.js';
import { openRecovered } from '../../dist/src/store/lock/recovery.js';
import { gristmill } from '../support/cli.js';
import { folderOf } from '../support/folders.js';
import { errorOf } from '../support/import-errors.js';
import { scratch } from '../support/import-files.js';
import { KINDS, testStore } from '../support/import-store.js';
import { contentOf, freshly, syncedStore, Tree } from '../support/sync.js';
import { until } from '../support/until.js';
import { QUICK } from '../support/watched.js';

const NAMES = ['a.json', 'empty.json', 'gone.json', 'loop.json', 'x/blank.json', 'z.json'];
/** When the import has looked at the files, and before it reads one. */
const whenPlanned = (work: () => void): Pick<ImportOptions, 'onProgress'> => {
  let isDone = false;
  return {
    onProgress: ({ stage }) => {
      if (stage === 'scan' && !isDone) work();
      isDone ||= stage === 'scan';
    },
  };
};

/** A folder with every kind of bad file; one of them goes when `vanish` is called. */
function badFolder() {
  const root = folderOf({
    ...{ 'a.json': '{"id":1}', 'empty.json': '', 'gone.json': '{"id":2}', 'z.json': '{"id":3}' },
    'x/blank.json': ' \n\t',
  });
  symlinkSync('loop.json', join(root, 'loop.json'));
  const paths = NAMES.map((name) => join(root, name));
  return { root, paths, vanish: whenPlanned(() => rmSync(join(root, 'gone.json'))) };
}

const REASONS = {
  'empty.json': 'SOURCE_EMPTY',
  'gone.json': 'SOURCE_CHANGED',
  'loop.json': 'SOURCE_NOT_READABLE',
  'x/blank.json': 'SOURCE_EMPTY',
};

describe.each(KINDS)('%s', (kind) => {
  test.each(['folder', 'arguments'] as const)('bad files of a %s are left out, and named', async (how) => {
    for (const onBadFile of ['skip', 'quarantine'] as const) {
      const { root, paths, vanish } = badFolder();
      const { store, texts } = await testStore(kind);
      const sources = how === 'folder' ? root : [...paths, join(root, 'never.json')];
      const report = await store.import(sources, { key: 'id', workers: 1, onBadFile, ...vanish });
      const expected = { ...REASONS, ...(how === 'arguments' && { 'never.json': 'SOURCE_NOT_FOUND' }) };
      const { count, files } = report.badFiles;
      const named = files.map(({ file, reason }) => [file.slice(root.length + 1), reason]);
      expect([count, Object.fromEntries(named)]).toEqual([Object.keys(expected).length, expected]);
      for (const { file, message } of files) expect(message).toContain(file);
      expect(report).toMatchObject({ files: 2, records: { read: 2, stored: 2, rejected: 0 } });
      expect((await texts()).map((text) => JSON.parse(text))).toEqual([{ id: 1 }, { id: 3 }]);
      expect(report.quarantine === undefined).toBe(onBadFile === 'skip');
      if (report.quarantine === undefined || kind === 'in memory') continue;
      const lines = readFileSync(report.quarantine, 'utf8').trim().split('\n');
      const noted = lines.map((line) => JSON.parse(line));
      expect(noted.map(({ file, reason }) => ({ file, reason }))).toEqual(
        files.map(({ file, reason }) => ({ file, reason })),
      );
      expect(noted[0]).toMatchObject({ record: 0, offset: 0, bytes: 0, rawBase64: '' });
    }
  });

  test('by default each of them fails the import, and nothing changes', async () => {
    const { store, texts } = await testStore(kind);
    await store.import(folderOf({ 'a.json': '7' }), { workers: 1 });
    const run = (name: string, isAlone: boolean) => {
      const { root, paths, vanish } = badFolder();
      for (const path of paths) {
        const isKept = path.endsWith('a.json') || path.endsWith('z.json') || path.endsWith(name);
        if (!isKept) rmSync(path);
      }
      const sources = isAlone ? paths.filter((path) => /[az]\.json$/.test(path) || path.endsWith(name)) : root;
      return errorOf(store.import(sources, { workers: 1, ...(name === 'gone.json' && vanish) }));
    };
    for (const [name, code] of Object.entries(REASONS)) {
      expect(await run(name, true)).toMatchObject({ code });
      const inFolder = code === 'SOURCE_EMPTY' ? 'BAD_RECORD' : code;
      expect(await run(name, false)).toMatchObject({ code: inFolder });
    }
    expect(await texts()).toEqual(['7']);
  });

  test('if all files are bad, the import fails with the error of the first one', async () => {
    const { store, texts } = await testStore(kind);
    const options = { workers: 1, onBadFile: 'skip', allowEmpty: true } as const;
    const root = scratch();
    for (const mode of ['replace', 'upsert'] as const) {
      const error = await errorOf(store.import([join(root, 'no.json'), join(root, 'nor.json')], { ...options, mode }));
      expect(error).toMatchObject({ code: 'SOURCE_NOT_FOUND', file: join(root, 'no.json') });
    }
    await store.import(folderOf({ 'a.json': '7' }), { workers: 1 });
    const error = await errorOf(store.import(folderOf({ 'b.json': '' }), { workers: 1, onBadFile: 'skip' }));
    expect(error).toMatchObject({ code: 'SOURCE_EMPTY' });
    expect(await texts()).toEqual(['7']);
  });

  test('a bad record is still one: what it does is for onBadRecord to say', async () => {
    const { store } = await testStore(kind);
    const root = folderOf({ 'a.json': '1', 'b.json': '{', 'c.json': '' });
    expect(await errorOf(store.import(root, { workers: 1, onBadFile: 'skip' }))).toMatchObject({ code: 'BAD_RECORD' });
    const report = await store.import(root, { workers: 1, onBadFile: 'skip', onBadRecord: 'skip' });
    expect(report).toMatchObject({ records: { stored: 1, rejected: 1 }, badFiles: { count: 1 } });
  });

  test('a synchronisation leaves them out as an import does, and reads them when they are good again', async () => {
    const tree = new Tree();
    for (const name of ['a.json', 'b.json', 'c.json']) tree.write(name, `{"id":"${name}"}`);
    const { store, sync } = await syncedStore(kind);
    const options = { key: 'id', onBadFile: 'skip', allowEmpty: false } as const;
    for (const sources of [tree.root, ['a.json', 'b.json', 'c.json'].map((name) => tree.path(name))]) {
      await sync(sources, options);
      tree.remove('b.json');
      symlinkSync('b.json', tree.path('b.json'));
      tree.write('c.json', '');
      const report = await sync(sources, options);
      expect(report.badFiles?.map(({ reason }) => reason).sort()).toEqual(['SOURCE_EMPTY', 'SOURCE_NOT_READABLE']);
      expect(await contentOf(store)).toEqual(await freshly(sources, options));
      // Nothing is read again because of them.
      expect(await sync(sources, options)).toMatchObject({ changed: 0, added: 0, removed: 0, bytesRead: 0 });
      tree.remove('b.json');
      tree.write('b.json', '{"id":"again"}');
      tree.write('c.json', '{"id":"c"}');
      expect((await sync(sources, options)).badFiles).toBeUndefined();
      expect(await contentOf(store)).toEqual(await freshly(sources, options));
      expect(store.collection().has('again')).toBe(true);
    }
  });
});

test.each(['folder', 'arguments'] as const)(
  'of a file of a %s that changes while it is read, nothing stays',
  async (how) => {
    const lines = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => `{"id":${from + i},"text":"${'x'.repeat(90)}"}`).join('\n');
    const root = folderOf({ 'a.json': lines(0, 1), 'b.json': lines(10_000, 9000), 'c.json': `${lines(0, 5)}\n}\n` });
    const directory = prepareStoreDirectory(join(scratch(), 'store'), true);
    const catalog = await openRecovered({ directory, blobs: onDisk }, { create: true, readOnly: false });
    onTestFinished(() => catalog.close());
    // The first frame is written when half of b.json has been read.
    let isChanged = false;
    const changing = {
      ...onDisk,
      create: (...[path, what]: Parameters<typeof onDisk.create>) => {
        if (path.includes('shards') && !isChanged) appendFileSync(join(root, 'b.json'), '\n{"id":"new"}');
        isChanged ||= path.includes('shards');
        return onDisk.create(path, what);
      },
    };
    const startWorkers = () => ({
      decode: async (task: PartTask) => decodePart(task),
      scan: async (task: SpanOrder) => scanSpan(task, changing),
      merge: async (task: Parameters<typeof mergeEntries>[0]) => mergeEntries(task, onDisk),
      close: async () => {},
    });
    const sources = how === 'folder' ? [root] : ['a.json', 'b.json', 'c.json'].map((name) => join(root, name));
    const target = { directory, blobs: onDisk, catalog, startWorkers };
    const options = {
      key: 'id',
      workers: 1,
      onBadFile: 'skip',
      onBadRecord: 'quarantine',
      spanBytes: 1 << 24,
    } as const;
    const report = await runImport(target, sources, options);
    expect(isChanged).toBe(true);
    expect(report).toMatchObject({
      ...{ files: 2, records: { read: 7, stored: 5, rejected: 1, replaced: 1 } },
      badFiles: { count: 1, files: [{ file: join(root, 'b.json'), reason: 'SOURCE_CHANGED' }] },
    });
  },
);

test('a watcher warns of each of them once, and reads it when it is good again', async () => {
  const tree = new Tree();
  tree.write('a.json', '{"id":1}');
  symlinkSync('loop.json', tree.path('loop.json'));
  const { store } = await testStore();
  const warnings: string[] = [];
  store.on('warning', ({ error }) => warnings.push(error.message));
  const watcher = await store.watch(tree.root, { ...QUICK, key: 'id', onBadFile: 'skip' });
  tree.write('b.json', '{"id":2}');
  await until(() => store.collection().has(2));
  expect(warnings).toEqual([expect.stringContaining('loop.json')]);
  tree.remove('loop.json');
  tree.write('loop.json', '{"id":3}');
  await until(() => store.collection().has(3));
  expect(warnings).toHaveLength(1);
  await watcher.close();
});

test('on the command line they are counted and named, and the exit code is 0', async () => {
  const { root, paths } = badFolder();
  writeFileSync(join(root, 'gone.json'), '');
  const store = join(scratch(), 'store');
  const run = await gristmill('import', ...paths, '--store', store, '--on-bad-file', 'skip', '--quiet');
  expect(run).toMatchObject({ code: 0, stderr: '' });
  expect(run.stdout).toMatch(/files left out +4\n/);
  for (const name of Object.keys(REASONS)) expect(run.stdout).toContain(`${join(root, name)} (`);
  const json = await gristmill('import', root, '--store', store, '--on-bad-file', 'skip', '--json');
  expect(JSON.parse(json.stdout)).toMatchObject({ badFiles: { count: 4 } });
  expect(json.stderr.split('\n').filter((line) => line.includes('left out')).length).toBe(4);
  const failed = await gristmill('import', ...paths, '--store', store);
  expect([failed.code, failed.stderr.includes('SOURCE_EMPTY')]).toEqual([3, true]);
});
