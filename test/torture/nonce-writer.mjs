// Writes to an encrypted store until it is killed. Arguments: the store, its key file, a source, a name. Each round is an import
// of the source into a collection of its own, and transactions that put many records; a line is printed after each commit.

import { openStore } from '../../dist/src/index.js';

const PUTS = 4000;
const TRANSACTIONS = 3;

const [directory = '', keyFile = '', source = '', name = ''] = process.argv.slice(2);
const store = await openStore(directory, { encryption: { keyFile }, hotSet: false, config: false });
for (let round = 0; ; round++) {
  await store.import(source, { collection: `${name}-${round}`, key: 'id', workers: 1 });
  console.log('imported');
  const collection = `${name}-puts-${round}`;
  await store.transaction((tx) => void tx.createCollection(collection, { key: 'id' }));
  for (let i = 0; i < TRANSACTIONS; i++) {
    await store.transaction((tx) => {
      for (let id = 0; id < PUTS; id++) tx.collection(collection).put({ id: i * PUTS + id });
    });
    console.log('put');
  }
}
