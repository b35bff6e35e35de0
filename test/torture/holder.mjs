// A process that holds states of a store for as long as it is told to, by commits and not by the clock.
//
//   node holder.mjs <store>
//   standard input, a line each: "hold" (a snapshot), "release", "iterate N" (N records of an iteration that begins again when it ends)
//   standard output: "ready", and "done" for each of them

import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { openStore } from '../../dist/src/index.js';

const [directory] = /** @type {[string]} */ (process.argv.slice(2));
const store = await openStore(directory, { config: false, readOnly: true });
/** @param {string} line */
const say = (line) => writeSync(1, `${line}\n`);
/** @type {import('../../dist/src/index.js').Snapshot | undefined} */
let snapshot;

async function* again() {
  for (;;) yield* store.collection('records').range();
}
const iteration = again();

/** @type {Record<string, (n: number) => Promise<void>>} */
const commands = {
  async hold() {
    snapshot = store.snapshot();
    await snapshot.collection('records').get(1);
  },
  async release() {
    snapshot?.release();
    snapshot = undefined;
  },
  async iterate(n) {
    for (let i = 0; i < n; i++) await iteration.next();
  },
};

say('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const [name = '', n] = line.split(' ');
  await commands[name]?.(Number(n));
  say('done');
}
