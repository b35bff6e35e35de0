// Goal: whatever gives bytes, texts or records can be imported; a stream that fails, or is of no use, changes nothing and is
// let go of; nothing is read far ahead of what has been scanned.
// Method: the same records through every kind of stream of Node and the web; streams that fail at each piece; generators
// that count what is asked of them.
// @node all: streams of Node and of the web

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { GristmillError, type ImportSource } from '../../dist/src/index.js';
import { scratch } from '../support/import-files.js';
import { KINDS, testStore } from '../support/import-store.js';

const RECORDS = Array.from({ length: 200 }, (_, id) => ({ id, name: `é${id}`, tags: [id % 3] }));
const TEXTS = RECORDS.map((record) => JSON.stringify(record));
const BYTES = Buffer.from(`${TEXTS.join('\n')}\n`);

function* pieces(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

async function* later<T>(values: Iterable<T>): AsyncGenerator<T> {
  yield* values;
}

const SOURCES: Readonly<Record<string, () => ImportSource>> = {
  'a Readable of bytes': () => Readable.from(pieces(BYTES, 7)),
  'a Readable of objects': () => Readable.from(RECORDS),
  'a web stream': () => new Blob([BYTES]).stream(),
  'a Blob': () => new Blob([BYTES]),
  bytes: () => BYTES,
  'an ArrayBuffer': () => new Uint8Array(BYTES).buffer,
  'an iterable of bytes': () => pieces(BYTES, 11),
  'an asynchronous iterable of bytes': () => later(pieces(BYTES, 13)),
  'texts that cut characters nowhere': () => later(TEXTS.map((text) => `${text}\n`)),
  'records, asynchronously': () => later(RECORDS),
  'a Set of records': () => new Set(RECORDS),
  'compressed bytes': () => later(pieces(gzipSync(BYTES), 5)),
};

describe.each(KINDS)('%s', (kind) => {
  test.each(Object.entries(SOURCES))('%s', async (_, source) => {
    const { store, texts } = await testStore(kind);
    const report = await store.import(source(), { key: 'id', spanBytes: 500 });
    expect(report).toMatchObject({ sources: ['stream 1'], records: { read: 200, stored: 200 }, files: 1 });
    expect(report.bytes.source).toBe(_ === 'compressed bytes' ? gzipSync(BYTES).byteLength : BYTES.byteLength);
    expect(await texts()).toEqual(TEXTS);
    expect(store.collection('records').getSync(7)).toEqual(RECORDS[7]);
  });

  test('an array of records, and several sources in their order', async () => {
    const { store, texts } = await testStore(kind);
    await store.import(RECORDS as never, { key: 'id' });
    expect(await texts()).toEqual(TEXTS);
    const path = join(scratch(), 'more.ndjson');
    writeFileSync(path, '{"id":7,"from":"file"}\n{"id":300}\n');
    const sources = [later(RECORDS), path, Readable.from(['{"id":300,"from":"stream"}'])];
    const report = await store.import(sources, { key: 'id', collection: 'several' });
    expect(report.sources).toEqual(['stream 1', path, 'stream 2']);
    const several = store.collection('several');
    expect([several.getSync(7), several.getSync(300)]).toEqual([
      { id: 7, from: 'file' },
      { id: 300, from: 'stream' },
    ]);
    expect((await texts('several')).length).toBe(201);
    expect((await store.verify()).faults).toEqual([]);
  });

  test('a stream that fails changes nothing, wherever it fails', async () => {
    const { store, state } = await testStore(kind);
    await store.import(later(RECORDS), { key: 'id' });
    const before = await state();
    for (const good of [0, 1, 40, 199]) {
      const failing = async function* () {
        yield* RECORDS.slice(0, good);
        throw new Error('the database went away');
      };
      const failure = store.import(failing(), { key: 'id', spanBytes: 100 });
      await expect(failure).rejects.toMatchObject({ code: 'SOURCE_FAILED', file: 'stream 1' });
      await expect(failure).rejects.toThrow(/the database went away/);
      expect(await state()).toEqual(before);
    }
    const died = Readable.from(pieces(BYTES, 100));
    died.once('data', () => died.destroy());
    await expect(store.import(died, { key: 'id' })).rejects.toBeInstanceOf(GristmillError);
    expect(await state()).toEqual(before);
  });

  test('a stream that ends in a record, or has a value without JSON, is an error', async () => {
    const { store } = await testStore(kind);
    await expect(store.import(pieces(BYTES.subarray(0, -5), 64))).rejects.toMatchObject({
      code: 'BAD_RECORD',
      reason: 'UNEXPECTED_END',
      line: 200,
      record: 199,
    });
    await expect(store.import(later([{ id: 1 }, undefined]))).rejects.toMatchObject({ code: 'SOURCE_FAILED' });
    await expect(store.import(later([{ id: Number.NaN }]))).rejects.toMatchObject({ code: 'SOURCE_FAILED' });
    expect(store.collections()).toEqual([]);
  });

  test('what is no source, and a stream that is given twice, is a TypeError', async () => {
    const { store } = await testStore(kind);
    const stream = Readable.from(RECORDS);
    for (const wrong of [undefined, null, 7, [], {}, [7], [stream, stream]]) {
      await expect(store.import(wrong as never)).rejects.toBeInstanceOf(TypeError);
    }
    stream.destroy();
  });

  test('a cancelled import lets go of its streams, also of those it has not begun', async () => {
    const { store } = await testStore(kind);
    let isReturned = false;
    const endless = async function* () {
      try {
        for (let id = 0; ; id++) yield { id };
      } finally {
        isReturned = true;
      }
    };
    const controller = new AbortController();
    const importing = store.import(endless(), {
      key: 'id',
      spanBytes: 2000,
      signal: controller.signal,
      onProgress: ({ records }) => records > 1000 && controller.abort(),
    });
    await expect(importing).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect.poll(() => isReturned, { timeout: 30_000 }).toBe(true);
    const never = new Readable({ read() {} });
    await expect(store.import([later(['no JSON']), never])).rejects.toMatchObject({ code: 'SOURCE_NOT_JSON' });
    expect(never.destroyed).toBe(true);
    // Nothing comes of it: not even its first byte.
    const silent = new Readable({ read() {} });
    const waiting = store.import(silent, { signal: AbortSignal.timeout(20) });
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(silent.destroyed).toBe(true);
  });

  test('no more is taken from a stream than has room', async () => {
    const { store } = await testStore(kind);
    let taken = 0;
    const counted = async function* () {
      for (let id = 0; id < 5000; id++) {
        taken++;
        yield `${JSON.stringify({ id, text: 'x'.repeat(1000) })}\n`;
      }
    };
    const ahead: number[] = [];
    await store.import(counted(), {
      ...{ key: 'id', spanBytes: 10_000, workers: 1 },
      onProgress: ({ stage, records }) => stage === 'scan' && ahead.push(taken - records),
    });
    expect(taken).toBe(5000);
    // The first MiB is looked at; then there are ten records a span, and a few spans under way.
    expect(Math.max(...ahead)).toBeLessThan(1500);
  });
});

test('blanks before the first record do not stay in memory, however many there are', async () => {
  const { store, texts } = await testStore();
  const piece = Buffer.alloc(2 ** 20, ' ');
  const blanks = function* () {
    for (let mebibytes = 0; mebibytes < 600; mebibytes++) yield piece;
    yield Buffer.from('{"id":1}\n');
  };
  const before = process.memoryUsage.rss();
  const { peakAnonBytes } = await store.import(later(blanks()), { key: 'id' });
  expect(await texts()).toEqual(['{"id":1}']);
  expect(peakAnonBytes).toBeLessThan(before + 300 * 2 ** 20);
});
