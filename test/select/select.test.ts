// Goal: `select` holds for every file of a folder and for every document of a stream: by arguments, patterns, synchronisation,
// watching and the command line. What has no records at the place is named, and takes nothing else with it.
// Method: folders as CloudTrail writes them and pages of interfaces; the oracle is JSON.parse of each document.

import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { gristmill } from '../support/cli.js';
import { folderOf } from '../support/folders.js';
import { errorOf } from '../support/import-errors.js';
import { fileWith, scratch } from '../support/import-files.js';
import { KINDS, testStore } from '../support/import-store.js';
import { contentOf, freshly, syncedStore, Tree } from '../support/sync.js';
import { until } from '../support/until.js';
import { eventsOf, place, QUICK } from '../support/watched.js';

const range = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i);
const event = (id: number) => ({ eventID: `e${id}`, user: { Records: [`},\n{"${id}`] }, n: id });
const trail = (from: number, count: number) => ({ Records: range(count, from).map(event) });
const page = (number: number, ids: readonly number[]) => ({ page: number, items: ids.map((id) => ({ id })), next: {} });
const lines = (documents: readonly unknown[]) => documents.map((one) => `${JSON.stringify(one)}\n`).join('');

/** Every way to write documents, and files without records among them. */
const TRAILS = {
  '2026/01/a.json': JSON.stringify(trail(0, 5)),
  '2026/01/b.json': `\ufeff ${JSON.stringify(trail(5, 3), null, 2)}\n\n`,
  '2026/02/empty.json': '{"Records":[]}',
  '2026/02/lines.ndjson': `\r\n${lines([trail(10, 2), trail(12, 0), trail(13, 40)])}\n`,
  '2026/02/pretty.json': [trail(60, 2), trail(62, 3)].map((one) => JSON.stringify(one, null, 1)).join('\n'),
  '2026/02/nothing.jsonl': '\n',
};
const SELECT = { select: '/Records', key: 'eventID', workers: 1 } as const;

