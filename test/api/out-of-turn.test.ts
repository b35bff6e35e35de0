// Goal: a method that is called out of turn (after the end, within a callback, from a listener, twice) fails with a typed error
// or does what it says, and never damages the store. Method: every public method is called so on a store on disk; then all
// ways of reading it, and `verify`, agree (support/misuse.ts).

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type Collection,
  GristmillError,
  openStore,
  type ReadableCollection,
  type Snapshot,
} from '../../dist/src/index.js';
import { Misused } from '../support/misuse.js';
import {
  AUDIT_CALLS,
  COLLECTION_CALLS,
  everyCall,
  QUARANTINE_CALLS,
  READABLE_CALLS,
  SNAPSHOT_CALLS,
  STORE_CALLS,
} from '../support/public-calls.js';
import { membersInReference } from '../support/reference.js';

let misused: Misused;
let rows: Collection;
let snapshot: Snapshot;
let frozen: ReadableCollection;

beforeEach(async () => {
  misused = await Misused.begin();
  rows = misused.store.collection('rows');
  snapshot = misused.store.snapshot();
  frozen = snapshot.collection('rows');
});
afterEach(() => misused.end());

const calls = () => everyCall({ store: misused.store, rows, snapshot, frozen });

/** What a call throws or rejects with. Undefined if nothing. */
async function failureOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return error;
  }
}

const isTyped = (error: unknown) =>
  error === undefined || error instanceof TypeError || error instanceof GristmillError;

/** The store can be opened again, and read, and is sound. */
async function expectUsable(): Promise<void> {
  await misused.store.close();
  misused.store = await openStore(misused.path);
  expect(await misused.store.verify({ workers: 1 })).toMatchObject({ isSound: true, faults: [] });
  expect(await misused.store.audit.verify()).toMatchObject({ isSound: true });
}

test('the calls are those of all public methods', () => {
  const named = (name: string, ...others: string[]) => membersInReference(name).filter((one) => !others.includes(one));
  const ends = ['close', '[Symbol.asyncDispose]', 'on', 'off'];
  expect(Object.keys(STORE_CALLS).sort()).toEqual(
    named('Store', ...ends, 'directory', 'options', 'audit', 'quarantine'),
  );
  expect(Object.keys(COLLECTION_CALLS).sort()).toEqual(named('Collection', 'name'));
  expect(Object.keys(READABLE_CALLS).sort()).toEqual(named('ReadableCollection', 'name'));
  expect(Object.keys(SNAPSHOT_CALLS).sort()).toEqual(named('Snapshot', 'generation', 'release', '[Symbol.dispose]'));
  expect(Object.keys(QUARANTINE_CALLS).sort()).toEqual(named('Quarantine'));
  expect(Object.keys(AUDIT_CALLS).sort()).toEqual(named('Audit'));
});

describe('after the end', () => {
  test('of the store every method says so; closing again, and listeners, do nothing', async () => {
    await misused.store.close();
    for (const [name, call] of calls()) {
      expect([name, await failureOf(call)]).toMatchObject([name, { code: 'STORE_CLOSED' }]);
    }
    await misused.store.close();
    await misused.store[Symbol.asyncDispose]();
    const listener = () => expect.unreachable('nothing is told');
    misused.store.on('generation', listener).off('generation', listener);
    snapshot.release();
    misused.store = await openStore(misused.path);
    await misused.expectSound();
  });

  test('of a snapshot its methods say so, and those of the store go on', async () => {
    snapshot.release();
    snapshot.release();
    for (const [name, call] of calls().filter(([name]) => name.startsWith('snapshot'))) {
      expect([name, await failureOf(call)]).toMatchObject([name, { code: 'STORE_CLOSED' }]);
    }
    expect(await rows.get(1)).toBeDefined();
    await misused.expectSound();
  });
});

describe('out of turn', () => {
  test('within the callback of a transaction', async () => {
    const outcomes: Promise<readonly [string, unknown]>[] = [];
    await misused.store.transaction((tx) => {
      tx.collection('rows').put({ id: 3, tag: 'c' });
      for (const [name, call] of calls()) outcomes.push(failureOf(call).then((error) => [name, error]));
    });
    const failed = (await Promise.all(outcomes)).filter(([, error]) => error !== undefined);
    expect(failed.filter(([, error]) => !isTyped(error))).toEqual([]);
    const within = failed.filter(([, error]) => /within the callback of another one/.test(String(error)));
    expect(within.map(([name]) => name)).toEqual(
      expect.arrayContaining([
        'store.transaction',
        'store.transactionSync',
        'collection.put',
        'collection.deleteRange',
      ]),
    );
    await expectUsable();
  });

  test('from a listener, all at once', async () => {
    const failures = new Promise<unknown[]>((resolve) => {
      const listener = () => {
        misused.store.off('generation', listener);
        resolve(Promise.all(calls().map(([, call]) => failureOf(call))));
      };
      misused.store.on('generation', listener);
    });
    await rows.put({ id: 3, tag: 'c' });
    expect((await failures).filter((error) => !isTyped(error))).toEqual([]);
    await expectUsable();
  });

  test('from a listener that closes the store', async () => {
    const failures = new Promise<unknown[]>((resolve) => {
      const { store } = misused;
      const listener = () => {
        store.off('generation', listener);
        const under = calls().map(([, call]) => failureOf(call));
        resolve(Promise.all([store.close(), ...under]));
      };
      store.on('generation', listener);
    });
    await rows.put({ id: 3, tag: 'c' });
    expect((await failures).filter((error) => !isTyped(error))).toEqual([]);
    await expectUsable();
  });
});
