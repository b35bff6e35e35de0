// What an edited collection holds, and whether that is the state that it must be in (edits.mjs).

import { isDeepStrictEqual } from 'node:util';
import { checkCollection } from './check.mjs';
import { EDITED_INDEXES, EXTRA_INDEX, NO_STATE, possible, stepped } from './edits.mjs';

/** @typedef {{ readonly exists: boolean, readonly records: import('./check.mjs').Records, readonly extra: boolean }} Held */
/** @typedef {import('./types.js').EditedState} EditedState */

/**
 * @param {import('./types.js').View & { collections(): readonly string[] }} view one state @param {string} name
 * @param {import('./check.mjs').Wrong} wrong @returns {Promise<Held>}
 */
export async function readEdited(view, name, wrong) {
  if (!view.collections().includes(name)) return { exists: false, records: new Map(), extra: false };
  const collection = /** @type {import('./types.js').Readable} */ (view.collection(name));
  const extra = collection.stat().indexes.some(({ path }) => path === EXTRA_INDEX);
  const indexes = extra ? [...EDITED_INDEXES, EXTRA_INDEX] : EDITED_INDEXES;
  return { exists: true, records: await checkCollection(collection, indexes, wrong), extra };
}

/** @param {Held} held @param {EditedState} state */
export function isState({ exists, records, extra }, state) {
  return (
    exists === state.exists &&
    extra === state.extra &&
    isDeepStrictEqual(Object.fromEntries(records), { ...state.records })
  );
}

/** How the two differ, for people. @param {Held} held @param {EditedState} state */
export function differenceOf({ exists, records, extra }, state) {
  const keys = [...new Set([...records.keys(), ...Object.keys(state.records)])].map(String);
  const differ = keys.filter((key) => !isDeepStrictEqual(records.get(key), state.records[key]));
  const first = differ
    .slice(0, 4)
    .map((key) => ({ key, is: records.get(key), expected: state.records[key], edit: state.edits[key] }));
  return {
    is: { exists, extra, records: records.size },
    expected: { exists: state.exists, extra: state.extra },
    differ: differ.length,
    first,
  };
}

/** The states that a collection may be in after steps of which some are in doubt. @param {readonly import('./types.js').PlayedStep[]} steps @returns {readonly EditedState[]} */
export function statesAfter(steps) {
  /** @type {readonly EditedState[]} */
  let states = [NO_STATE];
  for (const played of steps) {
    states = states.flatMap((state) =>
      played.outcome === 'doubt'
        ? possible(state, [played]).map((one) => one.state)
        : stepped(state, played.step).state,
    );
  }
  return states;
}

/** The steps that were played, by collection. @param {Iterable<import('./types.js').Operation>} operations */
export function stepsOf(operations) {
  /** @type {Record<string, import('./types.js').PlayedStep[]>} */
  const steps = {};
  for (const { id, edited, outcome, code } of operations) {
    if (edited === undefined || outcome === 'undone') continue;
    steps[edited.collection] ??= [];
    steps[edited.collection]?.push({ id, step: edited.step, outcome, hasFailed: code !== undefined });
  }
  return steps;
}
