// Reads a store at the end of a round, when nobody uses it, and says whether it is what the driver's model allows.
// A process of its own: a store that is broken may end it. Argument: a file with `Played` as JSON; prints `Verdict` as JSON.

import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { openStore, repairStore } from '../../../dist/src/index.js';
import { expectClean } from '../check.mjs';
import { folded, rebase } from './bank.mjs';
import { checkState } from './check.mjs';
import { checkEdited, checkOwned, checkPresence, checkSights } from './expected.mjs';
import { Random } from './random.mjs';

const played = /** @type {import('./types.js').Played} */ (
  JSON.parse(readFileSync(/** @type {string} */ (process.argv[2]), 'utf8'))
);
const random = new Random(`${played.seed}/judge/${played.operations.length}`);
/** @type {import('./types.js').Violation[]} */
const violations = [];
/** @param {string} what @param {unknown} facts */
const wrong = (what, facts) => {
  if (violations.length < 50) violations.push({ what, facts });
};

/** @param {string} when */
async function check(when) {
  const store = await openStore(played.store, { config: false, create: false });
  try {
    const contents = await checkState(store, (what, facts) => wrong(what, { when, facts }));
    checkPresence(played, contents, (what, facts) => wrong(what, { when, facts }));
    checkOwned(played, contents, (what, facts) => wrong(what, { when, facts }));
    await checkEdited(played, store, (what, facts) => wrong(what, { when, facts }));
    const { isSound, faults, leftovers } = await store.verify({ workers: 1 });
    if (!isSound) wrong('verify finds faults', { when, faults: faults.slice(0, 3) });
    if (Object.values(leftovers).some(({ length }) => length > 0)) wrong('leftovers', { when, leftovers });
    const compacts = random.chance(0.5);
    if (compacts) await store.compact({ minDeadShare: random.pick([0, 0.2]) });
    return { contents, compacts };
  } finally {
    await store.close();
  }
}

/** What was killed takes a moment to end, and has the store open until then. */
async function repairWhenFree() {
  for (const until = performance.now() + 60_000; ; await setTimeout(50)) {
    try {
      return await repairStore(played.store, { workers: 1 });
    } catch (error) {
      if (/** @type {{ code?: string }} */ (error).code !== 'STORE_BUSY' || performance.now() > until) throw error;
    }
  }
}

checkSights(played, wrong);
let { contents, compacts } = await check('at the end');
if (compacts) ({ contents } = await check('compacted'));
if (random.chance(0.3)) {
  const { from, lost, kept } = await repairWhenFree();
  if (from !== 'catalog' || lost.length > 0) wrong('repair of a sound store lost something', { from, lost });
  if (kept !== undefined) rmSync(kept, { recursive: true, force: true });
  ({ contents } = await check('repaired'));
}
const { base = new Map(), ledger = new Map(), owned = new Map(), orders = new Map() } = contents;
const store = await openStore(played.store, { config: false, create: false });
const { state } = folded(base.values(), ledger.values());
await rebase(store, state, [...ledger.keys()].map(String));
const { generation } = store.stat();
await store.close();
// Opened once more, by which whatever had to wait for readers goes.
await (await openStore(played.store, { config: false, create: false })).close();
await expectClean(played.store).catch((error) => wrong('leftovers after closing', { message: error.message }));

/** @type {import('./types.js').Verdict} */
const verdict = {
  violations,
  owned: Object.fromEntries([...owned].map(([id, { version }]) => [id, Number(version)])),
  orders: [...orders.keys()].map(String),
  counters: state.counters,
  generation,
  indexBytes: statSync(join(played.store, 'index/data.mdb')).size,
  files: readdirSync(played.store, { recursive: true }).length,
};
process.stdout.write(JSON.stringify(verdict));
