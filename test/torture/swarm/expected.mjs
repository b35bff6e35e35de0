// What the driver's model allows a store to hold at the end of a round.

import { isDeepStrictEqual } from 'node:util';
import { differenceOf, isState, readEdited, statesAfter, stepsOf } from './edited-state.mjs';
import { markerOf, ownedRecord } from './layout.mjs';

/** @typedef {import('./types.js').Played} Played */
/** @typedef {import('./check.mjs').Wrong} Wrong */
/** @typedef {Record<string, import('./check.mjs').Records>} Contents */

/** Milliseconds that reads and acknowledgements may be apart: reads look again every ten. */
const LATE = 25;

/** What was acknowledged is there, what was undone is not. @param {Played} played @param {Contents} contents @param {Wrong} wrong */
export function checkPresence({ operations }, { ledger, published }, wrong) {
  const known = new Map(operations.map((operation) => [operation.id, operation]));
  for (const { id, outcome, change } of operations) {
    if (change === undefined) continue;
    if (outcome === 'done' && !ledger?.has(id)) wrong('an acknowledged transaction is lost', { id, change });
    if (outcome === 'undone' && ledger?.has(id)) wrong('a transaction that failed is there', { id, change });
  }
  for (const id of ledger?.keys() ?? []) {
    if (known.get(String(id))?.change === undefined) wrong('a transaction that nobody began', { id });
  }
  const replacing = operations.filter(
    ({ published, outcome }) => published?.mode === 'replace' && outcome !== 'undone',
  );
  for (const operation of operations) {
    if (operation.published === undefined) continue;
    const isThere = published?.has(markerOf(operation.published.tag));
    if (operation.outcome === 'undone' && isThere) wrong('an import that failed is there', operation);
    if (operation.outcome !== 'done' || isThere) continue;
    // Replaced by one that ended after it began.
    const isReplaced = replacing.some(
      (other) => other !== operation && (other.outcome === 'doubt' || Number(other.ended) > operation.began),
    );
    if (!isReplaced) wrong('an acknowledged import is lost', operation);
  }
}

/**
 * Each owned record has the version it surely has. Where nobody knows whether an operation has happened, all of it has or
 * nothing has, and if it is in the ledger it has.
 * @param {Played} played @param {Contents} contents @param {Wrong} wrong
 */
export function checkOwned({ owned: before, operations }, { owned, ledger }, wrong) {
  const sure = new Map(Object.entries(before));
  /** @param {string} key @param {number} version */
  const isAt = (key, version) => {
    const record = owned?.get(key);
    return version === 0 ? record === undefined : isDeepStrictEqual(record, ownedRecord(key, version));
  };
  const doubts = [];
  for (const operation of operations) {
    if (operation.owned === undefined || operation.outcome === 'undone') continue;
    if (operation.outcome === 'done')
      for (const [key, version] of Object.entries(operation.owned)) sure.set(key, version);
    else doubts.push({ operation, changes: Object.entries(operation.owned) });
  }
  for (const { operation, changes } of doubts) {
    const isNew = changes.every(([key, version]) => isAt(key, version));
    const isOld = changes.every(([key]) => isAt(key, sure.get(key) ?? 0));
    const isWrong = operation.change !== undefined && !(ledger?.has(operation.id) ? isNew : isOld);
    if (changes.length > 0 && ((!isNew && !isOld) || isWrong)) {
      const is = changes.map(([key]) => owned?.get(key)?.version ?? 0);
      wrong('an operation was half done', { operation, is, inLedger: ledger?.has(operation.id) });
    }
    for (const [key] of changes) sure.delete(key);
  }
  const doubtful = new Set(doubts.flatMap(({ changes }) => changes.map(([key]) => key)));
  for (const [key, version] of sure) {
    if (!isAt(key, version))
      wrong('an acknowledged change is lost', { key, version, is: owned?.get(key), by: lastOf(operations, key) });
  }
  for (const key of owned?.keys() ?? []) {
    if (!sure.has(String(key)) && !doubtful.has(String(key))) wrong('a record that nobody put', { key });
  }
}

/** @param {Played['operations']} operations @param {string} key */
const lastOf = (operations, key) => operations.findLast(({ owned }) => owned !== undefined && key in owned);

/**
 * Each edited collection is what its steps make of it.
 * @param {Played} played @param {Parameters<typeof readEdited>[0]} view @param {Wrong} wrong
 */
export async function checkEdited({ operations }, view, wrong) {
  for (const [collection, steps] of Object.entries(stepsOf(operations))) {
    const held = await readEdited(view, collection, wrong);
    const states = statesAfter(steps);
    if (states.some((state) => isState(held, state))) continue;
    const last = /** @type {typeof states[number]} */ (states.at(-1));
    wrong('an edited collection is not what its steps make of it', {
      collection,
      ...differenceOf(held, last),
      last: steps.at(-1),
    });
  }
}

/** Nobody saw a counter older than its freshness allows. @param {Played} played @param {Wrong} wrong */
export function checkSights({ sights, operations, counters }, wrong) {
  /** When increments were acknowledged, by counter. @type {number[][]} */
  const counted = counters.map(() => []);
  for (const { change, outcome, ended } of operations) {
    if (change?.kind === 'count' && outcome === 'done') counted[change.counter]?.push(Number(ended));
  }
  for (const { counter, n, at, staleMs } of sights) {
    const acknowledged = (counted[counter] ?? []).filter((ended) => ended < at - staleMs - LATE).length;
    const least = (counters[counter] ?? 0) + acknowledged;
    if (n < least) wrong('a read older than its freshness', { counter, n, least, at, staleMs });
  }
}
