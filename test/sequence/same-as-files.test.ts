// Goal: what is read in sequence (a stream, compressed or not) gives the same as the same text in a file: records, order,
// keys, quarantine, errors with their offset, line and record; however it is cut into pieces and spans.
// Method: each text three times: as a plain file, which test/import holds against other oracles; as a stream in random
// pieces; compressed with node:zlib. Sources built to deceive, random ones, and damaged ones.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ImportOptions, type ImportSource, memory, openStore } from '../../dist/src/index.js';
import { damaged, sourceTexts } from '../support/documents.js';
import { partOf, runs } from '../support/effort.js';
import { BAD, deceptions } from '../support/import-deceptions.js';
import { makeDirectory } from '../support/import-files.js';
import { layouts, utf8 } from '../support/scans.js';

let directory: ReturnType<typeof makeDirectory>;
beforeAll(() => {
  directory = makeDirectory();
});
afterAll(() => directory.remove());

/** Everything that comes of an import, without the name of its source. */
async function outcomeOf(source: ImportSource, name: string, options: ImportOptions) {
  const store = await openStore(memory());
  const anonymous = (text: string) => text.replaceAll(name, 'SOURCE');
  try {
    const report = await store.import(source, options);
    const records = [];
    for await (const { text } of store.collection('records').scanText()) records.push(text);
    const { layout, records: counts, warnings } = report;
    const quarantined = [];
    for (const { name: file } of await store.quarantine.files()) {
      // Its line is looked up in the source, where that is there.
      for await (const { file: _, line: __, ...one } of store.quarantine.records(file)) quarantined.push(one);
    }
    return { layout, counts, warnings: warnings.filter(isKept).map(anonymous), records, quarantined };
  } catch (error) {
    const { code, message, offset, line, record, reason, snippet } = error as Record<string, string>;
    // What can be read again can be closed in a copy.
    return {
      code,
      message: anonymous(message!).replace(/ To import the records that are there.*/, ''),
      offset,
      line,
      record,
      reason,
      snippet,
    };
  } finally {
    await store.close();
  }
}

/** What is read in sequence has gone when it could be asked for what is inside. */
const isKept = (warning: string): boolean => !warning.includes('array inside');

async function* inPieces(bytes: Uint8Array, piece: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += piece) yield bytes.subarray(at, at + piece);
}

/** The outcomes of a text that is read in sequence, beside that of a file. */
async function outcomes(bytes: Uint8Array, options: ImportOptions, piece: number) {
  const path = (name: string, content: Uint8Array) => {
    const at = join(directory.path, name);
    writeFileSync(at, content);
    return at;
  };
  const plain = path('source.json', bytes);
  const gz = path('source.json.gz', gzipSync(bytes, { level: 1 }));
  return {
    file: await outcomeOf(plain, plain, options),
    stream: await outcomeOf(inPieces(bytes, piece), 'stream 1', options),
    compressed: await outcomeOf(gz, gz, options),
  };
}

async function expectSame(bytes: Uint8Array, options: ImportOptions, piece: number): Promise<void> {
  const { file, stream, compressed } = await outcomes(bytes, options, piece);
  expect(stream).toEqual(file);
  expect(compressed).toEqual(file);
}

describe.each(layouts)('sources built to deceive: %s', (layout) => {
  test.each(partOf(deceptions(layout), layouts.indexOf(layout)))('$name', async ({ text }) => {
    const bytes = utf8(text);
    for (const spanBytes of [1, 13]) {
      await expectSame(bytes, { layout, indexes: ['id', 'b'], spanBytes, windowBytes: 64 }, 1 + (spanBytes % 7));
    }
  });
});

test.each(partOf(BAD.map((bad, at) => ({ ...bad, onBadRecord: (['fail', 'skip', 'quarantine'] as const)[at % 3]! }))))(
  'bad: $name, onBadRecord $onBadRecord',
  async ({ text, onBadRecord }) => {
    await expectSame(utf8(text), { onBadRecord, spanBytes: 6, windowBytes: 64 }, 5);
  },
);

test('random sources', async () => {
  const source = fc.constantFrom(...layouts).chain((layout) =>
    fc.record({
      layout: fc.constantFrom(layout, undefined),
      bytes: fc.oneof(sourceTexts(layout).map(utf8), damaged(sourceTexts(layout))),
    }),
  );
  await fc.assert(
    fc.asyncProperty(
      source,
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 1, max: 64 }),
      fc.constantFrom('fail', 'skip', 'quarantine'),
      async ({ layout, bytes }, spanBytes, piece, onBadRecord) => {
        await expectSame(bytes, { layout, spanBytes, windowBytes: 32, onBadRecord, indexes: ['id'] }, piece);
      },
    ),
    { numRuns: runs(30) },
  );
});
