// Another process that changes two collections together: in each round every record of both gets the number of the round,
// in one transaction; now and then the store is compacted, so that files come and go.
// arguments: store, rounds, records. Says each round on a line when it is durable, and waits for a line before the next.

import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { openStore } from '../../dist/src/index.js';

const [, , directory, rounds, records] = process.argv;
const store = await openStore(/** @type {string} */ (directory), { hotSet: false });
const lines = createInterface({ input: process.stdin });
for (let round = 1; round <= Number(rounds); round++) {
  await store.transaction((tx) => {
    for (const name of ['left', 'right']) {
      const collection = tx.collection(name);
      for (let id = 0; id < Number(records); id++) collection.put({ id, round });
    }
  });
  if (round % 3 === 0) await store.compact();
  console.log(round);
  await once(lines, 'line');
}
lines.close();
await store.close();
