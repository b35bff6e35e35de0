// A process that never stops using an encrypted store while it is encrypted once more: it puts records into one collection, one a
// transaction, and reads them back; or it reads a collection that does not change. When a byte arrives on standard input it
// ends, and says as JSON what was acknowledged, how often it read, and each error.
// arguments: store, file of the key, "writer" or "reader", collection, records that the collection has

import { setImmediate } from 'node:timers/promises';
import { openStore } from '../../dist/src/index.js';

const [directory, keyFile, role, collection, count] = /** @type {[string, string, string, string, string]} */ (
  process.argv.slice(2)
);
let isOver = false;
process.stdin.once('data', () => {
  isOver = true;
});
const store = await openStore(directory, { create: false, config: false, encryption: { keyFile } });
const records = /** @type {import('../../dist/src/index.js').Collection<{ id: string, n: number }>} */ (
  store.collection(collection)
);
/** @type {string[]} */
const errors = [];
/** @type {string[]} */
const acknowledged = [];
let reads = 0;
for (let i = 0; !isOver && errors.length < 5; i++) {
  try {
    if (role === 'writer') {
      const id = `${process.pid}-${i}`;
      await records.put({ id, n: i });
      acknowledged.push(id);
      if (records.getSync(id)?.n !== i) errors.push(`${id} is not there after its put`);
      if (i % 50 === 49)
        await store.transaction((t) => t.createCollection(`made-${process.pid}-${i}`, { key: 'id' }).put({ id: i }));
    } else {
      const n = i % Number(count);
      const found = i % 2 === 0 ? records.getSync(`k${n}`) : await records.get(`k${n}`);
      if (found?.n !== n) errors.push(`k${n} is ${JSON.stringify(found)}`);
      const group = [...records.findSync('group', `g${n % 7}`)].length;
      if (n % 100 === 0 && group !== Math.ceil((Number(count) - (n % 7)) / 7))
        errors.push(`group g${n % 7} has ${group}`);
    }
    reads++;
  } catch (cause) {
    const error = /** @type {import('../../dist/src/index.js').GristmillError} */ (cause);
    errors.push(`${error.code}: ${error.message}`);
  }
  if (i === 0) process.stdout.write('ready\n');
  await setImmediate();
}
await store.close();
process.stdout.write(JSON.stringify({ acknowledged, reads, errors }));
