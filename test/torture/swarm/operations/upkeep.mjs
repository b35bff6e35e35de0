// Compaction, verification, backups that are opened and looked at, and repairs: of a backup, and of a store in use, which
// must be refused.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { openStore, repairStore } from '../../../../dist/src/index.js';
import { checkState } from '../check.mjs';

/** @typedef {import('../worker-state.mjs').Worker} Worker */

/** @type {import('../worker-state.mjs').SwarmOperation} */
export const compact = {
  name: 'compact',
  async run(worker, random) {
    const cancel = new AbortController();
    const cancelling = random.chance(0.1) ? setTimeout(() => cancel.abort(), random.below(60)) : undefined;
    const options = { minDeadShare: random.pick([0, 0.1, 0.25]), signal: cancel.signal, wait: random.chance(0.8) };
    try {
      await worker.change('compact', {}, () => worker.store.compact(options));
    } finally {
      clearTimeout(cancelling);
    }
  },
};

/** @type {import('../worker-state.mjs').SwarmOperation} */
export const verify = {
  name: 'verify',
  async run(worker) {
    const report = await worker.change('verify', {}, () => worker.store.verify({ workers: 1 }));
    if (!report.isSound) worker.wrong('verify finds faults', report.faults.slice(0, 3));
  },
};

/** @type {import('../worker-state.mjs').SwarmOperation} */
export const refusedRepair = {
  name: 'repair in use',
  async run(worker) {
    try {
      await repairStore(worker.start.store, { workers: 1 });
    } catch (error) {
      if (/** @type {any} */ (error).code === 'STORE_BUSY') return;
      throw error;
    }
    worker.wrong('a store in use was repaired', {});
  },
};

/** @type {import('../worker-state.mjs').SwarmOperation} */
export const backup = {
  name: 'backup',
  async run(worker, random) {
    const target = join(worker.start.scratch, `backup ${worker.newName()}`);
    try {
      await worker.change('backup', {}, () => worker.store.backup(target, { copy: random.chance(0.3) }));
      await checkCopy(worker, target, 'backup');
      if (random.chance(0.4)) {
        const { from, lost } = await repairStore(target, { workers: 1 });
        if (from !== 'catalog' || lost.length > 0)
          worker.wrong('repair of a sound backup lost something', { from, lost });
        await checkCopy(worker, target, 'repaired backup');
      }
    } finally {
      rmSync(target, { recursive: true, force: true });
    }
  },
};

/** @param {Worker} worker @param {string} directory @param {string} where */
async function checkCopy(worker, directory, where) {
  const copy = await openStore(directory, { config: false, create: false });
  try {
    await checkState(copy, (what, facts) => worker.wrong(what, { where, facts }));
    const { isSound, faults, leftovers } = await copy.verify({ workers: 1 });
    if (!isSound) worker.wrong('verify finds faults', { where, faults: faults.slice(0, 3) });
    if (Object.values(leftovers).some(({ length }) => length > 0)) worker.wrong('leftovers', { where, leftovers });
    await copy.compact({ minDeadShare: 0 });
    await checkState(copy, (what, facts) => worker.wrong(what, { where: `${where}, compacted`, facts }));
  } finally {
    await copy.close();
  }
}
