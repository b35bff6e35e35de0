// Goal: `close` ends, whatever is under way, in a process that does nothing else; and the process with it.
// Method: real processes that await nothing but `close`, after a growing number of turns of the event loop. One that is left
// with a promise that never settles ends with exit code 13 and says nothing.
// @node all: how a process ends

import { execFile } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { temporaryDirectory } from '../support/build-store.js';
import { partOf } from '../support/effort.js';

const PROGRAM = fileURLToPath(new URL('../support/close-during.mjs', import.meta.url));
const RECORDS = 300;
const TIMES = 7;
/** What work may come to when its store is closed. */
const ENDS = new Set(['done', 'STORE_CLOSED', 'CANCELLED']);

let scratch: ReturnType<typeof temporaryDirectory>;
let directory: string;

beforeAll(async () => {
  scratch = temporaryDirectory();
  directory = join(scratch.path, 'store');
  const rows = Array.from({ length: RECORDS }, (_, id) => JSON.stringify({ id, text: `${id} `.repeat(20) }));
  writeFileSync(`${directory}.ndjson`, rows.join('\n'));
  const store = await openStore(directory, { config: false });
  // Many shards, a frame each, all of them hot: loading them takes many jobs of the thread, and pauses between.
  await store.import(`${directory}.ndjson`, { key: 'id', spanBytes: 400 });
  for (let times = 0; times < 8; times++) for (let id = 0; id < RECORDS; id++) store.collection().getSync(id);
  await store.close();
  copyFileSync(join(directory, 'hot-set.ndjson'), `${directory}.hot`);
});
afterAll(() => scratch.remove());

const CASES: readonly (readonly [work: string, how: string, options: object])[] = [
  ['nothing', 'close', {}],
  ['nothing', 'dispose', {}],
  ['nothing', 'close', { frameCacheBytes: 100_000 }],
  ['nothing', 'close', { freshness: 'warm' }],
  ['nothing', 'close', { readOnly: true }],
  ['warm', 'close', {}],
  ['import', 'close', {}],
  ['import', 'dispose', { freshness: 'warm' }],
  ['verify', 'close', {}],
  ['compact', 'close', {}],
  ['backup', 'close', {}],
  ['watch', 'close', {}],
  ['close the watcher', 'close', {}],
  ['settle', 'dispose', {}],
  ['put', 'close', { hotSet: false }],
  ['put, and switch', 'close', { freshness: 'warm' }],
  ['put, and switch', 'close', { freshness: { maxStaleMs: 0 }, hotSet: false }],
  ['get', 'close', { recordCacheBytes: 1 << 20 }],
  ['scan', 'close', {}],
  ['snapshot', 'close', {}],
  ['metrics', 'close', {}],
];

test.each(partOf(CASES))('%s, %s, %j', async (work, how, options) => {
  copyFileSync(`${directory}.hot`, join(directory, 'hot-set.ndjson'));
  const args = ['--no-warnings', PROGRAM, directory, work, how, JSON.stringify(options)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const lines = stdout.trim().split('\n');
  expect(lines.slice(0, -1)).toEqual(new Array(TIMES).fill('closed'));
  const outcomes = JSON.parse(lines.at(-1) as string) as Record<string, number>;
  expect(Object.keys(outcomes).filter((end) => !ENDS.has(end))).toEqual([]);
});
