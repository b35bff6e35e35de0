// Has a store do everything that loads code, or starts threads, for the first time: while so many descriptors are left, and
// once more when there are plenty again.
//
//   node short-of-descriptors.mjs <store> <descriptors left>
//   standard output: a line of JSON { "short": { "compact": "done" | <code>, … }, "again": { … } }

import { closeSync, openSync, rmSync } from 'node:fs';
import { memory, openStore } from '../../dist/src/index.js';

const [directory, left] = /** @type {[string, string]} */ (process.argv.slice(2));
const source = `${directory}.ndjson`;
const config = `${directory}.config.json`;

const store = await openStore(directory, { config: false, hotSet: false });

/** @type {Record<string, () => Promise<unknown>>} */
const WORKS = {
  config: async () => (await openStore(memory(), { config })).close(),
  compact: () => store.compact(),
  verify: async () => {
    const { faults } = await store.verify({ workers: 1 });
    if (faults.length > 0) throw new Error(JSON.stringify(faults));
  },
  // Cut in two it has a thread, which a small import has not.
  import: () => store.import(source, { collection: 'imported', key: 'id', workers: 1, spanBytes: 9 }),
  'small import': () => store.import(source, { collection: 'small', key: 'id', workers: 1 }),
  backup: () => store.backup(`${directory}.backup`),
  watch: async () => (await store.watch(source, { collection: 'watched', key: 'id' })).close(),
  registry: () => store.metricsRegistry(),
  instrument: () => store.instrument(),
  warm: () => store.warm({ whole: true }),
  put: () => store.collection().put({ id: 1 }),
};

async function all() {
  /** @type {Record<string, string>} */
  const outcomes = {};
  for (const [name, work] of Object.entries(WORKS)) {
    outcomes[name] = await work().then(
      () => 'done',
      (error) => error.code ?? String(error.stack),
    );
  }
  rmSync(`${directory}.backup`, { recursive: true, force: true });
  return outcomes;
}

const held = [];
try {
  for (;;) held.push(openSync('/dev/null', 'r'));
} catch {
  // As many as there are.
}
for (let i = 0; i < Number(left); i++) closeSync(/** @type {number} */ (held.pop()));
const short = await all();
for (const descriptor of held) closeSync(descriptor);
const again = await all();
await store.close();
console.log(JSON.stringify({ short, again }));
