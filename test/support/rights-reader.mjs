// Another process, perhaps of another user, that reads every record of a store again and again until its standard input
// ends: says on a line when it begins, and then what it saw that is wrong, or the error that refused it.
// arguments: store, records

import { setImmediate } from 'node:timers/promises';
import { openStore } from '../../dist/src/index.js';

const [, , directory, records] = process.argv;
let isOver = false;
process.stdin.on('end', () => {
  isOver = true;
});
process.stdin.resume();
const wrong = [];
let rounds = 0;
try {
  const store = await openStore(/** @type {string} */ (directory), { config: false, hotSet: false, readOnly: true });
  console.log('reading');
  for (; !isOver && wrong.length === 0; rounds++) {
    for (let id = 0; id < Number(records); id++) {
      /** @type {any} */
      const found = store.collection('a').getSync(id);
      if (found?.id !== id || !(found.round >= 0)) wrong.push({ id, found });
    }
    await setImmediate();
  }
  await store.close();
  console.log(JSON.stringify({ rounds, wrong: wrong.slice(0, 3) }));
} catch (error) {
  const { code, message, name } = /** @type {any} */ (error);
  console.log(JSON.stringify({ rounds, wrong: wrong.slice(0, 3), code, name, message }));
}
process.stdin.destroy();