/** The records of a text of documents: each of them ends where JSON.parse says so. */
function recordsIn(text: string): { eventID: string }[] {
  const records: { eventID: string }[] = [];
  for (let rest = text.replace('\ufeff', '').trim(); rest !== ''; ) {
    let end = rest.indexOf('}');
    while (parsed(rest.slice(0, end + 1)) === undefined) end = rest.indexOf('}', end + 1);
    records.push(...(parsed(rest.slice(0, end + 1)) as { Records: [] }).Records);
    rest = rest.slice(end + 1).trim();
  }
  return records;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const EVENTS = Object.values(TRAILS).flatMap(recordsIn);

describe.each(KINDS)('%s', (kind) => {
  test('a folder, a pattern, and files as arguments give the records of all documents', async () => {
    const tested = await testStore(kind);
    const root = folderOf({ ...TRAILS, 'notes/readme.json': '{"Records":[{"eventID":"other"}]}' });
    const sources = [
      [[root], { exclude: ['notes'] }],
      [[`${root}/2026/**/*.{json,ndjson,jsonl}`], {}],
      [Object.keys(TRAILS).map((name) => join(root, name)), { allowEmpty: true }],
    ] as const;
    for (const [paths, options] of sources) {
      const report = await tested.store.import([...paths], { ...SELECT, ...options, indexes: ['n'] });
      expect(report).toMatchObject({ files: 6, records: { read: EVENTS.length, stored: EVENTS.length } });
      expect((await tested.texts()).map((text) => JSON.parse(text))).toEqual(EVENTS);
      expect(tested.store.collection().getSync('e14')).toEqual(event(14));
    }
  });

  test('hundreds of files as arguments are batched, one that has several documents too', async () => {
    const tested = await testStore(kind);
    const texts = range(200).map((i) =>
      i === 99 ? lines([page(1, [i]), page(2, [1000])]) : JSON.stringify(page(1, [i])),
    );
    const { shards, files } = await tested.run(texts, { select: '/items' });
    expect({ shards, files }).toEqual({ shards: 1, files: 200 });
    const expected = range(200).flatMap((i) => (i === 99 ? [i, 1000] : [i]));
    expect((await tested.texts()).map((text) => JSON.parse(text).id)).toEqual(expected);
  });

  test('objects of records: with layout object in a folder; as the first document has them in a file', async () => {
    const tested = await testStore(kind);
    const documents = [{ icons: { a: 1, b: [2] } }, { icons: {} }, { icons: { c: { d: 3 } } }];
    const root = folderOf({ 'a.json': JSON.stringify(documents[0]), 'b.ndjson': lines(documents.slice(1)) });
    await tested.store.import(root, { select: '/icons', layout: 'object' });
    expect(await contentOf(tested.store)).toEqual({ '"a"': '1', '"b"': '[2]', '"c"': '{"d":3}' });
    await tested.store.import(fileWith(lines(documents), 'x.ndjson'), { select: '/icons' });
    expect(await contentOf(tested.store)).toEqual({ '"a"': '1', '"b"': '[2]', '"c"': '{"d":3}' });
    expect(await errorOf(tested.store.import(root, { select: '/icons' }))).toMatchObject({
      code: 'SELECT_NOT_CONTAINER',
      message: expect.stringContaining("option layout: 'object'"),
    });
  });

  test('a file of a folder that has no such place is a bad file', async () => {
    const { store, texts } = await testStore(kind);
    const root = folderOf({
      'a.json': JSON.stringify(trail(0, 2)),
      'b.json': '{"a":1,"records":[1]}',
      'c.json': '{"Records":7}',
    });
    expect(await errorOf(store.import(root, SELECT))).toMatchObject({
      ...{ code: 'SELECT_NOT_FOUND', file: join(root, 'b.json') },
      message: expect.stringMatching(/it has "a", "records"\. Did you mean option select: '\/records'\?/),
    });
    const { badFiles, records } = await store.import(root, { ...SELECT, onBadFile: 'skip' });
    expect(badFiles.files.map(({ file, reason }) => [file.slice(root.length + 1), reason])).toEqual([
      ['b.json', 'SELECT_NOT_FOUND'],
      ['c.json', 'SELECT_NOT_CONTAINER'],
    ]);
    expect([records.read, records.rejected, (await texts()).length]).toEqual([2, 0, 2]);
    // The same files as arguments.
    const paths = ['a.json', 'b.json', 'c.json'].map((name) => join(root, name));
    expect(await errorOf(store.import(paths, SELECT))).toMatchObject({ code: 'SELECT_NOT_FOUND', file: paths[1] });
    expect((await store.import(paths, { ...SELECT, onBadFile: 'skip' })).badFiles).toEqual(badFiles);
  });

  test('a document of a stream that has no such place is a bad record, with its line', async () => {
    const { store, texts } = await testStore(kind);
    for (const [name, root] of [
      ['pages.ndjson', scratch()],
      ['pages.json', scratch()],
    ] as const) {
      const path = fileWith(
        `${lines([page(1, [1, 2])])}\n{"page":2,"error":"x"}\n${lines([page(3, [3])])}`,
        name,
        root,
      );
      for (const source of [path, root]) {
        expect(await errorOf(store.import(source, { select: '/items', workers: 1 }))).toMatchObject({
          ...{ code: 'SELECT_NOT_FOUND', file: path, line: 3, record: 2, reason: 'SELECT_NOT_FOUND' },
          message: expect.stringContaining("'/items'; the document has page, error"),
        });
        const skipped = await store.import(source, { select: '/items', workers: 1, onBadRecord: 'skip' });
        expect(skipped.records).toMatchObject({ read: 4, stored: 3, rejected: 1 });
        expect((await texts()).map((text) => JSON.parse(text).id)).toEqual([1, 2, 3]);
      }
    }
  });

  test('whatever is wrong with one document on a line, the others are read; offsets are those of the file', async () => {
    const tested = await testStore(kind);
    const bad: [string, string, number][] = [
      ['{"items":[{"id":1},{"id":oops},{"id":2}]}', 'UNEXPECTED_CHARACTER', 2],
      ['{"items":[{"id":1},{"id":2}', 'UNEXPECTED_END', 1],
      ['{"items":[{"id":1},{"id', 'UNEXPECTED_END', 1],
      ['{"items":[{"id":1}]', 'BAD_DOCUMENT', 1],
      ['{"items":[{"id":1}]} x', 'BAD_DOCUMENT', 1],
      ['{"items":[{"id":1}],"a":tru}', 'BAD_DOCUMENT', 1],
      ['{"a" 1,"items":[{"id":1}]}', 'BAD_DOCUMENT', 0],
      ['{"a":"\u0001","items":[{"id":1}]}', 'BAD_DOCUMENT', 0],
      ['7', 'SELECT_NOT_FOUND', 0],
      ['{"items":"[1]"}', 'SELECT_NOT_CONTAINER', 0],
      ['{"items":{"a":1}}', 'SELECT_NOT_CONTAINER', 0],
      [']', 'BAD_DOCUMENT', 0],
    ];
    const text = bad.map(([line], i) => `${line}\n${lines([page(i, [100 + i])])}`).join('');
    const path = fileWith(text, 'é.ndjson', scratch());
    for (const source of [path, path.slice(0, path.lastIndexOf('/'))]) {
      const { store } = tested;
      const options = {
        select: '/items',
        onBadRecord: 'quarantine',
        workers: 1,
        spanBytes: 60,
        changes: 'drop',
      } as const;
      const { quarantine } = await store.import(source, options);
      const good = bad.reduce((sum, [, , count]) => sum + count, bad.length);
      expect((await tested.texts()).length).toBe(good);
      expect((await tested.texts()).filter((line) => JSON.parse(line).id >= 100)).toHaveLength(bad.length);
      // Not the last of all: files of the same moment have no order.
      const name = quarantine!;
      const found = [];
      for await (const one of store.quarantine.records(name)) found.push(one);
      expect(found.map(({ reason }) => reason)).toEqual(bad.map(([, reason]) => reason));
      const bytes = readFileSync(path);
      for (const [i, { start, offset, text: raw, file, line }] of found.entries()) {
        expect([file, bytes.toString('utf8', start, start + Buffer.byteLength(raw))]).toEqual([path, raw]);
        expect(line).toBe(1 + 2 * i);
        expect(offset).toBeGreaterThanOrEqual(start);
      }
      // A document is no record: it would be stored as one.
      const { refused } = await store.quarantine.retry(name);
      const ofDocuments = found.filter(({ reason }) => /DOCUMENT|SELECT/.test(reason)).map(({ number }) => number);
      expect(refused.map(({ number }) => number)).toEqual(expect.arrayContaining(ofDocuments));
      for (const line of await tested.texts()) expect(JSON.parse(line)).toEqual({ id: expect.any(Number) });
    }
  });

  test('a large document of a folder is cut into spans, and so is a stream; the records are the same', async () => {
    const tested = await testStore(kind);
    const [large, stream] = [trail(0, 3000), range(300).map((i) => trail(10_000 + 20 * i, i % 20))];
    const root = folderOf({ 'a/large.json': JSON.stringify(large, null, 1), 'b.ndjson': lines(stream) });
    const expected = [large, ...stream].flatMap(({ Records }) => Records);
    for (const sources of [[root], [join(root, 'a/large.json'), join(root, 'b.ndjson')]]) {
      const options = { ...SELECT, workers: 2, spanBytes: 10_000, windowBytes: 1000 };
      const report = await tested.store.import(sources, options);
      expect(report.spans.total).toBeGreaterThan(40);
      expect((await tested.texts()).map((text) => JSON.parse(text))).toEqual(expected);
    }
  });

  test('a synchronisation reads the files that have changed, and gives what an import of everything gives', async () => {
    const tree = new Tree();
    for (const [name, text] of Object.entries(TRAILS)) tree.write(name, text);
    tree.write('grown.ndjson', lines(range(900).map((i) => trail(1000 + 3 * i, 3))));
    for (const sources of [tree.root, [tree.path('grown.ndjson'), tree.path('2026/01/a.json')]]) {
      const { store, sync } = await syncedStore(kind);
      const same = async () =>
        expect(await contentOf(store)).toEqual(await freshly(sources, { ...SELECT, onBadFile: 'skip' }));
      const options = { ...SELECT, onBadFile: 'skip' } as const;
      await sync(sources, options);
      await same();
      expect(await sync(sources, options)).toMatchObject({ changed: 0, added: 0, bytesRead: 0 });
      tree.append('grown.ndjson', lines([trail(typeof sources === 'string' ? 5000 : 5001, 1)]));
      expect(await sync(sources, options)).toMatchObject({ changed: 1, bytesRead: tree.bytes('grown.ndjson') });
      await same();
      tree.write('2026/01/a.json', '{"records":[]}');
      expect((await sync(sources, options)).badFiles).toMatchObject([{ reason: 'SELECT_NOT_FOUND' }]);
      await same();
      // It is known: nothing is read again because of it.
      expect(await sync(sources, options)).toMatchObject({ changed: 0, added: 0, removed: 0, bytesRead: 0 });
      tree.write('2026/01/a.json', JSON.stringify(trail(0, 2)));
      await sync(sources, options);
      await same();
      expect((await store.verify({ workers: 1 })).faults).toEqual([]);
    }
  });

  test('a name of the pointer that a document has twice is a warning, wherever the document is', async () => {
    const { store } = await testStore(kind);
    const root = folderOf({ 'a.json': '{"a":[1]}', 'b.ndjson': '{"a":[2]}\n{"a":[3],"b":0,"a":[4]}\n' });
    const paths = range(70).map((i) => fileWith(i === 69 ? '{"a":[1],"a":[2]}' : '{"a":[1]}'));
    for (const [sources, path] of [
      [[root], join(root, 'b.ndjson')],
      [[join(root, 'b.ndjson')], join(root, 'b.ndjson')],
      [paths, paths[69]],
    ] as const) {
      const { warnings } = await store.import([...sources], { select: '/a', workers: 1 });
      expect(warnings).toEqual([expect.stringContaining(`${path}: a name in option select: '/a' occurs twice`)]);
    }
  });
});

test('a watcher takes new files, and documents that are appended', async () => {
  const { folder, write, store } = await place({ 'a.json': JSON.stringify(trail(0, 2)) });
  const { warnings } = eventsOf(store);
  const watcher = await store.watch(folder, { ...QUICK, ...SELECT });
  write('b.ndjson', lines([trail(10, 1)]));
  await until(() => store.collection().has('e10'));
  appendFileSync(join(folder, 'b.ndjson'), lines([trail(11, 2)]));
  await until(() => store.collection().has('e12'));
  expect(store.collection().count()).toBe(5);
  expect(warnings).toEqual([]);
  await watcher.close();
});

test('the command line: a folder, a stream, and the command that an advice gives', async () => {
  const directory = scratch();
  const store = join(directory, 'store');
  const root = folderOf(TRAILS);
  const run = (...words: string[]) => gristmill('import', ...words, '--store', store, '--json');
  expect(JSON.parse((await run(root, '--select', '/Records', '--key', 'eventID')).stdout)).toMatchObject({
    records: { stored: EVENTS.length },
    layouts: [{ layout: 'folder', text: expect.stringContaining("as option select: '/Records' says") }],
  });
  const pages = fileWith(lines(range(20).map((i) => page(i, range(50, 50 * i)))), 'pages.ndjson', directory);
  writeFileSync(pages, readFileSync(pages, 'utf8').replaceAll(',"next":{}', ''));
  const folder = folderOf({ 'a.json': JSON.stringify(trail(0, 50)), 'b.json': JSON.stringify(trail(50, 50)) });
  for (const [source, key, select, count] of [
    [pages, 'id', '/items', 1000],
    [folder, 'eventID', '/Records', 100],
  ] as const) {
    // Without a key each document is a record; with one, none has it.
    const told = [(await run(source)).stderr, (await run(source, '--key', key)).stderr];
    for (const text of told) {
      const [, advised] = /give (--select \/\w+)/.exec(text) ?? [];
      expect([text, advised]).toEqual([text, `--select ${select}`]);
      const { records } = JSON.parse((await run(source, ...advised!.split(' '), '--key', key)).stdout);
      expect(records).toMatchObject({ stored: count, rejected: 0 });
    }
  }
  expect(readdirSync(join(store, 'shards')).length).toBeGreaterThan(0);
});
