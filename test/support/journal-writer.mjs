// Another process that puts records of some thousand bytes, one after another, and says each on a line when it is acknowledged.
// arguments: store, first id, number of records

import { openStore } from '../../dist/src/index.js';

const [directory, first, count] = /** @type {[string, string, string]} */ (process.argv.slice(2));
const store = await openStore(directory, { create: false, config: false, hotSet: false });
for (let id = Number(first); id < Number(first) + Number(count); id++) {
  await store.collection('rows').put({ id, text: 'x'.repeat(6000) });
  process.stdout.write(`${id}\n`);
}
await store.close();
