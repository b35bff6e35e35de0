// Another process that makes a store by using it first, and removes it again where it has made it for nothing, as the
// command line does. For each path that comes on a line: "bad" makes the store, puts nothing and removes it if it is empty;
// "good" makes a collection and a record in it. Says on a line how it went.
// arguments: "good" | "bad", name

import { createInterface } from 'node:readline';
import { openStore } from '../../dist/src/index.js';
import { removeEmptyStore } from '../../dist/src/upkeep/remove-empty.js';

const [, , how, name = ''] = process.argv;

/** @param {string} directory */
async function use(directory) {
  const store = await openStore(directory, { config: false, hotSet: false });
  try {
    if (how === 'good')
      await store.transaction((tx) => void tx.createCollection(name, { key: 'id' }).put({ id: name }));
  } finally {
    await store.close();
  }
  if (how === 'good') return 'put';
  // Where another one is faster there is nothing to remove.
  return (await removeEmptyStore(directory).catch(() => false)) ? 'removed' : 'left';
}

for await (const directory of createInterface({ input: process.stdin })) {
  try {
    console.log(await use(directory));
  } catch (error) {
    const { code = '?', message } = /** @type {any} */ (error);
    console.log(`${code} ${message}`);
  }
}
