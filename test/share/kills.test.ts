// Goal: whenever sharing dies or fails, the directory shows the old state or the new one, whole; the next run completes it and
// removes what was left.
// Method: `gristmill share` runs in a process of its own, which a failpoint kills or fails (a part of the cases, all at EFFORT=1); the tool zstd reads what is shown.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { CLI } from '../support/cli.js';
import { partOf } from '../support/effort.js';
import { fileWith, scratch } from '../support/import-files.js';
import { HAS_ZSTD } from '../support/import-store.js';
import { sharedLines } from '../support/shared.js';

const POINTS = ['shard.write', 'share.place', 'share.placed'];
const CASES = POINTS.flatMap((point) =>
  ['kill', 'error'].flatMap((how) => [true, false].map((isFirst) => ({ point, how, isFirst }))),
);

test.runIf(HAS_ZSTD).each(partOf(CASES))('$how at $point, first run: $isFirst', async ({ point, how, isFirst }) => {
  const folder = scratch();
  const directory = join(folder, 'store');
  const target = join(folder, 'live');
  const store = await openStore(directory, { hotSet: false });
  onTestFinished(() => store.close());
  await store.import(fileWith('{"id":1}\n{"id":2}\n', 'a.ndjson', folder), { key: 'id', workers: 1 });
  if (!isFirst) await store.share(target);
  const old = { records: ['{"id":1}', '{"id":2}'] };
  await store.collection<object>('records').put({ id: 2, edition: 2 });
  const now = { records: ['{"id":1}', '{"id":2,"edition":2}'] };

  const { status, signal, stderr } = spawnSync(
    process.execPath,
    [CLI, 'share', '--out', target, '--store', directory],
    {
      env: { ...process.env, GRISTMILL_FAILPOINTS: `${point}=${how}` },
      encoding: 'utf8',
    },
  );
  if (how === 'kill') expect(signal).toBe('SIGKILL');
  else expect([status, stderr]).toEqual([5, expect.stringContaining('IO_ERROR')]);
  if (isFirst && point !== 'share.placed') expect(existsSync(target)).toBe(false);
  else expect(sharedLines(target)).toEqual(point === 'share.placed' ? now : old);

  await store.share(target);
  expect(sharedLines(target)).toEqual(now);
  // The one before may stay, if there was one.
  const hidden = readdirSync(folder).filter((name) => name.startsWith('.live'));
  expect(hidden.length).toBeLessThanOrEqual(isFirst && point !== 'share.placed' ? 1 : 2);
  expect(hidden.every((name) => !/\.(owner|link)$/.test(name))).toBe(true);
  expect(hidden).toContain(realpathSync(target).slice(folder.length + 1));
});
