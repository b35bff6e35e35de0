// Reads in all freshness modes, against what must hold in each state that anybody can see.

import { setTimeout } from 'node:timers/promises';
import { ACCOUNTS, COUNTERS, newBank, USERS } from '../bank.mjs';
import { checkState } from '../check.mjs';
import { FRESHNESS, now } from '../worker-state.mjs';

const SUM = newBank().accounts.reduce((sum, balance) => sum + balance);

/** @type {import('../worker-state.mjs').SwarmOperation} */
export const snapshot = {
  name: 'snapshot',
  async run(worker, random) {
    const view = worker.store.snapshot();
    try {
      await checkState(view, (what, facts) => worker.wrong(what, { where: 'snapshot', facts }));
      if (!random.chance(0.3)) return;
      await setTimeout(random.below(300));
      await checkState(view, (what, facts) => worker.wrong(what, { where: 'snapshot, later', facts }));
    } finally {
      view.release();
    }
  },
};

/** Everything read in one turn, or by one call, is of one state. @type {import('../worker-state.mjs').SwarmOperation} */
export const lookups = {
  name: 'lookups',
  async run(worker, random) {
    const freshness = random.pick(FRESHNESS);
    const ids = Array.from({ length: ACCOUNTS }, (_, id) => id);
    /** @type {import('../../../../dist/src/index.js').Collection<any>} */
    const accounts = worker.store.collection('accounts');
    const many = await accounts.getMany(ids, { freshness });
    /** @type {any[]} */
    const scanned = [];
    for await (const { value } of accounts.scan({ freshness })) scanned.push(value);
    const turn = ids.map((id) => accounts.getSync(id, { freshness: 'warm' }));
    /** @type {import('../../../../dist/src/index.js').Collection<any>} */
    const users = worker.store.collection('users');
    const orders = worker.store.collection('orders').count({ freshness: 'warm' });
    const ordered = Array.from({ length: USERS }, (_, id) => users.getSync(id, { freshness: 'warm' })?.orders ?? 0);
    for (const [how, records] of Object.entries({ many, scanned, turn })) {
      const sum = records.reduce((sum, record) => sum + (record?.balance ?? Number.NaN), 0);
      if (sum !== SUM) worker.wrong('money was made or lost', { how, freshness, sum, expected: SUM });
    }
    const sum = ordered.reduce((sum, n) => sum + n, 0);
    if (sum !== orders) worker.wrong('users and orders differ in one turn', { users: sum, orders });
    const user = random.below(USERS);
    for await (const { value: order } of worker.store.collection('orders').find('user', user)) {
      if (/** @type {any} */ (order).user !== user) worker.wrong('find gives another record', { user, order });
    }
  },
};

/** Highest count seen, by counter and freshness, for each store that was opened. @type {WeakMap<object, Map<string, number>>} */
const highest = new WeakMap();

/** Counters only grow. How late they may be seen is checked by the judge. @type {import('../worker-state.mjs').SwarmOperation} */
export const counters = {
  name: 'counters',
  async run(worker, random) {
    const { store } = worker;
    const seen = highest.get(store) ?? new Map();
    highest.set(store, seen);
    for (let i = 0; i < 5; i++) {
      const freshness = random.pick(FRESHNESS);
      const counter = random.below(COUNTERS);
      const at = now();
      const key = JSON.stringify([counter, freshness]);
      // Other lanes read meanwhile: what they see, a read that has begun before need not.
      const least = seen.get(key) ?? 0;
      /** @type {import('../../../../dist/src/index.js').Collection<any>} */
      const collection = store.collection('counters');
      const record = random.chance(0.5)
        ? collection.getSync(counter, { freshness })
        : await collection.get(counter, { freshness });
      const n = record?.n ?? -1;
      if (n < least) worker.wrong('a counter went back', { key, n, was: least });
      seen.set(key, Math.max(n, seen.get(key) ?? 0));
      if (freshness !== 'warm') {
        worker.say({ say: 'saw', at, counter, n, staleMs: freshness === 'immediate' ? 0 : freshness.maxStaleMs });
      }
    }
  },
};

/** Paging by the last key seen gives what a scan gives. @type {import('../worker-state.mjs').SwarmOperation} */
export const pages = {
  name: 'pages',
  async run(worker, random) {
    const view = worker.store.snapshot();
    try {
      const collection = /** @type {import('../types.js').Readable} */ (
        view.collection(random.pick(['owned', 'published', 'orders']))
      );
      const limit = 1 + random.below(20);
      const reverse = random.chance(0.5);
      let seen = 0;
      for (
        let last = /** @type {import('../../../../dist/src/index.js').KeyValue | undefined} */ (undefined),
          page = limit;
        page === limit;
      ) {
        page = 0;
        for await (const { key } of collection.range({
          limit,
          reverse,
          ...(last !== undefined && { [reverse ? 'lt' : 'gt']: last }),
        })) {
          page++;
          last = key;
        }
        seen += page;
      }
      const { name } = collection;
      if (seen !== collection.count()) worker.wrong('paging misses records', { name, seen, count: collection.count() });
    } finally {
      view.release();
    }
  },
};

/** @type {import('../worker-state.mjs').SwarmOperation} */
export const warm = {
  name: 'warm',
  async run(worker, random) {
    const collection = random.pick(['accounts', 'owned', 'orders']);
    await worker.store.warm(random.pick([{}, { collection, whole: true }, { collection: 'accounts', keys: [0, 1] }]));
  },
};
