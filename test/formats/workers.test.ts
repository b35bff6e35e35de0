// Goal: a large source in another format gives the same records, counts and errors with any number of workers.
// Method: CSV and BSON of some megabytes, as a file, a stream and a pipe, with one worker, which converts in sequence, and with
// several, which convert parts; bad records, damage and a wrong row far inside.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { BSON } from 'bson';
import { describe, expect, test } from 'vitest';
import type { ImportOptions, ImportSource } from '../../dist/src/index.js';
import { partOf } from '../support/effort.js';
import { scratch } from '../support/import-files.js';
import { testStore } from '../support/import-store.js';

const COUNT = 12_000;
const RECORDS = Array.from({ length: COUNT }, (_, i) => ({ id: `k${i}`, note: `"${i}"\n${'é'.repeat(i % 90)}`, n: i }));
const rows = RECORDS.map(({ id, note, n }) => `${id},"${note.replaceAll('"', '""')}",${n}\n`);
const HEADER = 'id,note,n\n';
const BAD = [4000, 4001, 9000];
const SOURCES = {
  csv: {
    good: Buffer.from(HEADER + rows.join('')),
    bad: Buffer.from(HEADER + rows.map((row, i) => (BAD.includes(i) ? `k${i},"x"y\n` : row)).join('')),
    cut: Buffer.from(`${HEADER}${rows.join('')}k,"no end`),
  },
  bson: {
    good: Buffer.concat(RECORDS.map((record) => BSON.serialize(record))),
    bad: Buffer.concat(RECORDS.map((record, i) => withBadType(BSON.serialize(record), BAD.includes(i)))),
    cut: Buffer.concat([...RECORDS.map((record) => BSON.serialize(record)), Buffer.from([40, 0, 0, 0, 1])]),
  },
};

/** The same document, whose first member has a type that there is not. */
function withBadType(document: Uint8Array, isBad: boolean): Uint8Array {
  if (isBad) document[4] = 0x55;
  return document;
}

function* inPieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += 50_000) yield bytes.subarray(at, at + 50_000);
}

const WAYS: [string, (bytes: Uint8Array, name: string) => ImportSource][] = [
  ['a file', (bytes, name) => fileOf(bytes, name)],
  ['a stream', (bytes) => Readable.from(inPieces(bytes))],
];

function fileOf(bytes: Uint8Array, name: string): string {
  const path = join(scratch(), name);
  writeFileSync(path, bytes);
  return path;
}

describe.each(['csv', 'bson'] as const)('%s', (format) => {
  const { good, bad, cut } = SOURCES[format];
  const options = (workers: number): ImportOptions => ({
    format,
    key: 'id',
    indexes: ['n'],
    workers,
    spanBytes: 150_000,
  });

  test.each(WAYS)('%s: all records, in their order', async (_, source) => {
    const stored: string[][] = [];
    for (const workers of [
      1,
      ...partOf(
        [2, 3],
        WAYS.findIndex(([, one]) => one === source),
      ),
    ]) {
      const { store, texts } = await testStore('on disk');
      const report = await store.import(source(good, `source.${format}`), options(workers));
      expect(report.records).toEqual({ read: COUNT, stored: COUNT, rejected: 0, replaced: 0 });
      expect(report.bytes.source).toBe(good.byteLength);
      stored.push(await texts());
      expect(store.collection('records').getSync('k777')).toMatchObject({ id: 'k777', note: RECORDS[777]!.note });
    }
    for (const one of stored) expect(one).toEqual(stored[0]);
  });

  test('bad records have their place, whoever converts them', async () => {
    const path = fileOf(bad, `bad.${format}`);
    const found = [];
    for (const workers of [1, 3]) {
      const { store } = await testStore('on disk');
      const error = await store.import(path, options(workers)).catch((thrown: unknown) => thrown);
      const { records } = await store.import(path, { ...options(workers), onBadRecord: 'quarantine' });
      const quarantined = [];
      const [file] = await store.quarantine.files();
      for await (const one of store.quarantine.records(file!.name)) quarantined.push(one);
      found.push({ records, quarantined, message: (error as Error).message, facts: { ...(error as object) } });
    }
    expect(found[1]).toEqual(found[0]);
    const { records, quarantined, facts } = found[0]!;
    expect(records).toEqual({ read: COUNT, stored: COUNT - 3, rejected: 3, replaced: 0 });
    expect(quarantined.map(({ record }) => record)).toEqual(BAD);
    const offset = quarantined[0]!.offset;
    expect(facts).toMatchObject({ code: 'BAD_RECORD', record: 4000, offset });
    if (format === 'csv') {
      expect(bad.subarray(offset, offset + 9).toString()).toBe('k4000,"x"');
      expect(facts).toMatchObject({ line: 2 + 2 * 4000 });
    }
  });

  test('a source that ends inside a record fails in the same words', async () => {
    const path = fileOf(cut, `cut.${format}`);
    const messages = [];
    for (const workers of [1, 3]) {
      const { store } = await testStore('on disk');
      const error = await store.import(path, options(workers)).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'SOURCE_TRUNCATED' });
      messages.push((error as Error).message);
    }
    expect(messages[1]).toBe(messages[0]);
  });

  test('a record that is too large fails in the same words', async () => {
    const large =
      format === 'csv' ? Buffer.from(`k,"${'x'.repeat(300_000)}",1\n`) : BSON.serialize({ id: 'x'.repeat(300_000) });
    const path = fileOf(
      Buffer.concat([good, large, good.subarray(format === 'csv' ? HEADER.length : 0)]),
      `large.${format}`,
    );
    const messages = [];
    for (const workers of [1, 3]) {
      const { store } = await testStore('on disk');
      const small = { ...options(workers), recordBytesMax: 100_000 };
      const error = await store.import(path, small).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: format === 'csv' ? 'RECORD_TOO_LARGE' : 'SOURCE_DAMAGED' });
      messages.push((error as Error).message);
    }
    expect(messages[1]).toBe(messages[0]);
  });
});
