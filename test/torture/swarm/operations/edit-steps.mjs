// Does a step of an edited collection, and compares what it is told with what the model expects.

import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EDITED_INDEXES, EXTRA_INDEX, stepped } from '../edits.mjs';
import { writeSource } from '../sources.mjs';

/** @typedef {import('../worker-state.mjs').Worker} Worker */
/** @typedef {import('../random.mjs').Random} Random */
/** @typedef {import('../types.js').Step} Step */
/** @typedef {import('../types.js').EditChange} EditChange */
/** @typedef {import('../types.js').EditedState} EditedState */

/**
 * @param {Worker} worker @param {Random} random @param {string} collection @param {Step} step
 * @param {EditedState} before the state that it finds
 */
export async function perform(worker, random, collection, step, before) {
  const { store } = worker;
  if (step.kind === 'changes') {
    await store.transaction((tx) => {
      for (const change of step.changes) made(tx.collection(collection), change);
    });
  } else if (step.kind === 'burst') {
    await burst(worker, collection, step.changes, before);
  } else if (step.kind === 'delete range') {
    const deleted = await store.collection(collection).deleteRange({ gte: step.from, lt: step.to });
    const expected = Object.keys(before.records).length - Object.keys(stepped(before, step).state.records).length;
    if (deleted !== expected) worker.wrong('deleteRange counted wrongly', { collection, step, deleted, expected });
  } else if (step.kind === 'import') {
    await runImport(worker, random, collection, step);
  } else if (step.kind === 'sync') {
    await synchronised(worker, collection, step.files);
  } else if (step.kind === 'clear') {
    await store.clear(collection);
  } else if (step.kind === 'create index') {
    await store.createIndex(collection, EXTRA_INDEX, { workers: 1 });
  } else {
    await store.dropIndex(collection, EXTRA_INDEX);
  }
}

/** @param {import('../../../../dist/src/index.js').TransactionCollection<any>} records @param {EditChange} change @returns {unknown} */
function made(records, { key, value, patch }) {
  if (value !== undefined) return records.put(value);
  return patch === undefined ? records.delete(key) : records.patch(key, patch);
}

/** Called without waiting. @param {Worker} worker @param {string} name @param {readonly EditChange[]} changes @param {EditedState} before */
async function burst(worker, name, changes, before) {
  const collection = /** @type {import('../../../../dist/src/index.js').Collection<any>} */ (
    worker.store.collection(name)
  );
  const answers = await Promise.allSettled(changes.map((change) => made(/** @type {any} */ (collection), change)));
  for (const answer of answers) if (answer.status === 'rejected') throw answer.reason;
  let state = before;
  for (const [i, change] of changes.entries()) {
    const { value } = /** @type {PromiseFulfilledResult<unknown>} */ (answers[i]);
    const expected = change.value === undefined ? change.key in state.records : change.key;
    if (value !== expected) worker.wrong('a change was answered wrongly', { name, change, value, expected });
    state = stepped(state, { kind: 'changes', changes: [change] }).state;
  }
}

/** @param {Worker} worker @param {Random} random @param {string} collection @param {Extract<Step, { kind: 'import' }>} step */
async function runImport(worker, random, collection, { mode, changes, records }) {
  const source = writeSource(join(worker.start.scratch, worker.newName()), records, random);
  const cancel = new AbortController();
  const cancelling = random.chance(0.1) ? setTimeout(() => cancel.abort(), random.below(60)) : undefined;
  const options = {
    ...{ collection, key: 'id', indexes: EDITED_INDEXES, mode, changes, signal: cancel.signal },
    ...{ workers: 1 + random.below(2) },
    ...(random.chance(0.4) && { spanBytes: random.pick([200, 2000]) }),
  };
  try {
    const { records: counts } = await worker.store.import(source, options);
    if (counts.stored !== records.length)
      worker.wrong('an import counted wrongly', { collection, counts, records: records.length });
  } finally {
    clearTimeout(cancelling);
    rmSync(source, { recursive: true, force: true });
  }
}

/** @param {Worker} worker @param {string} collection @param {Readonly<Record<string, readonly unknown[]>>} files */
async function synchronised(worker, collection, files) {
  // The next process of this slot goes on with it.
  const folder = join(worker.start.scratch, '..', collection);
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (!(name in files)) rmSync(join(folder, name));
  for (const [name, records] of Object.entries(files)) {
    writeFileSync(join(folder, name), records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  }
  // The files are complete: none is left for later because it was written just now.
  const options = { collection, key: 'id', indexes: EDITED_INDEXES, workers: 1, stabilityMs: 0 };
  const watcher = await worker.store.watch(folder, options);
  const { refused } = watcher;
  await watcher.close();
  // It would try again.
  if (refused !== undefined) throw refused;
}
