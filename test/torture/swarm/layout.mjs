// What is in a store of the swarm, and how its records are made.

import { openStore } from '../../../dist/src/index.js';
import { BANK, newBank, paddingOf, recordsOf } from './bank.mjs';

/**
 * `owned`: each record is changed by one process at a time, which knows its version. `published`: everybody imports into
 * it; what is imported together has one tag and a marker that lists its keys.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const COLLECTIONS = { ...BANK, owned: ['group'], published: ['group'] };

/** Options of imports into `owned` and `published`. */
export const IMPORTED = { key: 'id', indexes: ['group'] };

/** Keys of `published` that several imports have. */
export const SHARED_KEYS = 40;

const GROUPS = 5;

/** The record of a version: a put and a patch of it come to the same. @param {string} id @param {number} version */
export const ownedRecord = (id, version) => ({
  id,
  group: version % GROUPS,
  version,
  padding: paddingOf(`${id}/${version}`),
});

/** What one import publishes. @param {string} tag @param {readonly string[]} keys @param {string} mode */
export function publication(tag, keys, mode) {
  const records = keys.map((id, i) => ({ id, group: i % GROUPS, tag, padding: paddingOf(id + tag) }));
  return [...records, { id: markerOf(tag), group: 0, tag, mode, keys }];
}

/** @param {string} tag */
export const markerOf = (tag) => `marker ${tag}`;

/** @param {string} directory */
export async function createStore(directory) {
  const store = await openStore(directory, { config: false, hotSet: false });
  await store.transaction((tx) => {
    for (const [name, indexes] of Object.entries(COLLECTIONS)) tx.createCollection(name, { key: 'id', indexes });
    for (const [name, records] of Object.entries(recordsOf(newBank()))) {
      for (const record of records) tx.collection(name).put(record);
    }
    tx.collection('base').put({ id: 'sequence', n: 0 });
  });
  await store.close();
}
