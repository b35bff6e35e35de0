// The part of the store whose changes need several collections at once. Each transaction also writes itself into the
// ledger, under the next number; so any state of the store says by itself whether it is whole: what the ledger's changes
// make of the base, in their order, must be what the other collections hold.

export const ACCOUNTS = 12;
export const USERS = 6;
export const COUNTERS = 3;
const BALANCE = 100;
export const CITIES = ['Aachen', 'Bergen', 'Cádiz', 'Dover'];

/** Collections of the bank, each with its secondary indexes. */
export const BANK = { accounts: [], counters: [], users: ['city'], orders: ['user'], ledger: ['worker'], base: [] };

/** Makes records differ in length. @param {string} text */
export function paddingOf(text) {
  const n = [...text].reduce((sum, character) => sum * 31 + character.charCodeAt(0), 7) % 1009;
  return text.repeat(n % 10 === 0 ? Math.ceil(n / text.length) * 4 : n % 7);
}

/** @typedef {import('./types.js').Change} Change */
/** @typedef {import('./types.js').Stored} Stored */
/** @typedef {{ accounts: number[], counters: number[], cities: string[], orders: Record<string, number> }} State */

/** @returns {State} */
export const newBank = () => ({
  accounts: Array(ACCOUNTS).fill(BALANCE),
  counters: Array(COUNTERS).fill(0),
  cities: Array(USERS).fill(CITIES[0]),
  orders: {},
});

/** What a change makes of a state. Twin of `perform`. @param {State} state @param {Change} change */
export function apply(state, change) {
  const { accounts, counters, cities, orders } = state;
  if (change.kind === 'transfer') {
    accounts[change.from] = /** @type {number} */ (accounts[change.from]) - change.amount;
    accounts[change.to] = /** @type {number} */ (accounts[change.to]) + change.amount;
  }
  if (change.kind === 'order') for (const id of change.orders) orders[id] = change.user;
  if (change.kind === 'cancel') delete orders[change.order];
  if (change.kind === 'count') counters[change.counter] = /** @type {number} */ (counters[change.counter]) + 1;
  if (change.kind === 'move') cities[change.user] = change.city;
}

/** The records of a state, by collection. @param {State} state @returns {Record<string, Stored[]>} */
export function recordsOf({ accounts, counters, cities, orders }) {
  const users = Object.values(orders);
  return {
    accounts: accounts.map((balance, id) => ({ id, balance })),
    counters: counters.map((n, id) => ({ id, n })),
    users: cities.map((city, id) => ({ id, city, orders: users.filter((user) => user === id).length })),
    orders: Object.entries(orders).map(([id, user]) => orderRecord(id, user)),
  };
}

/** @param {string} id @param {number} user */
const orderRecord = (id, user) => ({ id, user, padding: paddingOf(id) });

/**
 * Does a change in a transaction, and writes it into the ledger.
 * @param {import('../../../dist/src/index.js').Transaction} tx @param {string} id @param {string} worker @param {Change} change
 */
export function perform(tx, id, worker, change) {
  /** @param {string} name @returns {import('../../../dist/src/index.js').TransactionCollection<any>} */
  const at = (name) => tx.collection(name);
  if (change.kind === 'transfer') {
    const { balance } = at('accounts').get(change.from);
    at('accounts').put({ id: change.from, balance: balance - change.amount });
    at('accounts').patch(change.to, { balance: at('accounts').get(change.to).balance + change.amount });
  }
  if (change.kind === 'order') {
    for (const order of change.orders) at('orders').put(orderRecord(order, change.user));
    addOrders(at('users'), change.user, change.orders.length);
  }
  if (change.kind === 'cancel') {
    const order = at('orders').get(change.order);
    if (order === undefined) throw new Error(`an acknowledged order is lost: ${change.order}`);
    at('orders').delete(change.order);
    addOrders(at('users'), order.user, -1);
  }
  if (change.kind === 'count') {
    at('counters').put({ id: change.counter, n: at('counters').get(change.counter).n + 1 });
  }
  if (change.kind === 'move') at('users').patch(change.user, { city: change.city });
  const { n } = at('base').get('sequence');
  at('base').put({ id: 'sequence', n: n + 1 });
  at('ledger').put({ id, worker, sequence: n + 1, change });
}

/** @param {import('../../../dist/src/index.js').TransactionCollection<any>} users @param {number} user @param {number} n */
const addOrders = (users, user, n) => users.patch(user, { orders: users.get(user).orders + n });

/** What the ledger says the bank is. @param {Iterable<Stored>} base @param {Iterable<Stored>} ledger */
export function folded(base, ledger) {
  const records = new Map([...base].map((record) => [record.id, /** @type {any} */ (record)]));
  /** @type {State} */
  const state = structuredClone(records.get('state')?.state ?? newBank());
  const entries = /** @type {any[]} */ ([...ledger]).sort((a, b) => a.sequence - b.sequence);
  for (const { change } of entries) apply(state, change);
  const first = records.get('state')?.sequence ?? 0;
  const isWhole = entries.every(({ sequence }, i) => sequence === first + i + 1);
  return { state, isWhole: isWhole && records.get('sequence')?.n === first + entries.length };
}

/** Begins a new ledger where this one ends. @param {import('../../../dist/src/index.js').Store} store @param {State} state @param {readonly string[]} entries */
export async function rebase(store, state, entries) {
  await store.transaction((tx) => {
    const base = /** @type {import('../../../dist/src/index.js').TransactionCollection<any>} */ (tx.collection('base'));
    base.put({ id: 'state', state, sequence: base.get('sequence').n });
    for (const id of entries) tx.collection('ledger').delete(id);
  });
}
