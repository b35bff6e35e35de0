// A folder that grows while it is watched: each process of a slot goes on with the folder of the one before it.

import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { checkCollection } from '../check.mjs';

/** Files of a folder; then one of them is removed for each that is added. */
const FILES_MAX = 8;

/** @type {import('../worker-state.mjs').SwarmOperation} */
export const watch = {
  name: 'watch',
  async run(worker, random) {
    const collection = `watched ${worker.start.slot}`;
    if (worker.watching) return;
    worker.watching = true;
    const folder = join(worker.start.scratch, '..', collection);
    mkdirSync(folder, { recursive: true });
    if (readdirSync(folder).length === 0) addFile(worker, folder);
    try {
      const options = { collection, key: 'id', indexes: ['group'], stabilityMs: 20, maxWaitMs: 60, workers: 1 };
      const watcher = await worker.change('watch', {}, () => worker.store.watch(folder, options));
      try {
        await same(worker, collection, folder, 'begun');
        for (let i = random.below(4); i >= 0; i--) {
          grow(worker, random, folder);
          await setTimeout(random.below(60));
        }
        await watcher.settled();
      } finally {
        await watcher.close();
      }
      // What the watcher was not told of in time is found by the comparison with which the next one begins.
      await (await worker.store.watch(folder, options)).close();
      await same(worker, collection, folder, 'grown');
    } finally {
      worker.watching = false;
    }
  },
};

/** @param {import('../worker-state.mjs').Worker} worker @param {string} folder */
function addFile(worker, folder) {
  const name = worker.newName();
  const lines = Array.from({ length: 3 }, (_, i) => JSON.stringify({ id: `${name}/${i}`, group: i }));
  writeFileSync(join(folder, `.${name}`), `${lines.join('\n')}\n`);
  renameSync(join(folder, `.${name}`), join(folder, `${name}.ndjson`));
}

/** @param {import('../worker-state.mjs').Worker} worker @param {import('../random.mjs').Random} random @param {string} folder */
function grow(worker, random, folder) {
  const files = readdirSync(folder).filter((name) => name.endsWith('.ndjson'));
  if (files.length === 0 || random.chance(0.4)) addFile(worker, folder);
  else appendFileSync(join(folder, random.pick(files)), `{"id":"${worker.newName()}","group":7}\n`);
  if (files.length > FILES_MAX) rmSync(join(folder, random.pick(files)));
}

/**
 * @param {import('../worker-state.mjs').Worker} worker @param {string} name @param {string} folder @param {string} when
 */
async function same(worker, name, folder, when) {
  // Where the import fails for want of room, the watcher tries again, later than anybody waits here.
  if (worker.start.faults.fills || worker.start.faults.descriptors) return;
  /** @type {Map<string, unknown>} */
  const expected = new Map();
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.ndjson') && existsSync(join(folder, name)))) {
    for (const line of readFileSync(join(folder, file), 'utf8').trim().split('\n')) {
      const record = JSON.parse(line);
      expected.set(record.id, record);
    }
  }
  const view = worker.store.snapshot();
  try {
    const collection = /** @type {import('../types.js').Readable} */ (view.collection(name));
    const records = await checkCollection(collection, ['group'], (what, facts) => worker.wrong(what, { name, facts }));
    if (!isDeepStrictEqual(records, expected)) {
      worker.wrong('a watched folder differs from its collection', { when, is: records.size, expected: expected.size });
    }
  } finally {
    view.release();
  }
}
