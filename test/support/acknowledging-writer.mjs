// Another process that puts records, one a transaction, and says each on a line when it is acknowledged.
// arguments: store, collection, first id. Ends when its standard input ends.

import { setImmediate } from 'node:timers/promises';
import { openStore } from '../../dist/src/index.js';

const [, , directory, collection, first] = process.argv;
let isTold = false;
process.stdin.on('end', () => {
  isTold = true;
});
process.stdin.resume();
const store = await openStore(/** @type {string} */ (directory), { create: false, config: false, hotSet: false });
for (let id = Number(first); !isTold; id++) {
  await store.collection(collection).put({ id });
  console.log(id);
  await setImmediate();
}
await store.close();
