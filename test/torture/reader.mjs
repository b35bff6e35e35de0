// A program that reads a store all the time while others write it, and says so at the first thing that is wrong: a state
// that no operation left behind, or one older than what it has seen before.
//
//   node reader.mjs <store> <seed> <round, JSON>      "read <n>" for each reading; "wrong <why>"
//   node reader.mjs <store> <seed> <round, JSON> hold   begins to iterate, says "held", and goes no further

import { writeSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { openStore } from '../../dist/src/index.js';
import { digest, History, INDEX, INDEX_VALUES, MARKER } from './model.mjs';

const [directory, seed, round, how] = /** @type {[string, string, string, string?]} */ (process.argv.slice(2));
const history = new History(seed, JSON.parse(round));
/** @param {string} line */
const say = (line) => writeSync(1, `${line}\n`);

/** @param {AsyncIterable<{ text: string } | string>} texts */
async function collected(texts) {
  /** @type {Map<number, string>} */
  const records = new Map();
  for await (const one of texts) {
    const text = typeof one === 'string' ? one : one.text;
    records.set(JSON.parse(text).id, text);
  }
  return records;
}

const store = await openStore(directory, { readOnly: true });
const collection = store.collection('records');

if (how === 'hold') {
  for await (const _ of collection.scanText()) {
    say('held');
    await setTimeout(2 ** 30);
  }
}

/** Ways to read everything, each of which must see one state. */
const WAYS = [
  () => collected(collection.scanText()),
  () => collected(collection.rangeText()),
  async () => {
    const records = await collection.getMany(Array.from({ length: 61 }, (_, id) => id));
    const there = records.filter((record) => record !== undefined);
    return new Map(there.map((record) => [/** @type {any} */ (record).id, JSON.stringify(record)]));
  },
];

let newest = 0;
for (let i = 0; ; i++) {
  const read = /** @type {(typeof WAYS)[number]} */ (WAYS[i % WAYS.length]);
  const records = await read();
  const n = Number(JSON.parse(records.get(MARKER) ?? '{"n":0}').n);
  if (digest(records) !== digest(history.state(n))) {
    say(`wrong: way ${i % WAYS.length} saw a state that operation ${n} did not leave`);
    break;
  }
  if (n < newest) {
    say(`wrong: operation ${n} after ${newest}`);
    break;
  }
  newest = n;
  // A part of it, by the secondary index: one state too, not older.
  const value = i % INDEX_VALUES;
  const part = await collected(collection.findText(INDEX, value));
  const marks = [...part.values()].map((text) => JSON.parse(text).n);
  const last = Math.max(newest, ...marks);
  const isOne = Array.from({ length: history.round.length + last - newest + 2 }, (_, k) => newest + k).some((at) => {
    const expected = [...history.state(at)].filter(([id]) => id % INDEX_VALUES === value);
    return digest(new Map(expected)) === digest(part);
  });
  if (!isOne) {
    say(`wrong: find saw a mixture at ${newest}`);
    break;
  }
  say(`read ${n}`);
}
