// Another process that puts numbers as records, each with the number as its reason, until it is killed. It says each number that
// is acknowledged as a line. arguments: store, first number.

import { openStore } from '../../dist/src/index.js';

const [directory, first] = /** @type {[string, string]} */ (process.argv.slice(2));
const store = await openStore(directory, { hotSet: false });
const rows = store.collection('rows');
let next = Number(first);
await Promise.all(
  Array.from({ length: 5 }, async () => {
    for (;;) {
      const id = next++;
      await rows.put({ id }, undefined, { why: `number ${id}` });
      console.log(id);
    }
  }),
);
