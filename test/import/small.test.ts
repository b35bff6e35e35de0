// Goal: a small source is imported without threads, and the same comes of it as with them.
// Method: each source twice, by the calling thread and by a pool; reports, errors, quarantine and files are compared. The pool
// is asked for how many threads it is to have.

import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runImport } from '../../dist/src/api/later.js';
import { THREADLESS_BYTES_MAX } from '../../dist/src/base/limits.js';
import type { ImportOptions } from '../../dist/src/import/options/types.js';
import { workersFor } from '../../dist/src/pool/in-process.js';
import { files } from '../../dist/src/store/files/file-blobs.js';
import { prepareStoreDirectory } from '../../dist/src/store/files/layout.js';
import { LmdbCatalog } from '../../dist/src/store/lmdb/catalog.js';
import { filesOf, fileWith, scratch } from '../support/import-files.js';

/** An import into a store of its own. @param least threads it gets, whatever it asks for */
async function imported(sources: readonly string[], options: ImportOptions, least: number) {
  const directory = prepareStoreDirectory(join(scratch(), 'store'), true);
  const catalog = await LmdbCatalog.open(directory, { create: true, readOnly: false });
  onTestFinished(() => catalog.close());
  let asked = -1;
  const startWorkers = (threads: number) => {
    asked = threads;
    return workersFor({ blobs: files }, Math.max(least, threads));
  };
  const target = { directory, blobs: files, catalog, startWorkers };
  const outcome = await runImport(target, sources, { workers: 2, ...options }).then(
    ({ records, bytes, shards, warnings }) => ({ records, bytes, shards, warnings }),
    ({ name, code, message, ...facts }) => ({ name, code, message, facts }),
  );
  // The bytes of a shard have the time in them; quarantine files are named after the import.
  const found = Object.entries(filesOf(directory)).map(([name, bytes]) => {
    return name.startsWith('quarantine/') ? ['quarantined', bytes] : [name];
  });
  const collections = catalog.collections().map(({ published: _, ...facts }) => facts);
  return { asked, came: { outcome, found, collections } };
}

const LINES = Array.from({ length: 100 }, (_, id) => `{"id":${id},"tags":["t${id % 3}"]}`).join('\n');
const MIXED = `{"id":1}\nx\n{"id":2}\n{"no":"key"}\n{"id":1}`;

const CASES: readonly (readonly [string, string, ImportOptions])[] = [
  ['lines with a key and an index', LINES, { key: 'id', indexes: ['tags'] }],
  ['an array', '[{"id":1},{"id":2}]', { key: 'id' }],
  ['an object', '{"a":{"x":1},"b":{"x":2}}', { layout: 'object' }],
  ['values', '1 "two" [3]', {}],
  ['a key again', '{"id":1}\n{"id":1}', { key: 'id', onDuplicate: 'error' }],
  ['a bad record', MIXED, { key: 'id' }],
  ['bad records that are skipped', MIXED, { key: 'id', onBadRecord: 'skip' }],
  ['bad records that are quarantined', MIXED, { key: 'id', onBadRecord: 'quarantine' }],
  ['more bad records than may be', MIXED, { key: 'id', onBadRecord: 'skip', maxBad: 1 }],
  ['an array that ends too early', '[{"id":1},{"id":2', { key: 'id' }],
];

describe('small sources', () => {
  test.each(CASES)('the same of %s without threads and with them', async (_, content, options) => {
    const path = fileWith(content);
    const without = await imported([path], options, 0);
    expect(without.asked).toBe(0);
    expect((await imported([path], options, 1)).came).toEqual(without.came);
  });

  test('several small sources take no threads either', async () => {
    const { asked, came } = await imported([fileWith('{"id":1}'), fileWith('{"id":2}')], { key: 'id' }, 0);
    expect({ asked, records: came.outcome }).toMatchObject({ asked: 0, records: { records: { stored: 2 } } });
  });

  test.each([
    ['larger ones', '', {}, 1],
    ['two that are larger together', '{}', {}, 2],
    ['those that are cut into spans', '', { spanBytes: THREADLESS_BYTES_MAX / 2 }, 2],
  ] as const)('%s have threads', async (_, second, options, threads) => {
    const lines = `${JSON.stringify('x'.repeat(1021))}\n`.repeat(THREADLESS_BYTES_MAX / 1024);
    const sources = [fileWith('spanBytes' in options ? lines : `${lines}0`), ...(second ? [fileWith(second)] : [])];
    expect((await imported(sources, options, 0)).asked).toBe(threads);
  });
});
