// Goal: small shards that compaction joins are the same shards: every record is found as before, in every way; the joined file
// is plain zstd of all their lines; and backup, verification, repair and what is changed afterwards treat them as any others.
// Method: stores of many small imports, joined; the tool zstd beside. (joined-damage.test.ts damages such files.)

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { files } from '../../dist/src/store/files/file-blobs.js';
import { gristmill } from '../support/cli.js';
import { all } from '../support/dropped-shards.js';
import { scratch } from '../support/import-files.js';
import { expectHolds, expectSound, open, shardFiles, smallImports, textOf, zstdLines } from '../support/joined.js';

test('many small shards become one file, and nothing else changes', async () => {
  const directory = scratch();
  const store = await open(directory);
  const texts = await smallImports(store, 30);
  expect(store.stat().format).toBe(1);
  const before = store.collection().stat();
  const told: number[] = [];
  const report = await store.compact({ onProgress: ({ shards, shardsTotal }) => told.push(shards, shardsTotal) });
  expect(report).toMatchObject({ joined: { shards: 30, files: 1 }, sealed: 0, rewritten: 0, records: 90, removed: 0 });
  expect(told).toEqual([0, 30, 30, 30]);
  const after = store.collection().stat();
  const { generation: _, ...same } = before;
  expect(after).toMatchObject({ ...same, shards: 30, files: 1 });
  expect(store.stat().format).toBe(2);
  const [file, ...others] = shardFiles(directory);
  expect(others).toEqual([]);
  expect(zstdLines(directory, file as string)).toEqual(texts);
  await expectHolds(store, texts);
  await expectSound(store);
  // It stays as it is.
  const { ino } = statSync(join(directory, 'shards', file as string));
  expect(await store.compact()).toMatchObject({ joined: { shards: 0, files: 0 }, records: 0 });
  expect(statSync(join(directory, 'shards', file as string)).ino).toBe(ino);
});

test('its seek table leads a reader of the seekable format to every frame', async () => {
  const directory = scratch();
  const store = await open(directory);
  const texts = await smallImports(store, 5);
  await store.compact();
  const path = join(directory, 'shards', shardFiles(directory)[0] as string);
  const bytes = readFileSync(path);
  const frames = bytes.readUInt32LE(bytes.byteLength - 9);
  const table = bytes.byteLength - 9 - 8 * frames;
  let [at, found] = [0, ''];
  for (let i = 0; i < frames; i++) {
    const [stored, plain] = [bytes.readUInt32LE(table + 8 * i), bytes.readUInt32LE(table + 8 * i + 4)];
    if (plain > 0)
      found += files.codec.decode((size) => Buffer.alloc(size), bytes.subarray(at, at + stored), plain, path, at, 0);
    at += stored;
  }
  expect(found.split('\n').slice(0, -1)).toEqual(texts);
});

test('a joined file is joined with more until it is no small one; joinBytes 0 joins none', async () => {
  const directory = scratch();
  const store = await open(directory);
  const texts = await smallImports(store, 4);
  expect(await store.compact({ joinBytes: 0 })).toMatchObject({ joined: { shards: 0, files: 0 } });
  expect(shardFiles(directory)).toHaveLength(4);
  await store.compact();
  texts.push(...(await smallImports(store, 4, { from: 100 })));
  expect(shardFiles(directory)).toHaveLength(5);
  expect(await store.compact()).toMatchObject({ joined: { shards: 8, files: 1 } });
  // A file of enough text stays, and what is small beside it is joined.
  texts.push(...(await smallImports(store, 2, { from: 200 })));
  expect(await store.compact({ joinBytes: 500 })).toMatchObject({ joined: { shards: 2, files: 1 } });
  expect(shardFiles(directory)).toHaveLength(2);
  await expectHolds(store, texts);
  await expectSound(store);
});

test('records of transactions and dead records: sealed and rewritten into the joined file', async () => {
  const directory = scratch();
  const store = await open(directory);
  const texts = new Map((await smallImports(store, 6)).map((text) => [JSON.parse(text).id as number, text]));
  await store.transaction((tx) => {
    for (const id of [0, 1, 9, 50]) {
      texts.set(id, textOf(id, 1));
      tx.collection('records').putText(texts.get(id) as string);
    }
    tx.collection('records').delete(4);
    texts.delete(4);
  });
  const report = await store.compact();
  // Two of three are dead in the first, one of three in the second and the fourth.
  expect(report).toMatchObject({ joined: { shards: 7, files: 1 }, sealed: 1, rewritten: 3, removed: 4 });
  expect(zstdLines(directory, shardFiles(directory)[0] as string).sort()).toEqual([...texts.values()].sort());
  await expectHolds(store, [...texts.values()]);
  await expectSound(store);
});

