// A process of the swarm: does random operations on the store and says each before it begins and when it has ended, by a
// synchronous write, so that a kill loses nothing that was acknowledged.
//
//   node worker.mjs <Start as JSON, in a file>        standard input ends: finish, close and end
//   standard output: a line of JSON for each `Said` of types.ts

import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { operationsOf } from './operations/index.mjs';
import { Random } from './random.mjs';
import { Worker } from './worker-state.mjs';

const START = /** @type {import('./types.js').Start} */ (
  JSON.parse(readFileSync(/** @type {string} */ (process.argv[2]), 'utf8'))
);
/** Codes after which this process must open the store again. */
const REOPEN = ['IO_ERROR', 'DISK_FULL', 'WORKER_FAILED', 'CHECKSUM_MISMATCH', 'COUNT_MISMATCH', 'STORE_CLOSED'];

const worker = new Worker(START);
let isEnding = false;
process.stdin.resume().once('end', () => {
  isEnding = true;
});
for (const event of ['unhandledRejection', 'uncaughtException']) {
  process.on(event, (error) => {
    worker.wrong(event, { error: String(error?.stack ?? error), code: error?.code });
  });
}

/** @param {number} lane */
async function work(lane) {
  const random = new Random(`${START.seed}/${START.name}/${lane}`);
  const operations = operationsOf(START.role);
  while (!isEnding) {
    const operation = random.weighted(operations);
    const code = await worker.attempt(random, operation);
    if (code !== undefined && REOPEN.includes(code) && !isEnding) await worker.reopen(random);
    if (random.chance(0.3)) await setTimeout(random.below(START.role === 'reader' ? 30 : 10));
  }
}

await worker.open(new Random(`${START.seed}/${START.name}/open`));
await Promise.all(Array.from({ length: START.lanes }, (_, lane) => work(lane)));
await worker.close();
worker.say({ say: 'ended' });
process.stdin.destroy();
