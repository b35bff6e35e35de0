// A process that reads one record of a store again and again, as a service does, and prints each version it sees, until
// the record says that it is the last. Usage: node watch-reader.mjs <store> <key>

import { setTimeout } from 'node:timers/promises';
import { openStore } from '../../dist/src/index.js';

const [directory, key] = /** @type {[string, string]} */ (process.argv.slice(2));
const store = await openStore(directory, { readOnly: true });
const records = store.collection('records');
let last;
for (;;) {
  const { version, isLast } = /** @type {any} */ (await records.get(key));
  if (version !== last) process.stdout.write(`${version}\n`);
  last = version;
  if (isLast) break;
  await setTimeout(1);
}
await store.close();
