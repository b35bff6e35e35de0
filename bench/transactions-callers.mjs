// Part of bench/transactions.mjs: many who put at once, and the event loop beside them. Rivals have the same durability: each
// put is synced when its promise resolves, or when its call returns.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { now_ms, queued_ms } from './stalls-clock.mjs';

const CALLERS = [1, 20, 200];
const AWAITED = 10_000;
const HELD_MS = 5000;
const TIMER_MS = 1;

/**
 * Microseconds for each put, by the number of callers: the medians of rounds in which the rivals take turns.
 * @param {string} folder of the rivals' files
 * @param {import('../dist/src/index.js').Collection} plain
 * @param {import('lmdb').RootDatabase} lmdb opened without overlappingSync
 * @param {() => { id: number }} next makes a record
 */
export async function callersOf(folder, plain, lmdb, next, quick) {
  const database = new Sqlite(join(folder, 'sqlite.db'));
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec('CREATE TABLE records (id INTEGER PRIMARY KEY, value TEXT)');
  const insert = database.prepare('INSERT OR REPLACE INTO records VALUES (?, ?)');
  const rivals = {
    gristmill: (value) => plain.put(value),
    'lmdb-js': (value) => lmdb.put(value.id, value),
    'better-sqlite3': async (value) => insert.run(value.id, JSON.stringify(value)),
  };
  const rounds = quick ? 3 : 10;
  const rows = [];
  for (const callers of CALLERS) {
    const puts = 50 * callers;
    const taken = Object.fromEntries(Object.keys(rivals).map((name) => [name, []]));
    for (let round = -1; round < rounds; round++) {
      for (const [name, put] of Object.entries(rivals)) {
        // Nobody shares a sync in SQLite: more callers are not faster, only longer to wait for.
        const count = name === 'better-sqlite3' ? Math.min(puts, 200) : puts;
        const micros = await puttingOf(callers, count, () => put(next()));
        if (round >= 0) taken[name].push(micros);
      }
    }
    rows.push({ callers, ...Object.fromEntries(Object.entries(taken).map(([name, all]) => [name, median(all)])) });
  }
  database.close();
  return rows;
}

/** The longest that a timer was late, in milliseconds, without the time in which this process had no core. */
export async function longestStalls(directory, plain, next) {
  const beside = async (work) => {
    let isOver = false;
    const over = work().finally(() => {
      isOver = true;
    });
    let longest = 0;
    for (let queued = queued_ms(); !isOver; ) {
      const due = now_ms() + TIMER_MS;
      await setTimeout(TIMER_MS);
      const late = now_ms() - due;
      const without = queued_ms();
      longest = Math.max(longest, late - (without - queued));
      queued = without;
    }
    await over;
    return longest;
  };
  const idle = await beside(() => setTimeout(1000));
  const awaited = await beside(() => puttingOf(200, AWAITED, () => plain.put(next())));
  const held = await beside(async () => {
    const holder = spawn(process.execPath, ['--input-type=module', '-e', HOLD, directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    await plain.put(next());
    await once(holder, 'close');
  });
  return { idle, awaited, held };
}

/** Another process with a long transaction. */
const HOLD = `
import { openStore } from ${JSON.stringify(new URL('../dist/src/index.js', import.meta.url).href)};
const store = await openStore(process.argv[1]);
store.transactionSync((tx) => {
  tx.collection('plain');
  process.stdout.write('held');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${HELD_MS});
});
await store.close();
`;

async function puttingOf(callers, count, put) {
  const from = performance.now();
  let left = count;
  const caller = async () => {
    while (left-- > 0) await put();
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return ((performance.now() - from) * 1000) / count;
}

const median = (values) => [...values].sort((left, right) => left - right)[values.length >>> 1];
