// What holds in every state of the store, whoever looks at it and when: in a snapshot, a backup, at the end.

import { isDeepStrictEqual } from 'node:util';
import { folded, recordsOf } from './bank.mjs';
import { COLLECTIONS, markerOf } from './layout.mjs';

/** @typedef {import('./types.js').Stored} Stored */
/** @typedef {(what: string, facts: unknown) => void} Wrong */
/** @typedef {Map<string | number, Stored>} Records */

/**
 * Reads everything in every way there is.
 * @param {import('./types.js').View} view one state @param {Wrong} wrong told of what must not be
 */
export async function checkState(view, wrong) {
  /** @type {Record<string, Records>} */
  const contents = {};
  for (const [name, indexes] of Object.entries(COLLECTIONS)) {
    contents[name] = await checkCollection(/** @type {any} */ (view.collection(name)), indexes, wrong);
  }
  checkBank(contents, wrong);
  checkPublications(/** @type {Records} */ (contents.published), wrong);
  return contents;
}

/**
 * Scan, count, ranges and lookups of one collection give the same records.
 * @param {import('./types.js').Readable} collection @param {readonly string[]} indexes @param {Wrong} wrong
 * @returns {Promise<Records>}
 */
export async function checkCollection(collection, indexes, wrong) {
  const { name } = collection;
  /** @type {Records} */
  const records = new Map();
  for await (const { value } of collection.scan()) {
    if (records.has(value.id)) wrong('a key twice in a scan', { name, id: value.id });
    records.set(value.id, value);
  }
  if (collection.count() !== records.size) {
    wrong('count is not what scan gives', { name, count: collection.count(), scanned: records.size });
  }
  for (const index of [undefined, ...indexes]) {
    const seen = new Set();
    for await (const { key, value } of collection.range(index === undefined ? {} : { index })) {
      seen.add(value.id);
      const isOf = value[index ?? 'id'] === key && isDeepStrictEqual(value, records.get(value.id));
      if (!isOf) wrong('range gives another record than scan', { name, index, key, value });
    }
    if (seen.size !== records.size) wrong('range misses records', { name, index, ...missingIn(seen, records) });
  }
  const keys = [...records.keys()];
  const found = await collection.getMany(keys);
  const differs = found.findIndex((value, i) => !isDeepStrictEqual(value, records.get(/** @type {any} */ (keys[i]))));
  if (differs !== -1) wrong('getMany differs from scan', { name, key: keys[differs], is: found[differs] });
  return records;
}

/** @param {Set<unknown>} seen @param {Records} records */
const missingIn = (seen, records) => ({
  missing: [...records.keys()].filter((id) => !seen.has(id)).slice(0, 5),
  is: seen.size,
  scanned: records.size,
});

/** The collections are what the ledger says. @param {Record<string, Records>} contents @param {Wrong} wrong */
function checkBank({ base, ledger, ...rest }, wrong) {
  const { state, isWhole } = folded(valuesOf(base), valuesOf(ledger));
  if (!isWhole) wrong('the ledger has gaps', { numbers: [...valuesOf(ledger)].map(({ sequence }) => sequence).sort() });
  for (const [name, expected] of Object.entries(recordsOf(state))) {
    const records = rest[name] ?? new Map();
    if (records.size !== expected.length)
      wrong('the bank differs from its ledger', { name, is: records.size, expected: expected.length });
    for (const record of expected) {
      if (isDeepStrictEqual(records.get(record.id), record)) continue;
      wrong('the bank differs from its ledger', { name, is: records.get(record.id), expected: record });
    }
  }
}

/** @param {Records | undefined} records */
const valuesOf = (records) => (records ?? new Map()).values();

/**
 * Every import is there as a whole: of two that have keys in common, one has all of these.
 * @param {Records} records @param {Wrong} wrong
 */
function checkPublications(records, wrong) {
  for (const { id, tag } of records.values()) {
    if (!records.has(markerOf(String(tag)))) wrong('a record without the marker of its import', { id, tag });
  }
  const overwrote = new Set();
  for (const { id, tag, keys } of records.values()) {
    if (id !== markerOf(String(tag))) continue;
    for (const key of /** @type {string[]} */ (keys)) {
      const other = records.get(key)?.tag;
      if (other === tag) continue;
      const marker = records.get(markerOf(String(other)));
      if (!(/** @type {any} */ (marker?.keys)?.includes(key))) wrong('half an import', { tag, key, other });
      if (overwrote.has(`${tag} ${other}`)) wrong('two imports are mixed', { tag, other });
      overwrote.add(`${other} ${tag}`);
    }
  }
}
