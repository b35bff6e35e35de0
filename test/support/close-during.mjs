// Opens a store, begins something, lets some turns of the event loop go by and closes the store, which is all that this
// process waits for: a promise that nothing keeps alive ends it with exit code 13. Again and again, with more turns each time.
//
//   node close-during.mjs <store> <work> <how it is closed> <options, JSON>
//   standard output: "closed" for each time, and what became of the work

import { rmSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { openStore } from '../../dist/src/index.js';

const TURNS = [0, 1, 3, 8, 21, 55, 300];

/** @typedef {import('../../dist/src/index.js').Store} Store */

/** What is under way. @type {Record<string, (store: Store, directory: string, round: number) => Promise<unknown>>} */
const WORKS = {
  // The hot set is loaded when a store is opened.
  nothing: async () => {},
  warm: (store) => store.warm({ whole: true }),
  import: (store, directory) => store.import(`${directory}.ndjson`, { key: 'id', workers: 1, spanBytes: 400 }),
  verify: (store) => store.verify({ workers: 1 }),
  compact: (store) => store.compact({ minDeadShare: 0 }),
  backup: (store, directory, round) => store.backup(`${directory}.backup-${round}`),
  watch: (store, directory) => store.watch(`${directory}.ndjson`, { collection: 'watched', key: 'id' }),
  'close the watcher': async (store, directory) => {
    const watcher = await store.watch(`${directory}.ndjson`, { collection: 'watched', key: 'id' });
    await watcher.close();
  },
  settle: async (store, directory) => {
    const watcher = await store.watch(`${directory}.ndjson`, { collection: 'watched', key: 'id' });
    await watcher.settled();
  },
  put: async (store, _, round) => store.collection().put({ id: 1, round }),
  'put, and switch': async (store, _, round) => {
    await store.collection().get(1);
    await store.collection().put({ id: 1, round });
    await store.collection().get(1);
  },
  get: (store) => store.collection().getMany([...Array(200).keys()]),
  scan: async (store) => {
    for await (const _ of store.collection().scan()) await setImmediate();
  },
  snapshot: async (store) => {
    const snapshot = store.snapshot();
    for await (const _ of snapshot.collection('records').range()) await setImmediate();
    snapshot.release();
  },
  metrics: (store) => Promise.all([store.metricsRegistry(), store.instrument()]),
};

const [directory, work, how, given] = /** @type {[string, string, string, string]} */ (process.argv.slice(2));
/** @type {Record<string, number>} */
const outcomes = {};
for (const [round, turns] of TURNS.entries()) {
  const store = await openStore(directory, { config: false, ...JSON.parse(given) });
  let working;
  try {
    working = /** @type {Function} */ (WORKS[work])(store, directory, round);
  } catch (error) {
    working = Promise.reject(error);
  }
  /** @type {Promise<string>} */
  const outcome = working.then(
    () => 'done',
    (/** @type {any} */ error) => error.code ?? String(error.stack),
  );
  for (let turn = 0; turn < turns; turn++) await setImmediate();
  await (how === 'dispose' ? store[Symbol.asyncDispose]() : store.close());
  console.log('closed');
  const became = await outcome;
  outcomes[became] = (outcomes[became] ?? 0) + 1;
  rmSync(`${directory}.backup-${round}`, { recursive: true, force: true });
}
console.log(JSON.stringify(outcomes));
