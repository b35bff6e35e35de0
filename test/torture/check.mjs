// What a store holds, read in every way there is, and whether that is what it must hold after a crash. Imported by the
// tests, and a program of its own for stores so broken that reading them may end the process:
//
//   node check.mjs <store> <seed> <round, JSON> <acknowledged N> <its generation>

import { deepStrictEqual as deepEqual } from 'node:assert/strict';
import { pathToFileURL } from 'node:url';
import { openStore } from '../../dist/src/index.js';
import { files } from '../../dist/src/store/files/file-blobs.js';
import { LmdbCatalog } from '../../dist/src/store/lmdb/catalog.js';
import { findLeftovers } from '../../dist/src/store/lock/sweep.js';
import { digest, History, INDEX, INDEX_VALUES, MARKER } from './model.mjs';

/**
 * @typedef {{ n: number, generation: number }} Acknowledged the last operation acknowledged, and the generation then
 * @typedef {{ records: Map<number, string>, marker: number, generation: number }} Contents
 */

/**
 * Opens a store for writing, which collects what a crash left behind, and reads all of it.
 * @param {string} directory
 * @returns {Promise<Contents>}
 * @throws where two ways of reading differ
 */
export async function readStore(directory) {
  const store = await openStore(directory);
  try {
    const { generation } = store.stat();
    /** @type {Map<number, string>} */
    const records = new Map();
    if (!store.collections().includes('records')) return { records, marker: 0, generation };
    const collection = store.collection('records');
    for await (const { text } of collection.scanText()) records.set(JSON.parse(text).id, text);
    /** @param {string} what @param {Map<number, string>} other */
    const expectSame = (what, other) => {
      if (digest(other) !== digest(records)) throw new Error(`${what} gives other records than scan`);
    };
    /** @type {Map<number, string>} */
    const ranged = new Map();
    for await (const { key, text } of collection.rangeText()) ranged.set(Number(key), text);
    expectSame('range', ranged);
    const ids = [...records.keys()];
    const got = await collection.getMany(ids);
    expectSame('getMany', new Map(ids.map((id, i) => [id, JSON.stringify(got[i])])));
    /** @type {Map<number, string>} */
    const found = new Map();
    for (let value = 0; value < INDEX_VALUES; value++) {
      for await (const { text } of collection.findText(INDEX, value)) found.set(JSON.parse(text).id, text);
    }
    expectSame('find', found);
    if (collection.count() !== records.size) throw new Error(`count is ${collection.count()}, not ${records.size}`);
    const marker = records.get(MARKER);
    return { records, marker: marker === undefined ? 0 : JSON.parse(marker).n, generation };
  } finally {
    await store.close();
  }
}

/**
 * The store holds exactly what it held after the last acknowledged operation, or after the one that was under way.
 * @param {string} directory
 * @param {History} history
 * @param {Acknowledged} acknowledged
 * @returns {Promise<number>} the operation it stands at
 */
export async function checkAfterCrash(directory, history, acknowledged) {
  const { records, marker, generation } = await readStore(directory);
  if (generation < acknowledged.generation) {
    throw new Error(`generation ${acknowledged.generation} was acknowledged, the store is at ${generation}`);
  }
  const { n } = acknowledged;
  const stands = digest(records);
  for (const possible of [n + 1, n]) if (stands === digest(history.state(possible))) return possible;
  throw new Error(`operation ${n} was acknowledged; the store holds what ${marker} put last, and not what it should`);
}

/**
 * The store holds what it held after some operation: what was acknowledged before its last sync may be lost, the last ones
 * first.
 * @param {string} directory
 * @param {History} history
 * @param {number} from the operation it stood at before the crash's run began
 * @param {Acknowledged} acknowledged
 * @returns {Promise<number>} the operation it stands at
 */
export async function checkWholeAfterCrash(directory, history, from, { n }) {
  const stands = digest((await readStore(directory)).records);
  for (let possible = n + 1; possible >= from; possible--) {
    if (stands === digest(history.state(possible))) return possible;
  }
  throw new Error(`the store holds what it held after none of the operations ${from} to ${n + 1}`);
}

/**
 * Nothing is in a store that nothing names: after a crash it has been opened for writing, and nobody uses it.
 * @param {string} directory
 */
export async function expectClean(directory) {
  const catalog = await LmdbCatalog.open(directory, { create: false, readOnly: true });
  try {
    const found = {
      ...findLeftovers(catalog, { directory, blobs: files }),
      lock: catalog.lock(),
      garbage: catalog.garbage(),
    };
    const nothing = { trees: [], files: [], temporary: [], garbage: { files: [], trees: [], inline: [] } };
    deepEqual(JSON.parse(JSON.stringify(found)), nothing, 'something was left behind');
  } finally {
    await catalog.close();
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [directory, seed, round, n, generation] = /** @type {[string, string, string, string, string]} */ (
    process.argv.slice(2)
  );
  const history = new History(seed, JSON.parse(round));
  console.log(await checkAfterCrash(directory, history, { n: Number(n), generation: Number(generation) }));
}
