// Which step of an edited collection comes next: one that makes sense in the state before it.

import { paddingOf } from '../bank.mjs';
import { stayingRecords } from '../edits.mjs';

/** @typedef {import('../random.mjs').Random} Random */
/** @typedef {import('../types.js').Step} Step */
/** @typedef {import('../types.js').Stored} Stored */
/** @typedef {import('../types.js').EditChange} EditChange */
/** @typedef {import('../types.js').EditedState} EditedState */

/** Keys that are changed, and in imports. */
const KEYS = 40;
const GROUPS = 4;
const FILES_MAX = 4;
const BURST_MAX = 8;

/** @type {readonly (readonly [(random: Random, state: EditedState, id: string) => Step, number])[]} */
const CHANGES = [
  [(random, _, id) => ({ kind: 'changes', changes: anyChanges(random, id, 4) }), 6],
  [(random, _, id) => ({ kind: 'burst', changes: anyChanges(random, id, BURST_MAX) }), 4],
  [(random) => aRange(random), 0.5],
  [(_, { extra }) => ({ kind: extra ? 'drop index' : 'create index' }), 1],
  [() => ({ kind: 'clear' }), 0.3],
];

/** @type {typeof CHANGES} */
const STEPS = [...CHANGES, [replacement, 4], [upsert, 3], [insertion, 1]];
/** @type {typeof CHANGES} */
const STEPS_OF_FOLDER = [...CHANGES, [synchronisation, 8]];

/** @param {Random} random @param {EditedState} state @param {string} id of the step @returns {Step} */
export function chosenStep(random, state, id) {
  return state.exists ? random.weighted(STEPS)(random, state, id) : replacement(random, state, id);
}

/** @type {typeof chosenStep} */
export function chosenForFolder(random, state, id) {
  return state.exists ? random.weighted(STEPS_OF_FOLDER)(random, state, id) : synchronisation(random, state, id);
}

/** Whether records may be put while a step is done, with one outcome in whatever order they come. @param {Step} step @param {EditedState} state */
export function mayBeBeside(step, { exists }) {
  if (!exists) return false;
  return step.kind === 'sync' || (step.kind === 'import' && (step.mode !== 'replace' || step.changes === 'keep'));
}

/** Changes of records that no import has. @param {Random} random @param {string} id @returns {Step} */
export function chosenBeside(random, id) {
  const keys = Array.from({ length: 1 + random.below(3) }, (_, i) => `b ${id}/${i}`);
  const puts = keys.map((key) => ({ key, value: recordOf(key, id) }));
  return { kind: 'burst', changes: [...puts, { key: random.pick(keys), patch: { p0: id } }] };
}

/** @type {typeof chosenStep} */
function replacement(random, { epoch, exists }, id) {
  const changes = exists ? random.pick(/** @type {const} */ (['keep', 'keep', 'drop', 'refuse'])) : 'keep';
  const keys = anyKeys(random, 0.7);
  return {
    kind: 'import',
    mode: 'replace',
    changes,
    records: [...stayingRecords(id, epoch), ...keys.map((key) => recordOf(key, id))],
  };
}

/** @type {typeof chosenStep} */
function upsert(random, { epoch }, id) {
  const changes = random.pick(/** @type {const} */ (['keep', 'drop', 'drop', 'refuse']));
  const keys = anyKeys(random, random.pick([0.05, 0.4]));
  // What stays is not written again, but its marker is.
  const marker = stayingRecords(id, epoch).slice(-1);
  return {
    kind: 'import',
    mode: 'upsert',
    changes,
    records: [...marker, recordOf(`u ${id}`, id), ...keys.map((key) => recordOf(key, id))],
  };
}

/** @type {typeof chosenStep} */
function insertion(random, { records }, id) {
  const known = random.chance(0.2) ? Object.keys(records).slice(0, 1) : [];
  const missing = anyKeys(random, 0.3).filter((key) => !(key in records));
  const keys = [...new Set([...known, `i ${id}`, `i ${id} too`, ...missing])];
  return {
    kind: 'import',
    mode: 'insert',
    changes: random.pick(/** @type {const} */ (['keep', 'drop'])),
    records: keys.map((key) => recordOf(key, id)),
  };
}

/** Each file has keys of its own. @type {typeof chosenStep} */
function synchronisation(random, { files, edits }, id) {
  /** @type {Record<string, readonly Stored[]>} */
  const now = { 'marker.ndjson': [recordOf('marker', id), recordOf(`marker ${id}`, id)] };
  for (let i = 0; i < FILES_MAX; i++) {
    const name = `${i}.ndjson`;
    const before = files[name];
    const own = Array.from({ length: KEYS / FILES_MAX }, (_, k) => keyOf(i + k * FILES_MAX));
    const missing = own.filter((key) => before?.every((record) => record.id !== key));
    const becomes = before === undefined ? 'new' : random.pick(['same', 'same', 'grown', 'new', 'new']);
    // What becomes of patches of a record that goes depends on how much of the sources is read again.
    const kept = own.filter((key) => edits[key]?.kind === 'patch' || random.chance(0.7));
    if (before !== undefined && becomes === 'same') now[name] = before;
    else if (before !== undefined && becomes === 'grown' && missing.length > 0) {
      now[name] = [...before, recordOf(random.pick(missing), id)];
    } else if (kept.length > 1) now[name] = kept.map((key) => recordOf(key, id));
  }
  return { kind: 'sync', files: now };
}

/** @param {Random} random @returns {Step} */
function aRange(random) {
  const from = random.below(KEYS);
  return { kind: 'delete range', from: keyOf(from), to: keyOf(from + 1 + random.below(6)) };
}

/** @param {Random} random @param {string} id @param {number} most @returns {EditChange[]} */
function anyChanges(random, id, most) {
  return Array.from({ length: 1 + random.below(most) }, (_, i) => {
    const key = keyOf(random.below(KEYS));
    const version = `${id}/${i}`;
    const kind = random.below(5);
    if (kind < 2) return { key, value: recordOf(key, version) };
    if (kind === 2) return { key };
    const group = random.chance(0.3) ? { group: groupOf(version) } : {};
    return { key, patch: { [`p${random.below(3)}`]: version, ...group } };
  });
}

/** @param {Random} random @param {number} share */
const anyKeys = (random, share) => Array.from({ length: KEYS }, (_, i) => keyOf(i)).filter(() => random.chance(share));

/** @param {number} i */
const keyOf = (i) => `e ${String(i).padStart(2, '0')}`;

/** @param {string} version */
const groupOf = (version) => `group ${version.length % GROUPS}`;

/** @param {string} id @param {string} version @returns {Stored} */
const recordOf = (id, version) => ({
  id,
  group: groupOf(id + version),
  owner: id.length,
  extra: version,
  padding: paddingOf(id + version),
});
