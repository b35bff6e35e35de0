// Changes of owned records, one at a time and many at a time; also for transactions over several collections, imports and commands.

import { ownedRecord } from '../layout.mjs';

/** Owned records of one process, about. */
const OWNED_MAX = 40;
const MANY_MAX = 400;

/**
 * What to make of some owned records: new ones, newer versions, deletes.
 * @param {import('../worker-state.mjs').Worker} worker @param {import('../random.mjs').Random} random @param {number} most
 * @param {boolean} deletes whether some may be deleted
 * @returns {Record<string, number>}
 */
export function newVersions(worker, random, most, deletes = true) {
  /** @type {Record<string, number>} */
  const versions = {};
  const isFull = worker.owned.size > OWNED_MAX;
  for (const [key, version] of worker.takeOwned(random, most)) {
    versions[key] = deletes && random.chance(isFull ? 0.7 : 0.2) ? 0 : version + 1;
  }
  if (isFull) return versions;
  for (let i = random.below(most + 1); i >= 0; i--) versions[worker.newName()] = 1;
  return versions;
}

/**
 * @param {import('../../../../dist/src/index.js').TransactionCollection<any>} owned
 * @param {Readonly<Record<string, number>>} versions @param {boolean} patches whether what is there is patched
 */
export function putVersions(owned, versions, patches) {
  for (const [key, version] of Object.entries(versions)) {
    if (version === 0) {
      if (!owned.delete(key)) throw new Error(`an acknowledged record is lost: ${key}`);
    } else if (!(patches && owned.patch(key, ownedRecord(key, version)))) {
      owned.put(ownedRecord(key, version));
    }
  }
}

/** @type {import('../worker-state.mjs').SwarmOperation} */
export const putOne = {
  name: 'put',
  async run(worker, random) {
    const [[key, version] = [worker.newName(), 0]] = worker.takeOwned(random, 1);
    const record = ownedRecord(key, version + 1);
    await worker.change('put', { owned: { [key]: record.version } }, () =>
      worker.store.collection('owned').put(record),
    );
  },
};

/** Many more than one page of an index takes. @type {import('../worker-state.mjs').SwarmOperation} */
export const putMany = {
  name: 'put many',
  async run(worker, random) {
    const owned = newVersions(worker, random, MANY_MAX);
    await worker.change('put many', { owned }, () =>
      worker.store.transaction((tx) => putVersions(tx.collection('owned'), owned, false)),
    );
  },
};

/** @type {import('../worker-state.mjs').SwarmOperation} */
export const patchOne = {
  name: 'patch',
  async run(worker, random) {
    for (const [key, version] of worker.takeOwned(random, 1)) {
      const record = ownedRecord(key, version + 1);
      const work = () => worker.store.collection('owned').patch(key, record);
      if (!(await worker.change('patch', { owned: { [key]: record.version } }, work))) lost(worker, key);
    }
  },
};

/** @type {import('../worker-state.mjs').SwarmOperation} */
export const deleteOne = {
  name: 'delete',
  async run(worker, random) {
    for (const [key] of worker.takeOwned(random, 1)) {
      const work = () => worker.store.collection('owned').delete(key);
      if (!(await worker.change('delete', { owned: { [key]: 0 } }, work))) lost(worker, key);
    }
  },
};

/** @param {import('../worker-state.mjs').Worker} worker @param {string} key */
const lost = (worker, key) => worker.wrong('an acknowledged record is lost', { key });
