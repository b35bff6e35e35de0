// An application that knows version 0 of the collection "things", and nothing of migrations. It puts, patches and reads records of
// that version until its input ends, and says after each round how many there were. Then it prints what every record has to be.
// Any surprise is an error. Usage: node pinned-app.mjs <store>

import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { openStore } from '../../dist/src/index.js';

const COUNT = 20;
const store = await openStore(String(process.argv[2]), { schemaVersion: 0, hotSet: false });
/** @type {import('../../dist/src/index.js').Collection<any>} */
const things = store.collection('things');
const known = new Map();
for await (const { value } of things.scan()) known.set(value.id, value);

let isOver = false;
createInterface({ input: process.stdin }).on('close', () => {
  isOver = true;
});

for (let round = 1; !isOver; round++) {
  const id = round % COUNT;
  const before = known.get(id);
  const after = { ...before, mail: `m${round}`, price: `${round}.50` };
  if (round % 3 === 0) await things.patch(id, { mail: after.mail, price: after.price });
  else if (round % 3 === 1) await things.put(after);
  else
    store.transactionSync((transaction) => {
      const within = transaction.collection('things');
      assert.deepEqual(within.get(id), before);
      within.put(after);
      assert.deepEqual(within.get(id), after);
    });
  known.set(id, after);
  assert.deepEqual(await things.get(id, { freshness: 'immediate' }), after);
  assert.equal(things.count(), known.size);
  const found = [...things.findSync('mail', after.mail)].map(({ value, primaryKey }) => [primaryKey, value]);
  assert.deepEqual(found, [[id, after]]);
  if (round % 5 === 0) {
    const all = new Map();
    for await (const { value } of things.range()) all.set(value.id, value);
    assert.deepEqual(all, known);
  }
  console.log(round);
}
await store.close();
console.log(JSON.stringify([...known.values()]));
