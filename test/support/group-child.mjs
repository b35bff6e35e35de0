// Another process that changes a store without waiting for one change before the next.
// arguments: store, 'put' name | 'one' name | 'hold'.
//   put    puts { id: "<name>-<n>", n } for n = 0, 1, 2, …, twenty at a time, every seventh beside a transaction that
//          throws; says each n that is acknowledged, until it is killed
//   one    puts { id: "<name>" }
//   hold   begins a transaction, says "held", and goes on when a byte arrives on standard input

import { readSync } from 'node:fs';
import { openStore } from '../../dist/src/index.js';

const [directory, what, name] = /** @type {[string, string, string?]} */ (process.argv.slice(2));
const store = await openStore(directory);
if (what === 'hold') {
  store.transactionSync((tx) => {
    tx.collection('rows').put({ id: 'held' });
    process.stdout.write('held\n');
    readSync(0, Buffer.alloc(1));
  });
  await store.close();
} else if (what === 'one') {
  await store.collection('rows').put({ id: name });
  await store.close();
} else {
  const rows = store.collection('rows');
  let n = 0;
  const putOn = async () => {
    for (;;) {
      const mine = n++;
      if (mine % 7 === 0) {
        const id = `${name}-thrown-${mine}`;
        const thrown = store.transaction((tx) => {
          tx.collection('rows').put({ id });
          throw new Error('thrown');
        });
        thrown.catch(() => {});
      }
      await rows.put({ id: `${name}-${mine}`, n: mine });
      process.stdout.write(`${mine}\n`);
    }
  };
  await Promise.all(Array.from({ length: 20 }, putOn));
}
