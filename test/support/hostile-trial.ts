// What is done with a store that somebody made: every read, check and change of the library. Each may succeed or refuse with
// an error that has a code; anything else, and any file outside, is what is looked for.

import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ERROR_CODES, openStore, repairStore, type Store, type TransactionCollection } from '../../dist/src/index.js';
import type { KeyValue } from '../../src/keys/encode.js';
import { valuesOf } from './rows.js';

/** A key that every collection here may have, and one that none has. */
const KEYS: readonly KeyValue[] = [0, 3, 17, 399, 'n1', 'absent'];
const RANGE_MAX = 2000;

/** Failures without a code, by what was done; names of files that should not be there. */
export interface Outcome {
  readonly failed: string[];
  /** Operations that were done without an error. */
  readonly done: Set<string>;
}

class Trial {
  readonly failed: string[] = [];
  readonly done = new Set<string>();

  async attempt(name: string, work: () => unknown): Promise<void> {
    try {
      await work();
      this.done.add(name);
    } catch (error) {
      const code = (error as { code?: string }).code;
      // Keys of these tests, in a collection that hostile origins have made.
      if (error instanceof TypeError && error.message.includes(' has no key')) return;
      const isTyped = (error as Error).name === 'GristmillError' && ERROR_CODES.includes(code as never);
      if (!isTyped) this.failed.push(`${name}: ${(error as Error).stack}`);
    }
  }
}

async function drain(items: AsyncIterable<unknown>): Promise<void> {
  let left = RANGE_MAX;
  for await (const _ of items) if (--left === 0) return;
}

/** Reads in all ways. */
async function readAll(store: Store, trial: Trial): Promise<void> {
  for (const name of store.collections()) {
    let opened: ReturnType<Store['collection']> | undefined;
    await trial.attempt('collection', () => {
      opened = store.collection(name);
    });
    if (opened === undefined) continue;
    const collection = opened as ReturnType<Store['collection']>;
    for (const key of KEYS) {
      await trial.attempt('getSync', () => collection.getSync(key));
      await trial.attempt('get', () => collection.get(key));
      await trial.attempt('has', () => collection.has(key));
    }
    await trial.attempt('getMany', () => collection.getMany([...KEYS]));
    await trial.attempt('range', () => drain(collection.range()));
    await trial.attempt('range backwards', () => drain(collection.range({ reverse: true })));
    await trial.attempt('bounded range', () => drain(collection.rangeText({ gte: 3, lt: 300 })));
    await trial.attempt('find', () => drain(valuesOf(collection.find('tags', 't1'))));
    await trial.attempt('range of an index', () => drain(collection.range({ index: 'tags' })));
    await trial.attempt('scan', () => drain(collection.scan()));
    await trial.attempt('warm', () => store.warm({ collection: name } as never));
  }
}

/** Changes in all ways. */
async function changeAll(store: Store, trial: Trial): Promise<void> {
  const change = (work: (records: TransactionCollection<unknown>) => void) =>
    store.transaction((transaction) => work(transaction.collection('records')));
  await trial.attempt('put', () => change((records) => records.put({ id: 3, tags: ['t3'] })));
  await trial.attempt('put a new one', () => change((records) => records.put({ id: 100_000, tags: ['t9'] })));
  await trial.attempt('patch', () => change((records) => records.patch(17, { name: 'x' })));
  await trial.attempt('delete', () => change((records) => records.delete(399)));
  const source = join(dirname(store.directory), 'more.ndjson');
  writeFileSync(source, '{"id":5,"tags":["t5"]}\n{"id":500,"tags":["t0"]}\n');
  const options = { collection: 'records', key: 'id', indexes: ['tags'], workers: 1, wait: false } as const;
  await trial.attempt('upsert', () => store.import(source, { ...options, mode: 'upsert' } as never));
  await trial.attempt('insert', () =>
    store.import(source, { ...options, mode: 'insert', onDuplicate: 'first' } as never),
  );
  await trial.attempt('compact', () => store.compact({ minDeadShare: 0 }));
}

/** All that is done with the store in `directory`, which is the only one in its parent. */
export async function tryAll(directory: string, work: 'read' | 'change' | 'repair'): Promise<Outcome> {
  const trial = new Trial();
  const parent = dirname(directory);
  const before = readdirSync(parent);
  if (work === 'repair') {
    await trial.attempt('repair', () => repairStore(directory, { workers: 1 }));
    if (existsSync(join(directory, 'index'))) await tryOpen(directory, true, trial, readAll);
  } else if (work === 'read') {
    await tryOpen(directory, true, trial, readAll);
    await tryOpen(directory, true, trial, async (store) => {
      await trial.attempt('verify', () => store.verify({ workers: 1 }));
    });
  } else {
    await tryOpen(directory, false, trial, changeAll);
  }
  const added = readdirSync(parent).filter((name) => !before.includes(name) && name !== 'more.ndjson');
  if (added.length > 0) trial.failed.push(`files outside: ${added.join(', ')}`);
  return trial;
}

async function tryOpen(
  directory: string,
  readOnly: boolean,
  trial: Trial,
  work: (store: Store, trial: Trial) => Promise<void>,
): Promise<void> {
  let store: Store | undefined;
  await trial.attempt('open', async () => {
    store = await openStore(directory, { readOnly, hotSet: false, recordCacheBytes: 1 << 20 } as never);
  });
  if (store === undefined) return;
  try {
    await work(store, trial);
  } finally {
    await trial.attempt('close', () => store!.close());
  }
}
