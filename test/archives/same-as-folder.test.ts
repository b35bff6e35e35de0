// Goal: an archive gives what the folder of its files gives: the same keys and texts, counts, quarantined records, and errors
// with the same offset, line and record, whatever the archive, the way it comes in, and the options.
// Method: random files, good and bad ones, as a folder (which test/folders holds against JSON.parse), as zip archives and as
// tar archives, plain, compressed and streamed, into stores in memory; the names of files are made the same. Then an import
// with threads of files that span many chunks.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ImportOptions, type ImportSource, memory, openStore } from '../../dist/src/index.js';
import { TAR_END, tarOf, type ZipFile, zipOf } from '../support/archives.js';
import { partOf, runs } from '../support/effort.js';
import { byBytes, folderOf, recordsOf } from '../support/folders.js';
import { makeDirectory, scratch } from '../support/import-files.js';
import { testStore } from '../support/import-store.js';

type Files = Readonly<Record<string, string | Uint8Array>>;

let directory: ReturnType<typeof makeDirectory>;
beforeAll(() => {
  directory = makeDirectory();
});
afterAll(() => directory.remove());

/** What an import gives, without the name of its source. */
async function outcomeOf(source: ImportSource, root: string, options: ImportOptions) {
  const store = await openStore(memory());
  const anonymous = (text: string) => text.replaceAll(root, 'FILES/').replaceAll(' (store)', '');
  try {
    const { records: counts, files, warnings, badFiles, layout } = await store.import(source, options);
    const records: [string, string][] = [];
    for await (const { key, text } of store.collection().rangeText()) records.push([JSON.stringify(key), text]);
    const quarantined = [];
    for (const { name } of await store.quarantine.files()) {
      for await (const { line: _, file, ...one } of store.quarantine.records(name)) {
        quarantined.push({ ...one, file: file && anonymous(file) });
      }
    }
    const bad = badFiles.files.map(({ file, reason }) => [anonymous(file), reason]);
    return { counts, files, layout, bad, records, quarantined, warnings: warnings.length };
  } catch (error) {
    const { code, file, message, offset, line, record, reason, snippet } = error as Record<string, string>;
    if (code === undefined) throw error;
    return { code, file: anonymous(file ?? ''), message: anonymous(message!), offset, line, record, reason, snippet };
  } finally {
    await store.close();
  }
}

const inOrder = (files: Files) => Object.entries(files).sort(byBytes);
const zipFiles = (files: Files, more: Partial<ZipFile> = {}) =>
  inOrder(files).map(([name, data]): ZipFile => ({ name, data, ...more }));
const tarFiles = (files: Files) => inOrder(files).map(([name, data]) => ({ name, data }));

const FORMS: { readonly [form: string]: (files: Files) => Uint8Array } = {
  'a.zip': (files) => zipOf(zipFiles(files)),
  'stored.zip': (files) => zipOf(zipFiles(files, { method: 0 })),
  'streamed.zip': (files) => zipOf(zipFiles(files, { follows: true }), { comment: 'PK\u0005\u0006 and more' }),
  'zip64.zip': (files) => zipOf(zipFiles(files, { is64: true }), { is64: true, before: '#!/bin/sh\nexit\n' }),
  'a.tar': (files) => Buffer.concat([tarOf(tarFiles(files)), TAR_END]),
  'a.tar.gz': (files) => gzipSync(Buffer.concat([tarOf(tarFiles(files)), TAR_END, Buffer.alloc(9216)])),
};

const text = fc.oneof(
  fc.constantFrom('{"id":1}', '[{"id":2},{"id":3}]', '{"id":4}\n{"id":5}\n', '', ' ', '[1,', '{"id":}', '{"id":6} x'),
  fc.json(),
  fc.array(fc.integer(), { maxLength: 5 }).map((ids) => ids.map((id) => `{"id":${id},"s":"\\u00e4"}\n`).join('')),
  fc.integer({ max: 3000 }).map((length) => `{"id":7,"long":"${'x'.repeat(Math.max(0, length))}"}\n[8]`),
);
const names = fc.stringMatching(/^(?:[a-c]\/){0,2}[a-dä]{1,3}\.(?:json|ndjson|jsonl|txt|json\.gz)$/);
const trees: fc.Arbitrary<Files> = fc
  .dictionary(names, text, { minKeys: 1, maxKeys: 12 })
  .map((files) =>
    Object.fromEntries(
      Object.entries(files).map(([name, data]) => [name, name.endsWith('.gz') ? gzipSync(data) : data]),
    ),
  );

