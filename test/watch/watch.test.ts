// Goal: a watched collection is what its sources are, whatever is done to them, and nothing is read that has not changed.
// Method: real files, real stores, real notices (and polling, where that differs); after each change the test waits for the
// record, or the event, that has to come of it.
// @node all: what the system tells of changed files

import { appendFileSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { memory, openStore } from '../../dist/src/index.js';
import { WATCH_OPTIONS } from '../../dist/src/watch/watch-options.js';
import { until } from '../support/until.js';
import { eventsOf, place, QUICK, textOf, type WatchEvent } from '../support/watched.js';

describe.each(['auto', 'always'] as const)('a folder, poll %s', (poll) => {
  test('files that come, change and go are records that come, change and go; nothing else is read', async () => {
    const { folder, write, store } = await place({ 'a.json': '{"v":1}', 'in/b.json': '{"v":1}', 'c.json': '{"v":1}' });
    const { events, last } = eventsOf(store);
    const watcher = await store.watch(folder, { ...QUICK, poll });
    expect(watcher.polls).toBe(poll === 'always');
    expect(['a.json', 'in/b.json', 'c.json'].map((key) => textOf(store, key))).toEqual(Array(3).fill('{"v":1}'));
    await until(() => last()?.added === 3);
    expect(last()).toMatchObject({ outcome: 'imported', changed: 0, removed: 0, bytes: 21 });

    write('in/b.json', '{"v":12345}');
    await until(() => textOf(store, 'in/b.json') === '{"v":12345}');
    await until(() => last()?.changed === 1);
    expect(last()).toMatchObject({ outcome: 'imported', added: 0, changed: 1, removed: 0, bytes: 11 });

    write('new/deep/d.json', '{"v":2}');
    await until(() => textOf(store, 'new/deep/d.json') === '{"v":2}');

    rmSync(join(folder, 'a.json'));
    await until(() => textOf(store, 'a.json') === undefined);
    await until(() => last()?.removed === 1);
    expect(last()).toMatchObject({ changed: 0, added: 0, bytes: 0 });

    rmSync(join(folder, 'new'), { recursive: true });
    await until(() => textOf(store, 'new/deep/d.json') === undefined);

    renameSync(join(folder, 'in'), join(folder, 'out'));
    await until(() => textOf(store, 'out/b.json') === '{"v":12345}' && textOf(store, 'in/b.json') === undefined);
    expect(store.collection('records').count()).toBe(2);
    expect(events.map(({ outcome }) => outcome)).not.toContain('refused');
  });

  test('a bad version is refused and told, the one before it stays, and the files beside it go on', async () => {
    const { folder, write, store } = await place({ 'a.json': '{"v":1}', 'b.json': '{"v":1}' });
    const { events, warnings, last } = eventsOf(store);
    await store.watch(folder, { ...QUICK, poll });
    write('a.json', '{"v":');
    write('b.json', '{"v":2}');
    await until(() => textOf(store, 'b.json') === '{"v":2}');
    await until(() => events.some(({ outcome }) => outcome === 'refused'));
    expect(textOf(store, 'a.json')).toBe('{"v":1}');
    await until(() => warnings.length > 0);
    expect(warnings[0]).toMatchObject({ file: join(folder, 'a.json') });
    write('a.json', '{"v":3}');
    await until(() => textOf(store, 'a.json') === '{"v":3}');
    await until(() => last()?.outcome === 'imported');
  });
});

describe('an NDJSON file', () => {
  test('that grows is read from where it ended, and a line only when it is whole', async () => {
    const lines = Array.from({ length: 5_000 }, (_, id) => `{"id":${id},"text":"${'x'.repeat(50)}"}\n`).join('');
    const { folder, write, store } = await place({ 'log.ndjson': lines });
    const { events, last } = eventsOf(store);
    const file = join(folder, 'log.ndjson');
    await store.watch(file, { ...QUICK, key: 'id' });
    await until(() => events.some(({ outcome }) => outcome === 'imported'));
    expect(events.filter(({ outcome }) => outcome === 'imported')).toMatchObject([{ bytes: lines.length }]);

    appendFileSync(file, '{"id":"new"}\n');
    await until(() => textOf(store, 'new') !== undefined);
    await until(() => last()?.changed === 1);
    // Some of what was there is compared.
    expect(last()!.bytes).toBeLessThan(lines.length / 2);
    expect(store.collection('records').count()).toBe(5_001);

    write('log.ndjson', '{"id":"other"}\n');
    await until(() => textOf(store, 'other') !== undefined && textOf(store, 0) === undefined);
    expect(store.collection('records').count()).toBe(1);
  });

  test('that never stops growing is followed all the same', async () => {
    const { folder, store } = await place({ 'log.ndjson': '{"id":0}\n' });
    const file = join(folder, 'log.ndjson');
    const watcher = await store.watch(file, { ...QUICK, stabilityMs: 400, maxWaitMs: 500, key: 'id' });
    let id = 0;
    const writing = setInterval(() => appendFileSync(file, `{"id":${++id}}\n{"id`, { flag: 'a' }), 100);
    const mending = setInterval(() => appendFileSync(file, `":"half ${id}"}\n`), 100);
    onTestFinished(() => {
      clearInterval(writing);
      clearInterval(mending);
    });
    await until(() => textOf(store, 1) !== undefined);
    await watcher.close();
  });
});

describe('what was done while nobody watched', () => {
  test('is found at the beginning, and what was not touched is not read', async () => {
    const files = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`${i % 7}/${i}.json`, `{"v":${i}}`]));
    const { folder, write, store, open } = await place(files);
    await store.watch(folder, QUICK);
    await store.close();

    write('0/0.json', '{"v":"changed"}');
    write('new.json', '{"v":"new"}');
    rmSync(join(folder, '1/1.json'));
    const again = await open();
    const { events } = eventsOf(again);
    await again.watch(folder, QUICK);
    // What was written a moment ago may come a moment later.
    const sum = (of: (event: WatchEvent) => number) => events.reduce((total, event) => total + of(event), 0);
    await until(() => sum(({ changed, added, removed }) => changed + added + removed) === 3);
    const found = ['changed', 'added', 'removed', 'bytes'] as const;
    expect(found.map((what) => sum((event) => event[what]))).toEqual([1, 1, 1, 26]);
    expect(['0/0.json', 'new.json', '1/1.json', '2/2.json'].map((key) => textOf(again, key))).toEqual([
      '{"v":"changed"}',
      '{"v":"new"}',
      undefined,
      '{"v":2}',
    ]);
    await again.close();

    const third = await open();
    const told = eventsOf(third).events;
    await third.watch(folder, QUICK);
    await until(() => told.length === 1);
    expect(told[0]).toMatchObject({ outcome: 'unchanged', bytes: 0 });
  });
});

