// A process that has a store open and knows nothing of migrations: for each line of its input it reads the record of that key, and
// prints its text.

import { createInterface } from 'node:readline';
import { openStore } from '../../dist/src/index.js';

const store = await openStore(String(process.argv[2]));
const things = store.collection('things');
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const [kind, id] = line.split(' ');
  if (kind === 'patch') await things.patch(Number(id), { note: 'patched' });
  console.log(things.getTextSync(Number(id), { freshness: 'immediate' }));
}
await store.close();