test.each<[string, ImportOptions]>([
  ['by names', { onBadRecord: 'quarantine' }],
  ['by names, strictly', {}],
  ['by keys', { key: 'id', onBadRecord: 'quarantine', onBadFile: 'skip' }],
  ['as lines', { layout: 'ndjson', onBadRecord: 'skip', include: ['*.json', '*.txt'], exclude: ['b'] }],
  ['in small spans', { spanBytes: 700, onBadRecord: 'quarantine' }],
  ['in small spans by keys', { spanBytes: 300, key: 'id', onBadRecord: 'skip' }],
  ['inside of documents', { select: '', onBadRecord: 'skip' }],
])('%s', async (_, options) => {
  let number = 0;
  const large: Files = { 'a.json.gz': gzipSync('[{"":"   "},{}]'), 'b.jsonl': '{"id":7}\n[8]' };
  await fc.assert(
    fc.asyncProperty(trees, async (files) => {
      const root = folderOf(files, join(directory.path, `${_} ${number++}`));
      const expected = await outcomeOf(root, `${root}/`, options);
      // An archive without files is told in its own words.
      if (expected.code === 'SOURCE_EMPTY' && expected.file === root) return;
      for (const [form, made] of partOf(Object.entries(FORMS), number)) {
        const path = join(directory.path, form);
        writeFileSync(path, made(files));
        expect(await outcomeOf(path, `${path}::`, options)).toEqual(expected);
        if (!form.endsWith('.gz')) continue;
        const stream = Readable.from([readFileSync(path)]);
        expect(await outcomeOf(stream, 'stream 1::', options)).toEqual(expected);
      }
    }),
    // A large file that comes first does not decide for the folder.
    { numRuns: runs(4), examples: [[large]] },
  );
});

describe('with threads', () => {
  const line = (id: number) => `{"id":${id},"text":"${'lorem '.repeat(id % 20)}"}\n`;
  const lines = (from: number, count: number) => Array.from({ length: count }, (_, i) => line(from + i)).join('');
  const files: Files = {
    ...Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`small/${i}.json`, line(i)])),
    'large.json': `[${lines(100_000, 9000).trim().replaceAll('\n', ',\n')}]${'\n'.repeat(100_000)}`,
    'large.ndjson': lines(200_000, 6000),
    'packed.ndjson.gz': gzipSync(lines(300_000, 6000)),
    'z/last.json': line(999_999),
  };

  test.each(partOf(['a.zip', 'a.tar', 'a.tar.gz']))('%s: large entries, cut into spans or not', async (form) => {
    const root = folderOf(files);
    const path = join(scratch(), form);
    writeFileSync(path, FORMS[form]!(files));
    for (const options of [{}, { key: 'id', spanBytes: 100_000 }] satisfies ImportOptions[]) {
      const [folder, archive] = [await testStore(), await testStore()];
      const expected = await folder.store.import(root, { workers: 2, ...options });
      const report = await archive.store.import(path, { workers: 2, ...options });
      expect(report.records).toEqual(expected.records);
      const records = async ({ store }: typeof folder) => {
        const found: unknown[] = [];
        for await (const { key, text: record } of store.collection().rangeText()) found.push([key, record]);
        return found;
      };
      expect(isDeepStrictEqual(await records(archive), await records(folder))).toBe(true);
      expect((await archive.store.verify({ workers: 1 })).faults).toEqual([]);
    }
  });

  test('the same whatever the number of workers', async () => {
    const path = join(scratch(), 'a.tar.gz');
    writeFileSync(path, FORMS['a.tar.gz']!(files));
    const stored = [];
    for (const workers of [1, 2]) {
      const tested = await testStore();
      await tested.store.import(path, { workers, key: 'id', spanBytes: 100_000 });
      // Numbers of shards differ: those of spans after the end of an array are left out.
      stored.push((await tested.texts()).join('\n'));
    }
    expect(stored[1] === stored[0]).toBe(true);
  });
});

const TOOLS: readonly [string, string, readonly string[]][] = [
  ['t.zip', 'zip', ['-qr']],
  ['u.zip', 'zip', ['-qr0']],
  ['t.tar', 'tar', ['-cf']],
  ['t.tgz', 'tar', ['-czf']],
  ['t.tar.zst', 'tar', ['--zstd', '-cf']],
  ['t.tar.bz2', 'tar', ['-cjf']],
  ['t.tar.xz', 'tar', ['-cJf']],
  ['t.pax.tar', 'tar', ['--format=pax', '-cf']],
  ['t.v7.tar', 'tar', ['--format=v7', '-cf']],
];
const has = (tool: string) => {
  try {
    return execFileSync(tool, ['--version'], { stdio: 'ignore' }) !== undefined;
  } catch {
    return false;
  }
};

test.each(TOOLS.filter(([, tool]) => has(tool)))('%s as %s writes it', async (name, tool, options) => {
  const deep = name === 't.v7.tar' ? '' : `${'deeply/'.repeat(20)}nested/${'long'.repeat(30)}.json`;
  const files = { 'a.json': '{"a":1}', 'b/ü.ndjson': '1\n2\n', ...(deep && { [deep]: '[1,2,{"x":[]}]' }) };
  const root = folderOf(files);
  const path = join(scratch(), name);
  execFileSync(tool, [...options, path, '.'], { cwd: root });
  const [folder, archive] = [await testStore('in memory'), await testStore('in memory')];
  await folder.store.import(root);
  await archive.store.import(path);
  expect(await recordsOf(archive)).toEqual(await recordsOf(folder));
});
