// Goal: a store that somebody else made, with any value in its catalog and right checksums, hurts nobody: nothing outside the
// store is touched, nothing hangs or crashes, every error has a code, and verification tells of every wrong value.
// Method: a sample of the cases of torture/hostile-values.torture.ts, each with reading, changing, verifying, backing up and
// repairing; and the parts that stand against it, one by one.

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { decodeJournal, encodeLine, newHeader } from '../../src/import/resume/journal-format.js';
import { runPathOf } from '../../src/import/tasks/span-paths.js';
import { readHotSet } from '../../src/lookup/warm/hot-set-file.js';
import { journalPath, quarantinePath, shardPath, temporaryPath } from '../../src/store/files/layout.js';
import { isAlive } from '../../src/store/lock/lock-holder.js';
import { SELF } from '../../src/store/lock/process-identity.js';
import { shardFilesIn } from '../../src/store/lock/sweep.js';
import type { LockRecord } from '../../src/store/lock-types.js';
import { onDisk, openCatalog, temporaryDirectory } from '../support/build-store.js';
import { tryHostile } from '../support/hostile-run.js';
import { hostileStore, IMPORT_ID } from '../support/hostile-values.js';

/** Of about 2,700 cases each so manieth; a prime, so that all kinds of fields and values come. */
const SAMPLE = 53;

function scratch(): string {
  const { path, remove } = temporaryDirectory();
  onTestFinished(remove);
  return path;
}

test('no hostile value of the catalog hurts: a sample', async () => {
  const parent = scratch();
  const all = await hostileStore(parent);
  const isContradiction = (name: string): boolean => !name.includes(':') && !name.includes(' is ');
  const cases = all.filter(({ name }, i) => i % SAMPLE === 0 || isContradiction(name));
  expect(cases.length).toBeGreaterThan(60);
  expect(await tryHostile(parent, cases, 2)).toEqual([]);
});

test.each(['', '.', '..', '../x', 'a/b', 'a\\b', '/etc/x', 'x\0y'])('no path is made of the name %j', (name) => {
  for (const make of [shardPath, journalPath, temporaryPath]) {
    expect(() => make('/store', name)).toThrow(expect.objectContaining({ code: 'CHECKSUM_MISMATCH' }));
  }
  if (/[\\/\0]/.test(name)) expect(() => quarantinePath('/store', name)).toThrow(/cannot be a file/);
  expect(() => runPathOf('/store', '../x' as never)).toThrow(/cannot be a file/);
});

test('spans that there are said to be are not counted, but looked for among the files', () => {
  const files = ['00000007.ndjson.zst', '00000009.ndjson.zst', '7.ndjson.zst', 'else'];
  expect(shardFilesIn(files, 7, 1e12)).toEqual(files.slice(0, 2));
  expect(shardFilesIn(files, 8, 2)).toEqual([files[1]]);
});

test('a lock from the future is alive only while its process is seen to run and to renew it', () => {
  const future = '2999-01-01T00:00:00.000Z';
  const past = '2026-01-01T00:00:00.000Z';
  const lock = { token: IMPORT_ID, operation: 'import', host: 'here', since: past, renewed: future } as const;
  expect(isAlive({ ...lock, pid: 1, process: 'elsewhere/1' } satisfies LockRecord)).toBe(false);
  const mine = { ...lock, ...SELF } satisfies LockRecord;
  let now = 1000;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
  onTestFinished(() => clock.mockRestore());
  expect(isAlive(mine)).toBe(true);
  now += 59_000;
  expect(isAlive(mine)).toBe(true);
  expect(isAlive({ ...mine, renewed: '2999-01-01T00:00:10.000Z' })).toBe(true);
  now += 59_000;
  expect(isAlive({ ...mine, renewed: '2999-01-01T00:00:10.000Z' })).toBe(true);
  now += 2_000;
  expect(isAlive({ ...mine, renewed: '2999-01-01T00:00:10.000Z' })).toBe(false);
});

test('numbers that are used up are refused, and nothing is written', async () => {
  const directory = join(scratch(), 'store');
  const catalog = await openCatalog(directory);
  onTestFinished(() => catalog.close());
  const before = catalog.header();
  const write = catalog.transaction((write) => write.putHeader({ ...before, nextShard: 2 ** 32 }));
  await expect(write).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
  expect(catalog.header()).toEqual(before);
});

const SPAN = {
  ...{ shard: 7, wasRedone: false, quarantineBytes: 0 },
  result: { entry: 0, exit: 9, ended: true, read: 1, rejected: 0, losers: '', runs: [], progressBytes: 9 },
};

test.each<[string, unknown]>([
  ['a shard that is text', { ...SPAN, shard: '../../x' }],
  ['no result', { ...SPAN, result: undefined }],
  ['half a number', { ...SPAN, result: { ...SPAN.result, losers: 'AAAA' } }],
  [
    'a run whose fences are not there',
    { ...SPAN, result: { ...SPAN.result, runs: [{ offset: 0, chunkBytes: 'AQAAAA==', fences: '' }] } },
  ],
  ['nothing', null],
])('a journal ends before a line with %s', (_, line) => {
  const whole = Buffer.concat([encodeLine(newHeader('s', 'o')), encodeLine(SPAN)]);
  expect(decodeJournal(whole)?.spans).toHaveLength(1);
  expect(decodeJournal(Buffer.concat([whole, encodeLine({ line }.line as object)]))?.spans).toHaveLength(1);
});

test('a hot set of more keys than there may be is not read', async () => {
  const directory = scratch();
  mkdirSync(join(directory, 'shards'));
  const line = '{"collection":"c","key":"Ag","weight":1}\n';
  const write = (keys: number): void => {
    const header = JSON.stringify({ format: 'gristmill hot set', version: 1, keys });
    writeFileSync(join(directory, 'hot-set.ndjson'), `${header}\n${line.repeat(keys)}`);
  };
  write(10_000);
  expect(await readHotSet(onDisk(directory))).toHaveLength(10_000);
  write(10_001);
  await expect(readHotSet(onDisk(directory))).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
  expect(readdirSync(directory)).toContain('hot-set.ndjson');
});
