// A process of bench/metrics.mjs: the same reads with metrics and without, in turns.

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { keyAt } from '../dist/datasets/index.js';
import { keyValue } from './setup.mjs';

const WARM_UPS = 200;
const BATCHES_PER_TURN = 10;

const { name, ordinals, copies, order, options, rounds } = JSON.parse(process.argv[2]);
const keys = ordinals.map((ordinal) => keyValue(keyAt(name, 1, ordinal)));

const sides = [];
for (const which of order) {
  const copy = copies[which];
  const { openStore } = await import(pathToFileURL(join(copy, 'dist/src/index.js')).href);
  const store = await openStore(join(copy, 'store'), { readOnly: true, hotSet: false, ...options });
  sides.push({ which, store, records: store.collection('records'), turns: [] });
}
for (const { records } of sides) {
  for (let i = 0; i < WARM_UPS; i++) readAll(records);
  await sleep(50);
}
for (let round = 0; round < rounds; round++) {
  for (const { records, turns } of round % 2 ? sides : [...sides].reverse()) {
    turns.push(turn(records));
    await sleep(1);
  }
}
const done = keys.length * (WARM_UPS + rounds * BATCHES_PER_TURN);
for (const { which, store } of sides) {
  const counted = store.metrics().collections.records?.reads.total ?? 0;
  const expected = which === 'with' ? done : 0;
  if (counted !== expected) throw new Error(`${which} metrics: ${counted} of ${done} reads were counted`);
}
console.log(JSON.stringify(Object.fromEntries(sides.map(({ which, turns }) => [which, turns]))));
await Promise.all(sides.map(({ store }) => store.close()));

/** Nanoseconds a read, of processor time: others who want the processor change it less than time on the clock. */
function turn(records) {
  const before = process.cpuUsage();
  for (let i = 0; i < BATCHES_PER_TURN; i++) readAll(records);
  const { user, system } = process.cpuUsage(before);
  return +(((user + system) * 1e3) / (BATCHES_PER_TURN * keys.length)).toFixed(2);
}

function readAll(records) {
  for (const key of keys) if (records.getSync(key) === undefined) throw new Error(`${key} is not there`);
}
