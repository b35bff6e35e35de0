// What the lookup bench times. Each task checks what it got: a bench of misses would be fast.

import { keyValue } from './setup.mjs';

const MANY = 100;
const CALLS = { one: 20_000, many: 300 };
const QUICK_CALLS = { one: 5_000, many: 60 };

/** All keys in one call, from both stores; the parts of both as well, to see where the time goes. */
export function cachedTasks(records, lmdb, texts) {
  const ours = texts.map(keyValue);
  const theirs = texts.map(lmdb.keyOf);
  const jsons = theirs.map((key) => lmdb.get(key));
  const forEach = (keys, get) => () => {
    for (const key of keys) if (get(key) === undefined) throw new Error(`no record ${key}`);
  };
  const tasks = [
    { name: 'getSync', run: forEach(ours, (key) => records.getSync(key)) },
    { name: 'lmdb-js get + JSON.parse', run: forEach(theirs, (key) => JSON.parse(lmdb.get(key))) },
    { name: 'getTextSync', run: forEach(ours, (key) => records.getTextSync(key)) },
    { name: 'lmdb-js get', run: forEach(theirs, (key) => lmdb.get(key)) },
    { name: 'JSON.parse alone', run: forEach(jsons, (json) => JSON.parse(json)) },
    { name: 'has', run: forEach(ours, (key) => records.has(key) || undefined) },
  ];
  return tasks.map((task) => ({ ...task, operations: texts.length }));
}

/** One call each, with the next random key. @param keysOf gives so many random keys of a seed */
export function randomTasks(records, keysOf, quick) {
  const calls = quick ? QUICK_CALLS : CALLS;
  /** Random keys of a seed, one at a time. */
  const keys = (amount, seed) => {
    const values = keysOf(amount, seed).map(keyValue);
    let at = 0;
    return () => values[at++ % values.length];
  };
  const found = (record) => {
    if (record === undefined) throw new Error('a key has no record');
    return record;
  };
  const [one, two, three] = [2, 3, 4].map((seed) => keys(calls.one, seed));
  const four = keys(calls.many * MANY, 5);
  const five = keys(calls.many, 6);
  const many = () => Array.from({ length: MANY }, four);
  return [
    { name: 'getSync', iterations: calls.one, run: () => found(records.getSync(one())) },
    { name: 'get', iterations: calls.one, isAsync: true, run: async () => found(await records.get(two())) },
    { name: 'has', iterations: calls.one, run: () => found(records.has(three()) || undefined) },
    {
      name: 'getMany of 100',
      iterations: calls.many,
      isAsync: true,
      run: async () => found((await records.getMany(many()))[0]),
    },
    { name: 'range of 100', iterations: calls.many, isAsync: true, run: () => readRange(records, five()) },
  ];
}

/** By the primary key, whose order is not that of the source: each record is likely to be in another frame. */
async function readRange(records, gte) {
  let read = 0;
  for await (const { value } of records.range({ gte, limit: MANY })) if (value !== undefined) read++;
  if (read === 0) throw new Error(`nothing from ${gte} on`);
}
