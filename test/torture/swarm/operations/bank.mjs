// A transaction over several collections, which also changes owned records; or one that throws at its end.

import { ACCOUNTS, CITIES, COUNTERS, perform, USERS } from '../bank.mjs';
import { Refused } from '../worker-state.mjs';
import { newVersions, putVersions } from './changes.mjs';

/** Orders of one process, about. */
const ORDERS_MAX = 30;

/** @type {import('../worker-state.mjs').SwarmOperation} */
export const bank = {
  name: 'bank',
  async run(worker, random) {
    const id = worker.newName();
    const change = chosen(worker, random, id);
    const owned = random.chance(0.3) ? newVersions(worker, random, 3) : {};
    const throws = random.chance(0.07);
    const work = () =>
      worker.store.transaction((tx) => {
        perform(tx, id, worker.start.name, change);
        putVersions(tx.collection('owned'), owned, random.chance(0.5));
        if (throws) throw new Refused('on purpose');
      });
    await worker.change(`bank ${change.kind}`, { change, owned }, work, id);
    if (change.kind === 'order') worker.orders.push(...change.orders);
    if (random.chance(0.2)) await seeOwnWrite(worker, id);
  },
};

/** Another lane may be closing the store. @param {import('../worker-state.mjs').Worker} worker @param {string} id */
async function seeOwnWrite(worker, id) {
  const { store } = worker;
  const ledger = store.collection('ledger');
  const seen = [ledger.getSync(id, { freshness: 'immediate' }), await ledger.get(id, { freshness: { maxStaleMs: 0 } })];
  store.collection('ledger'); // throws where the store was closed meanwhile
  if (seen.includes(undefined)) worker.wrong('a process does not see what it has changed', { id, seen });
}

/**
 * @param {import('../worker-state.mjs').Worker} worker @param {import('../random.mjs').Random} random @param {string} id
 * @returns {import('../types.js').Change}
 */
function chosen(worker, random, id) {
  const user = random.below(USERS);
  const isFull = worker.orders.length > ORDERS_MAX;
  const kind = random.pick(['transfer', 'transfer', isFull ? 'cancel' : 'order', 'cancel', 'count', 'move']);
  if (kind === 'transfer') {
    const from = random.below(ACCOUNTS);
    const to = (from + 1 + random.below(ACCOUNTS - 1)) % ACCOUNTS;
    return { kind, from, to, amount: random.below(30) };
  }
  if (kind === 'cancel' && worker.orders.length > 0) {
    const [order] = worker.orders.splice(random.below(worker.orders.length), 1);
    return { kind, order: /** @type {string} */ (order) };
  }
  if (kind === 'count') return { kind, counter: random.below(COUNTERS) };
  if (kind === 'move') return { kind, user, city: random.pick(CITIES) };
  return { kind: 'order', user, orders: Array.from({ length: 1 + random.below(3) }, (_, i) => `${id}/${i}`) };
}
