// Goal: whatever many processes do to one store at a time, nothing that was acknowledged is lost and nothing is half done.
// Method: a few seeds of the swarm (test/torture/swarm/; the torture suite plays hundreds). Its judge is given stores from which
// something is missing, and must say so: otherwise a swarm that finds nothing would prove nothing.

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { seedOfTurn } from '../support/effort.js';
import { scratchDirectory } from '../torture/harness.js';
import { newBank, perform } from '../torture/swarm/bank.mjs';
import { EDITED_INDEXES } from '../torture/swarm/edits.mjs';
import { createStore, ownedRecord, publication } from '../torture/swarm/layout.mjs';
import { swarm } from '../torture/swarm/swarm.mjs';
import type { Operation, Played, Step, Verdict } from '../torture/swarm/types.js';

const directory = scratchDirectory();
afterAll(() => directory.remove());

test.each([seedOfTurn(1)])('seed %i of the swarm (again: node test/torture/swarm/run.mjs --seed)', async (seed) => {
  const { violations, acknowledged } = await swarm({
    seed,
    directory: join(directory.path, `${seed}`),
    milliseconds: 500,
  });
  expect(violations).toEqual([]);
  expect(acknowledged).toBeGreaterThan(0);
});

describe('the judge', () => {
  const before = { began: 1, ended: 2 };
  const ORDER = { kind: 'order', user: 1, orders: ['an order'] } as const;
  const put: Operation = { ...before, id: 'a', operation: 'put', outcome: 'done', owned: { one: 1, two: 1 } };
  const order: Operation = { ...before, id: 'b', operation: 'bank', outcome: 'done', change: ORDER };
  const published = { mode: 'upsert', tag: 'c' };
  const imported: Operation = { ...before, id: 'c', operation: 'import', outcome: 'done', published };
  const doubtful = (operation: Operation): Operation => ({ ...operation, outcome: 'doubt' });
  const undone = (operation: Operation): Operation => ({ ...operation, outcome: 'undone' });

  const everything = { put: ['one', 'two'], order: true, import: true };
  const nothing = { put: [] as string[], order: false, import: false };
  const lost = [
    'an acknowledged change is lost',
    'an acknowledged import is lost',
    'an acknowledged transaction is lost',
  ];
  const unwanted = ['a record that nobody put', 'a transaction that failed is there', 'an import that failed is there'];

  test.each([
    ['all of it', everything, [put, order, imported], []],
    ['nothing of what was acknowledged', nothing, [put, order, imported], lost],
    ['nothing of what nobody knows', nothing, [put, order, imported].map(doubtful), []],
    ['all of what nobody knows', everything, [put, order, imported].map(doubtful), []],
    ['what surely failed', everything, [put, order, imported].map(undone), unwanted],
    ['half a transaction', { ...nothing, put: ['one'] }, [doubtful(put)], ['an operation was half done']],
    ['what nobody began', { ...nothing, order: true }, [], ['a transaction that nobody began']],
  ])('a store with %s', async (name, held, operations, expected) => {
    const store = join(directory.path, name);
    await createStore(store);
    await hold(store, held);
    expect(await judged(store, operations)).toEqual(expected);
  });

  test('a store whose parts do not agree', async () => {
    const path = join(directory.path, 'parts');
    await createStore(path);
    const store = await openStore(path, { config: false });
    await store.collection('accounts').patch(3, { balance: 1000 });
    await store.collection('published').put({ id: 'k', group: 0, tag: 'nobody' });
    await store.close();
    const expected = ['a record without the marker of its import', 'the bank differs from its ledger'];
    expect(await judged(path, [])).toEqual(expected);
  });

  test('an edited collection that is not what its steps make of it', async () => {
    const path = join(directory.path, 'edited');
    await createStore(path);
    const store = await openStore(path, { config: false });
    await store.import([{ id: 'a', group: 'g', owner: 1 }], {
      collection: 'edited',
      key: 'id',
      indexes: EDITED_INDEXES,
    });
    await store.close();
    const records = [{ id: 'a', group: 'g', owner: 1 }];
    const step = (id: string, what: Step): Operation => {
      return { ...before, id, operation: 'edit', outcome: 'done', edited: { collection: 'edited', step: what } };
    };
    const done = step('a', { kind: 'import', mode: 'replace', changes: 'keep', records });
    const patches = [
      { key: 'a', patch: { group: 'h' } },
      { key: 'a', patch: { owner: 2 } },
    ];
    const burst = step('b', { kind: 'burst', changes: patches });
    expect(await judged(path, [done, doubtful(burst)])).toEqual([]);
    const wrong = ['an edited collection is not what its steps make of it'];
    expect(await judged(path, [done, burst])).toEqual(wrong);
    expect(await judged(path, [doubtful(step('a', { kind: 'clear' }))])).toEqual(wrong);
  });

  /** Puts what the operations would put. */
  async function hold(path: string, held: typeof everything) {
    const store = await openStore(path, { config: false });
    await store.transaction((tx) => {
      for (const key of held.put) tx.collection('owned').put(ownedRecord(key, 1));
      if (held.order) perform(tx, 'b', 'w', ORDER);
      for (const record of held.import ? publication('c', ['k'], 'upsert') : []) tx.collection('published').put(record);
    });
    await store.close();
  }

  /** What the judge finds, each once. */
  async function judged(store: string, operations: readonly Operation[]): Promise<string[]> {
    const { counters } = newBank();
    const played: Played = { store, seed: 1, operations, sights: [], owned: {}, orders: [], counters };
    const argument = join(directory.path, 'played.json');
    writeFileSync(argument, JSON.stringify(played));
    const { stdout } = await promisify(execFile)(process.execPath, ['test/torture/swarm/judge.mjs', argument]);
    const { violations } = JSON.parse(stdout) as Verdict;
    return [...new Set(violations.map(({ what }) => what))].sort();
  }
});
