// Question: what does a record cost that is behind: one version, or fifty?
// Data: a thousand nested records of some 640 characters, in memory. Method: the text is brought to the newest version by the plan and
// parsed, or only parsed: that is a read without what the store does before it, so ratios here are the worst case. Processor
// time, all tasks in turns in one process.
// Then the same in stores (evolution-store.mjs).
// Reading: the median of the turns. Ratios are those of neighbouring turns.

import { inStores } from './evolution-store.mjs';
import { summary } from './harness.mjs';
import { rounded } from './report.mjs';
import { built } from './setup.mjs';

const RECORDS = 1000;
const TURNS = { full: 60, quick: 15 };

export const question = 'What does a record cost that is behind: one version, or fifty?';
export const method = `${RECORDS} nested records in memory: each is brought to the newest version and parsed; processor time, in turns in one process. Then the same in stores: cached reads, a dry run, apply.`;

const renames = (count) =>
  Array.from({ length: count }, (_, i) => ({
    op: 'rename',
    path: `address.${i === 0 ? 'city' : `city${i}`}`,
    to: `city${i + 1}`,
  }));
const mixed = (i) => [
  { op: 'add', path: `new${i}`, value: i },
  { op: 'remove', path: `old${i}` },
];

/** One operation each version. */
const PLANS = {
  'one rename': renames(1),
  'fifty renames of one member': renames(50),
  'fifty: renames, additions, removals': [...renames(30), ...Array.from({ length: 10 }, (_, i) => mixed(i)).flat()],
  'one move': [{ op: 'move', path: 'address.city', to: 'city' }],
  'one nest': [{ op: 'nest', path: 'notes', members: ['note', 'score'] }],
  'one each': [{ op: 'each', path: 'orders', ops: [{ op: 'rename', path: 'qty', to: 'quantity' }] }],
};

export async function run({ quick, ...rest }) {
  const { planOf } = await built('src/index.js');
  const texts = Array.from({ length: RECORDS }, (_, i) => JSON.stringify(record(i)));
  const tasks = { 'at the newest version': (text) => JSON.parse(text) };
  for (const [name, ops] of Object.entries(PLANS)) {
    const plan = planOf(ops.map((op, from) => ({ collection: 'c', from, to: from + 1, ops: [op] })));
    tasks[name] = (text) => JSON.parse(plan.up(text));
  }
  const taken = Object.fromEntries(Object.keys(tasks).map((name) => [name, []]));
  for (let turn = 0; turn < 5 + (quick ? TURNS.quick : TURNS.full); turn++) {
    // The first turns warm up.
    for (const [name, task] of Object.entries(tasks))
      if (turn < 5) cpuOf(task, texts);
      else taken[name].push(cpuOf(task, texts));
  }
  return report(taken, await inStores({ quick, ...rest }));
}

/** Microseconds of processor time for one text. */
function cpuOf(task, texts) {
  const before = process.cpuUsage();
  for (const text of texts) task(text);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / texts.length;
}

function report(taken, others) {
  const [newest] = Object.values(taken);
  const results = Object.entries(taken).map(([name, samples]) => ({
    name,
    median: summary(samples).median,
    ratio: summary(samples.map((sample, i) => sample / newest[i])).median,
  }));
  const table = {
    title: 'µs of processor time a record',
    headers: ['versions behind', 'µs', '÷ at the newest version'],
    rows: results.map(({ name, median, ratio }) => [name, rounded(median), ratio.toFixed(2)]),
  };
  return { data: { records: RECORDS }, tables: [table, ...others], results };
}

function record(i) {
  const orders = Array.from({ length: 5 }, (_, k) => ({ sku: `SKU-${i}-${k}`, qty: k, price: 9.99 * k }));
  return {
    id: i,
    name: `Person ${i}`,
    email: `p${i}@example.com`,
    active: i % 2 === 0,
    address: { street: `Street ${i}`, city: 'Berlin', zip: '10115', geo: { lat: 52.5 + i / 1000, lon: 13.4 } },
    tags: ['a', 'b', `t${i}`],
    orders,
    note: 'x'.repeat(200),
    created: '2026-01-01T00:00:00Z',
    score: i * 1.5,
  };
}