describe('many files', () => {
  test('of which one in a hundred is changed: only those are read', async () => {
    const files = Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`${i % 20}/${i}.json`, `{"v":${i}}`]));
    const { folder, write, store } = await place(files);
    const { events } = eventsOf(store);
    const watcher = await store.watch(folder, QUICK);
    // Those that were written a moment ago come a moment later.
    const sum = (of: (event: WatchEvent) => number) => events.reduce((total, event) => total + of(event), 0);
    await until(() => sum(({ added }) => added) === 2_000);
    events.length = 0;
    const changed = Object.keys(files).filter((_, i) => i % 100 === 0);
    for (const name of changed) write(name, '{"v":"changed"}');
    await until(() => changed.every((name) => textOf(store, name) === '{"v":"changed"}'));
    await watcher.settled();
    await until(() => sum((event) => event.changed) === 20);
    expect(sum(({ bytes }) => bytes)).toBe(20 * '{"v":"changed"}'.length);
    expect(store.collection('records').count()).toBe(2_000);
  });
});

describe('a watcher', () => {
  test('of a store in memory is one, too', async () => {
    const { folder, write, store } = await place({ 'a.json': '{"v":1}' }, memory());
    await store.watch(folder, QUICK);
    write('a.json', '{"v":2}');
    await until(() => textOf(store, 'a.json') === '{"v":2}');
  });

  test('of a folder that has the store in it does not wake itself', async () => {
    const { folder, path, write } = await place({ 'a.json': '{"v":1}' });
    const store = await openStore(join(folder, 'store'));
    onTestFinished(() => store.close());
    const { events } = eventsOf(store);
    const watcher = await store.watch(path, QUICK);
    for (const v of [2, 3]) {
      write('a.json', `{"v":${v}}`);
      await until(() => textOf(store, 'folder/a.json') === `{"v":${v}}`);
      await watcher.settled();
    }
    await until(() => events.length >= 3);
    expect(events.filter(({ outcome }) => outcome !== 'imported')).toEqual([]);
  });

  test('is one for each collection; another collection may have one; it may begin again when it has ended', async () => {
    const { folder, store } = await place({ 'a.json': '{"v":1}' });
    const watcher = await store.watch(folder, QUICK);
    await expect(store.watch(folder, QUICK)).rejects.toThrow(/records already has a watcher in this process/);
    await store.watch(folder, { ...QUICK, collection: 'others' });
    await watcher.close();
    await store.watch(folder, QUICK);
  });

  test('ends with its store, whatever it is doing', async () => {
    const { folder, store } = await place({ 'a.json': '{"v":1}' });
    const starting = store.watch(folder, QUICK);
    const closing = store.close();
    await expect(starting).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    await closing;
    await expect(store.watch(folder, QUICK)).rejects.toMatchObject({ code: 'STORE_CLOSED' });
  });

  test('has the options that its page says', () => {
    const page = readFileSync(new URL('../../docs/watch.md', import.meta.url), 'utf8');
    const rows = Object.entries(WATCH_OPTIONS).map(([name, row]) => {
      return `| \`${name}\` | \`${row.default}\` | ${row.meaning} |`;
    });
    expect([...page.matchAll(/^\| `.*` \| `.*` \| .* \|$/gm)].map(([row]) => row)).toEqual(rows);
  });

  test('refuses what cannot be', async () => {
    const { folder, path, store } = await place({ 'a.json': '{"v":1}' });
    const watch = (options: object, sources: string | string[] = folder) => store.watch(sources, options);
    await expect(watch({ stabilityMs: -1 })).rejects.toThrow(/options\.stabilityMs must be an integer from 0/);
    await expect(watch({ poll: 'often' })).rejects.toThrow(/options\.poll must be one of auto, always, never/);
    await expect(watch({ mode: 'insert' })).rejects.toThrow(TypeError);
    await expect(watch({ kee: 'id' })).rejects.toThrow(TypeError);
    await expect(watch({}, [])).rejects.toThrow(TypeError);
    await expect(watch({}, join(path, 'none'))).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
    // Nothing is left of all these: the collection can be watched.
    await (await watch(QUICK)).close();
    // A record that is not of these sources keeps them from being imported with another key.
    await store.collection('records').put({ v: 1 }, 'other');
    await expect(watch({ ...QUICK, key: 'v' })).rejects.toMatchObject({ code: 'COLLECTION_MISMATCH' });
    await store.close();
    const reading = await openStore(join(path, 'store'), { readOnly: true });
    onTestFinished(() => reading.close());
    await expect(reading.watch(folder)).rejects.toThrow(/read-only/);
    expect(readdirSync(join(path, 'store'))).not.toContain('tmp');
  });
});
