// Another process on a store whose schema is set meanwhile. arguments: store, 'asked' | 'busy'. `asked` puts each record that it reads
// from stdin, a line each, and says what came of it. `busy` puts and deletes one that is not valid until stdin ends.

import { createInterface } from 'node:readline';
import { openStore } from '../../dist/src/index.js';

const [directory, what] = /** @type {[string, string]} */ (process.argv.slice(2));
const store = await openStore(directory);
const records = store.collection();
/** @param {unknown} record */
const put = (record) =>
  records.put(record).then(
    () => 'put',
    (error) => error.code,
  );
if (what === 'asked') {
  for await (const line of createInterface(process.stdin)) console.log(await put(JSON.parse(line)));
} else {
  let stopped = false;
  process.stdin.on('end', () => {
    stopped = true;
  });
  process.stdin.resume();
  while (!stopped) {
    if ((await put({ id: 'bad', n: 'x' })) === 'put') {
      console.log('put');
      await records.delete('bad');
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}
await store.close();
