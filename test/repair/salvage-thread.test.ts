// Goal: a thread that salvages a shard stops when it is told to. Method: a task that is cancelled before a thread has it.

import { expect, onTestFinished, test } from 'vitest';
import { SharedProgress } from '../../dist/src/parallel/shared-progress.js';
import { WorkerPool } from '../../dist/src/pool/pool.js';
import { scratch } from '../support/import-files.js';
import { build, taskOf } from '../support/salvaged.js';

test('a thread stops when it is told to', async () => {
  const task = taskOf(build(scratch()), true);
  new SharedProgress(task.shared).cancel();
  const pool = new WorkerPool(1, new URL('../../dist/workers/import-worker.js', import.meta.url).href);
  onTestFinished(() => pool.close());
  await expect(pool.salvage(task)).rejects.toMatchObject({ code: 'CANCELLED' });
});
