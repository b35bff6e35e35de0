// A process that opens a store again and again, with its key and without, while another one converts it. It reads a record, and
// puts one. When a byte arrives on standard input it ends, and says as JSON how many puts were acknowledged, and each error
// beside that the store is of the other kind.
// arguments: store, file of the key

import { setTimeout } from 'node:timers/promises';
import { openStore } from '../../dist/src/index.js';

const [directory, keyFile] = /** @type {[string, string]} */ (process.argv.slice(2));
const OTHER_KIND = ['KEY_NEEDED', 'NOT_ENCRYPTED'];
const errors = [];
let puts = 0;
let isOver = false;
process.stdin.once('data', () => {
  isOver = true;
});
while (!isOver) {
  for (const options of [{}, { encryption: { keyFile } }]) {
    try {
      const store = await openStore(directory, { ...options, create: false, hotSet: false });
      try {
        if (store.collection('records').getSync(5) === undefined) errors.push('a record is missing');
        await store.collection('puts').put({ id: `${process.pid}-${puts}` });
        puts++;
      } finally {
        await store.close();
      }
    } catch (cause) {
      const error = /** @type {import('../../dist/src/index.js').GristmillError} */ (cause);
      if (!OTHER_KIND.includes(error.code)) errors.push(`${error.code}: ${error.message}`);
    }
  }
  await setTimeout(500 + Math.random() * 2000);
}
process.stdout.write(JSON.stringify({ puts, errors }));
process.exit();
