// A process that should perhaps not read this store: opens it and reads for a while what another process keeps changing.
// Every answer must be right, or the refusal typed.
//
//   node misuser.mjs <store> <milliseconds> [write]      prints "refused <code>: <message>", "wrong <what>" or "read <n>"

import { openStore } from '../../dist/src/index.js';
import { PAIRS, writeWhile } from './pairs.mjs';

const [directory, milliseconds, how] = /** @type {[string, string, string?]} */ (process.argv.slice(2));
const until = performance.now() + Number(milliseconds);
let answers = 0;

/** @param {import('../../dist/src/index.js').Store} store */
async function read(store) {
  /** @type {import('../../dist/src/index.js').Collection<any>} */
  const pairs = store.collection('pairs');
  for (let round = 0; performance.now() < until; round++) {
    for (let id = 0; id < PAIRS; id++, answers++) {
      if (pairs.getSync(id)?.id !== id) throw new Error(`wrong: no record ${id}`);
    }
    const snapshot = store.snapshot();
    let sum = 0;
    let count = 0;
    for await (const { value } of /** @type {any} */ (snapshot.collection('pairs').scan())) {
      sum += value.n;
      count++;
    }
    snapshot.release();
    if (sum !== 0 || count !== PAIRS) throw new Error(`wrong: ${count} records, their sum is ${sum}`);
    if (round % 10 === 0) {
      const { isSound, faults } = await store.verify({ workers: 1 });
      // That it may not read a file is not a wrong answer.
      if (!isSound && !faults.every(({ message }) => /EACCES/.test(message))) {
        throw new Error(`wrong: ${JSON.stringify(faults[0])}`);
      }
    }
  }
}

/** @type {import('../../dist/src/index.js').Store | undefined} */
let store;
try {
  store = await openStore(directory, { config: false, create: false, readOnly: how === undefined });
  if (how === undefined) await read(store);
  else answers = await writeWhile(store, () => performance.now() < until);
  console.log(`read ${answers}`);
} catch (error) {
  const { code, message, stack, name } = /** @type {any} */ (error);
  const isRefusal = name === 'GristmillError' && !['CHECKSUM_MISMATCH', 'COUNT_MISMATCH'].includes(code);
  console.log(isRefusal ? `refused ${code}: ${message}` : `wrong ${code}: ${stack}`);
}
await store?.close();
