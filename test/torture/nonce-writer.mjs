// Writes to an encrypted store until it is killed. Arguments: the store, its key file, a source, a name. It imports the source
// into a collection of its own now and then, and puts many records into a new collection in each of its transactions: there
// each record leaves several values. A line is printed after each commit.

import { openStore } from '../../dist/src/index.js';

const PUTS = 4000;
/** One import for so many transactions. */
const ROUNDS = 4;

const [directory = '', keyFile = '', source = '', name = ''] = process.argv.slice(2);
const store = await openStore(directory, { encryption: { keyFile }, hotSet: false, config: false });
for (let round = 0; ; round++) {
  if (round % ROUNDS === 0) {
    await store.import(source, { collection: `${name}-${round}`, key: 'id', workers: 1 });
    console.log('imported');
  }
  await store.transaction((tx) => {
    const records = tx.createCollection(`${name}-puts-${round}`, { key: 'id' });
    for (let id = 0; id < PUTS; id++) records.put({ id });
  });
  console.log('put');
}
