// Another process on a store: adds one to a counter a number of times, or reads two collections until told to stop.
// arguments: store, 'count' times | 'read'. Says what it has seen as one line of JSON.

import { openStore } from '../../dist/src/index.js';

const [directory, what, times] = /** @type {[string, string, string?]} */ (process.argv.slice(2));
const store = await openStore(directory);
if (what === 'count') {
  for (let i = 0; i < Number(times); i++) {
    await store.transaction((tx) => {
      /** @type {import('../../dist/src/index.js').TransactionCollection<{ id: string, n: number }>} */
      const counters = tx.collection('counters');
      counters.put({ id: 'one', n: (counters.get('one')?.n ?? 0) + 1 });
    });
  }
  console.log(JSON.stringify({ done: Number(times) }));
} else {
  let stopped = false;
  process.stdin.on('data', () => {
    stopped = true;
  });
  const seen = new Set();
  let rounds = 0;
  let torn = 0;
  /** @param {import('../../dist/src/index.js').ReadableCollection<any>} collection */
  const sum = async (collection) => {
    let total = 0;
    for await (const { value } of collection.scan()) total += value.n;
    return total;
  };
  console.log('ready');
  // Once more after the end, so that the last state is seen.
  for (let isLast = false; !isLast; rounds++) {
    isLast = stopped;
    const snapshot = store.snapshot();
    const left = await sum(snapshot.collection('left'));
    const right = await sum(snapshot.collection('right'));
    snapshot.release();
    if (left !== right) torn++;
    seen.add(left);
    await new Promise((resolve) => setImmediate(resolve));
  }
  console.log(JSON.stringify({ rounds, torn, last: [...seen].at(-1) }));
  process.stdin.destroy();
}
await store.close();
