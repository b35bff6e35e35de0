// Goal: a short shortage of descriptors breaks nothing for good: what a process could not load, or start, it can later.
// Method: real processes that hold every descriptor but a few, try everything for the first time, let go, and try again.
// @node all: modules and threads that cannot be loaded at first

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { temporaryDirectory } from '../support/build-store.js';
import { partOf } from '../support/effort.js';

const PROGRAM = fileURLToPath(new URL('../support/short-of-descriptors.mjs', import.meta.url));

let scratch: ReturnType<typeof temporaryDirectory>;
let directory: string;

beforeAll(async () => {
  scratch = temporaryDirectory();
  directory = join(scratch.path, 'store');
  writeFileSync(`${directory}.ndjson`, '{"id":1}\n{"id":2}\n');
  writeFileSync(`${directory}.config.json`, '{"recordCacheBytes":"1m"}');
  const store = await openStore(directory, { config: false, hotSet: false });
  await store.import(`${directory}.ndjson`, { key: 'id' });
  await store.close();
});
afterAll(() => scratch.remove());

test.each(partOf([0, 1, 2, 3, 4, 6, 8, 14]))('with %d descriptors left', async (left) => {
  const line = `ulimit -n 256; exec "$0" --no-warnings "$@"`;
  const args = ['-c', line, process.execPath, PROGRAM, directory, String(left)];
  const { stdout } = await promisify(execFile)('sh', args);
  const { short, again } = JSON.parse(stdout) as Record<'short' | 'again', Record<string, string>>;
  // A shortage is no fault of the store.
  for (const outcome of Object.values(short)) expect(outcome).toMatch(/^(done|[A-Z_]+)$/);
  if (left === 0) expect(short.import).toBe('IO_ERROR');
  expect(again).toEqual(Object.fromEntries(Object.keys(again).map((name) => [name, 'done'])));
});
