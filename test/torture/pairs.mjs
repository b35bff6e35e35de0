// A store whose records are pairs of numbers with the sum 0, and a process that changes them as fast as it can.
//
//   node pairs.mjs <store>      standard input ends: close and end; prints "ready", and at its end "changed <n>"

import { statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { openStore } from '../../dist/src/index.js';

export const PAIRS = 40;
const COMPACT_EVERY = 60;

/** @param {string} directory */
export async function createPairs(directory) {
  const store = await openStore(directory, { config: false });
  await store.transaction((tx) => {
    const pairs = tx.createCollection('pairs', { key: 'id', indexes: ['n'] });
    for (let id = 0; id < PAIRS; id++) pairs.put({ id, n: 0 });
  });
  await store.compact();
  await store.close();
}

/** @param {import('../../dist/src/index.js').Store} store @param {() => boolean} goesOn @returns how many changes were acknowledged */
export async function writeWhile(store, goesOn) {
  let n = 0;
  while (goesOn()) {
    const id = (n * 7) % PAIRS;
    const value = (n % 100) + 1;
    await store.transaction((tx) => {
      const pairs = tx.collection('pairs');
      // The other one of the pair.
      pairs.put({ id, n: value });
      pairs.put({ id: PAIRS - 1 - id, n: -value });
    });
    if (++n % COMPACT_EVERY === 0) await store.compact({ minDeadShare: 0.2 });
  }
  return n;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  let isEnding = false;
  process.stdin.resume().once('end', () => {
    isEnding = true;
  });
  const directory = /** @type {string} */ (process.argv[2]);
  // Root writes to stores of others here, too.
  const store = await openStore(directory, { config: false, create: false, trustOwner: statSync(directory).uid });
  console.log('ready');
  const n = await writeWhile(store, () => !isEnding);
  await store.close();
  console.log(`changed ${n}`);
}
