// Goal: where the system cannot tell of changes, a watcher says so or polls. Method: a file system that has no room for more
// watches, and one that is on another machine, both pretended.
// @alone: modules are mocked

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { NO_RECORDS } from '../../src/sources/sync.js';
import { Follower } from '../../src/watch/follow.js';
import { scratch } from '../support/import-files.js';
import { until } from '../support/until.js';
import { watching } from '../support/watching.js';

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const watch = (path: string, listener: () => void) => {
    if (path.endsWith('/full')) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    return fs.watch(path, listener);
  };
  return { ...fs, watch };
});

vi.mock('node:fs/promises', async (original) => {
  const fs = await original<typeof import('node:fs/promises')>();
  return { ...fs, statfs: async (path: string) => ({ type: path.startsWith('/mnt/nfs') ? 0x6969 : 0xef53 }) };
});

test('a directory that there is no room to watch is told; the others are followed', async () => {
  const folder = scratch();
  for (const name of ['full', 'other']) mkdirSync(join(folder, name));
  const failures: Error[] = [];
  const noticed: string[] = [];
  const follower = new Follower(
    { sources: [folder] },
    { noticed: (path) => noticed.push(path), failed: (error) => failures.push(error) },
  );
  onTestFinished(() => follower.close());
  follower.check();
  expect(failures).toMatchObject([{ code: 'ENOSPC' }]);
  writeFileSync(join(folder, 'other/1.json'), '1');
  await until(() => noticed.includes(join(folder, 'other/1.json')));
});

test.skipIf(process.platform !== 'linux')('what is on another machine is compared all the time', async () => {
  for (const [source, polls] of [
    ['/mnt/nfs/data', true],
    ['/home/data', false],
  ] as const) {
    const at = await watching({}, [source]);
    at.syncs[0]!.end({ changed: 0, added: 0, removed: 0, unchanged: 1, bytesRead: 0, records: NO_RECORDS });
    const watcher = await at.starting;
    expect(watcher.polls).toBe(polls);
    await watcher.close();
  }
});