test('shards that go out of a joined file: their part goes when enough is gone, and at minDeadShare 0 at once', async () => {
  const directory = scratch();
  const store = await open(directory);
  const texts = await smallImports(store, 8, { indexes: [] });
  await store.compact();
  // A file of so much text is no small one.
  const joinBytes = 100;
  const holds = async () => {
    expect((await all(store.collection().scanText(), ({ text }) => text)).sort()).toEqual([...texts].sort());
    await expectSound(store);
    return shardFiles(directory).flatMap((file) => zstdLines(directory, file));
  };
  const removeThree = () =>
    store.transaction((tx) => {
      for (const text of texts.splice(0, 3)) tx.collection('records').delete(JSON.parse(text).id);
    });
  await removeThree();
  expect(await store.compact({ joinBytes })).toMatchObject({ dropped: 1, removed: 3, joined: { files: 0 } });
  expect(await holds()).toHaveLength(texts.length + 3);
  await removeThree();
  await removeThree();
  expect(await store.compact({ joinBytes })).toMatchObject({ dropped: 2, joined: { shards: 5, files: 1 } });
  expect((await holds()).sort()).toEqual([...texts].sort());
  await removeThree();
  expect(await store.compact({ joinBytes, minDeadShare: 0 })).toMatchObject({ joined: { shards: 4, files: 1 } });
  expect((await holds()).sort()).toEqual([...texts].sort());
  expect(shardFiles(directory)).toHaveLength(1);
  // The last ones take the file along.
  while (texts.length > 0) await removeThree();
  expect(await store.compact({ joinBytes })).toMatchObject({ dropped: 4, joined: { files: 0 } });
  expect(shardFiles(directory)).toEqual([]);
  await expectSound(store);
});

test('a collection that is replaced takes its joined file along; a backup has it once', async () => {
  const directory = scratch();
  const store = await open(directory);
  const texts = await smallImports(store, 5);
  await store.compact();
  const target = join(scratch(), 'copy');
  expect((await store.backup(target)).shards).toEqual({ linked: 1, copied: 0 });
  await store.import(writeTo(textOf(7)), { key: 'id', indexes: ['tag'], mode: 'replace', layout: 'ndjson' });
  expect(shardFiles(directory)).toHaveLength(1);
  await expectHolds(store, [textOf(7)]);
  await expectSound(store);
  const copy = await open(target);
  await expectHolds(copy, texts);
  await expectSound(copy);
});

function writeTo(text: string): string {
  const path = join(scratch(), 'source.json');
  writeFileSync(path, text);
  return path;
}

test('a snapshot and an iteration go on with the files they began with', async () => {
  const directory = scratch();
  const store = await open(directory);
  const texts = await smallImports(store, 20);
  const snapshot = store.snapshot();
  const iteration = store.collection().scanText()[Symbol.asyncIterator]();
  const first = await iteration.next();
  await store.compact();
  const rest = [first.value.text];
  for (let next = await iteration.next(); !next.done; next = await iteration.next()) rest.push(next.value.text);
  expect(rest).toEqual(texts);
  for (const text of texts) expect(snapshot.collection('records').getTextSync(JSON.parse(text).id)).toBe(text);
  snapshot.release();
  await store.compact();
  expect(shardFiles(directory)).toHaveLength(1);
});

test('readers of another process beside imports and joins', { timeout: 60_000 }, async () => {
  const directory = scratch();
  const store = await open(directory);
  await smallImports(store, 3);
  const code = `
    import { openStore } from ${JSON.stringify(new URL('../../dist/src/index.js', import.meta.url).href)};
    const store = await openStore(process.argv[1], { readOnly: true, hotSet: false });
    const records = store.collection('records');
    let [reads, isOver] = [0, false];
    process.stdin.on('data', () => { isOver = true; }).unref?.();
    console.log('ready');
    while (!isOver) {
      const count = records.count();
      for (let id = 0; id < count; id++, reads++) {
        const record = await records.get(id);
        if (record?.id !== id) throw new Error('record ' + id + ' is ' + JSON.stringify(record));
      }
      let seen = 0;
      for await (const _ of records.scanText()) seen++;
      if (seen < count) throw new Error(seen + ' of ' + count);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await store.close();
    console.log(reads);
    process.exit(0);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code, directory], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  for (let round = 1; round <= 12; round++) {
    await smallImports(store, 3, { from: round * 9 });
    await store.compact();
  }
  child.stdin.write('over\n');
  expect(await ended).toEqual([0, null]);
  await expectSound(store);
});

test('on the command line: what is joined, and how many files there are', async () => {
  const directory = scratch();
  const store = await openStore(directory, { hotSet: false });
  await smallImports(store, 3);
  await store.close();
  const run = async (...words: readonly string[]) => (await gristmill(...words, '--store', directory)).stdout;
  expect(await run('compact', '--join-below', '0')).toBe('nothing to compact\n');
  expect(await run('compact')).toMatch(/^0 shards sealed, .* dropped, 3 joined into 1 files, /);
  expect(await run('stat')).toContain('in 3 shards (1 files), ');
  const refused = await gristmill('compact', '--join-below', '1g', '--store', directory);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('--join-below must be an integer') });
  expect(JSON.parse(await run('compact', '--json'))).toMatchObject({ joined: { shards: 0, files: 0 } });
});
