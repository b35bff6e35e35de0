// A collection that one process at a time changes in every way there is, step after step, and what each step makes of it:
// the oracle is a state of plain objects. Unlike the other collections it depends on the order of all steps: records of
// imports, and what became of them by transactions, which a later import keeps, drops or refuses to replace.
//
// "base": what the imports gave. "edits": what transactions made of it since. The rules are those of docs/updates.md.

import { isDeepStrictEqual } from 'node:util';

/** @typedef {import('./types.js').Stored} Stored */
/** @typedef {import('./types.js').Step} Step */
/** @typedef {import('./types.js').EditChange} EditChange */
/** @typedef {import('./types.js').EditedState} EditedState */
/** @typedef {import('./types.js').Edit} Edit */

/** Indexes of every import, and the one that is created and dropped. */
export const EDITED_INDEXES = /** @type {const} */ (['group', 'owner']);
export const EXTRA_INDEX = 'extra';

/** Records that every import brings, in the same order and unchanged, and that nothing else touches: readers page through them. */
export const STAYING = 30;
const STAYING_GROUPS = 3;

/** In every import, and never edited: two states before and after an import are never equal. */
export const EDITED_MARKER = 'marker';

/** @type {EditedState} */
export const NO_STATE = { exists: false, records: {}, edits: {}, files: {}, extra: false, epoch: 0 };

/**
 * The records that belong to every import. Their groups are their own, so that no edited record is among them.
 * @param {string} step that brings them @param {number} epoch how often the collection was cleared
 * @returns {Stored[]}
 */
export function stayingRecords(step, epoch) {
  const staying = Array.from({ length: STAYING }, (_, i) => stayingId(i)).map((id, i) => {
    return { id, group: `stay ${i % STAYING_GROUPS}`, owner: 0, extra: id, epoch };
  });
  return [...staying, { id: EDITED_MARKER, group: 'marker', owner: 1, extra: step }];
}

/** @param {number} i */
export const stayingId = (i) => `stay ${String(i).padStart(2, '0')}`;

/**
 * What a step makes of a state. @param {EditedState} state @param {Step} step
 * @returns {{ readonly state: EditedState, readonly refused?: string }} `refused`: the code it must fail with, changing nothing
 */
export function stepped(state, step) {
  switch (step.kind) {
    case 'changes':
      return { state: step.changes.reduce(changed, state) };
    case 'burst':
      return { state: step.changes.filter((_, i) => step.done?.includes(i) ?? true).reduce(changed, state) };
    case 'delete range':
      return {
        state: Object.keys(state.records)
          .filter((key) => key >= step.from && key < step.to)
          .reduce((before, key) => changed(before, { key }), state),
      };
    case 'import':
      return imported(state, step);
    case 'sync':
      return { state: synced(state, step.files) };
    case 'clear':
      return { state: { ...state, records: {}, edits: {}, files: {}, epoch: state.epoch + 1 } };
    default:
      return { state: { ...state, extra: step.kind === 'create index' } };
  }
}

/**
 * All states that steps may have left whose outcome is in doubt.
 * @param {EditedState} state @param {readonly Pick<import('./types.js').PlayedStep, 'step' | 'hasFailed'>[]} doubts
 * @returns {readonly { readonly state: EditedState, readonly done: readonly (Step | undefined)[] }[]} `done`: what was, of each
 */
export function possible(state, [doubt, ...others]) {
  if (doubt === undefined) return [{ state, done: [] }];
  return [undefined, ...partsOf(doubt)].flatMap((part) => {
    const after = part === undefined ? state : stepped(state, part).state;
    return possible(after, others).map((rest) => ({ state: rest.state, done: [part, ...rest.done] }));
  });
}

/**
 * Calls that were not waited for take effect in their order: of a process that was killed, the first few. Those that failed,
 * for want of room, are left out.
 * @param {Pick<import('./types.js').PlayedStep, 'step' | 'hasFailed'>} doubt @returns {readonly Step[]}
 */
function partsOf({ step, hasFailed }) {
  if (step.kind !== 'burst') return [step];
  /** @type {number[][]} */
  let parts = [[]];
  for (const i of step.changes.keys()) {
    parts = parts.flatMap((part) => (hasFailed || part.length === i ? [part, [...part, i]] : [part]));
  }
  return parts.filter(({ length }) => length > 0).map((done) => ({ ...step, done }));
}

/** @param {EditedState} state @param {EditChange} change @returns {EditedState} */
function changed({ records, edits, ...rest }, { key, value, patch }) {
  const known = edits[key];
  // Whether an import gave it a record, as far as is known.
  const isOfImport = known === undefined ? key in records : known.isOfImport;
  const { [key]: before, ...others } = records;
  const { [key]: _, ...otherEdits } = edits;
  if (value !== undefined) {
    return {
      ...rest,
      records: { ...others, [key]: value },
      edits: { ...otherEdits, [key]: { kind: 'put', isOfImport } },
    };
  }
  if (patch !== undefined) {
    if (before === undefined) return { ...rest, records, edits };
    const patches = known === undefined ? [patch] : known.patches && [...known.patches, patch];
    /** @type {Edit} */
    const edit = patches === undefined ? { kind: 'put', isOfImport } : { kind: 'patch', patches, isOfImport };
    return { ...rest, records: { ...others, [key]: { ...before, ...patch } }, edits: { ...otherEdits, [key]: edit } };
  }
  if (before === undefined) return { ...rest, records, edits };
  return {
    ...rest,
    records: others,
    edits: isOfImport ? { ...otherEdits, [key]: { kind: 'delete', isOfImport } } : otherEdits,
  };
}

/** @param {EditedState} state @param {Extract<Step, { kind: 'import' }>} step */
function imported(state, { mode, changes, records }) {
  const incoming = recordsById(records);
  const touched = Object.keys(state.edits).filter((key) => mode === 'replace' || key in incoming);
  if (mode === 'insert' && Object.keys(incoming).some((key) => key in state.records)) {
    return { state, refused: 'DUPLICATE_KEY' };
  }
  if (changes === 'refuse' && touched.length > 0) return { state, refused: 'COLLECTION_EDITED' };
  const found = mode === 'replace' ? incoming : { ...state.records, ...incoming };
  return { state: settled({ ...state, exists: true, records: found }, state.records, incoming, touched, changes) };
}

/** What has changed in the files is imported; changes are kept. @param {EditedState} state @param {Record<string, readonly Stored[]>} files @returns {EditedState} */
function synced(state, files) {
  const found = { ...state.records };
  /** @type {Stored[]} */
  const incoming = [];
  for (const [name, before] of Object.entries(state.files)) {
    const now = files[name] ?? [];
    const isGrown = before.every((record, i) => isDeepStrictEqual(record, now[i]));
    if (isGrown) continue;
    for (const { id } of before) if (!(id in state.edits)) delete found[id];
  }
  for (const [name, now] of Object.entries(files)) {
    const before = state.files[name] ?? [];
    const isGrown = before.every((record, i) => isDeepStrictEqual(record, now[i]));
    incoming.push(...(isGrown ? now.slice(before.length) : now));
  }
  const byId = recordsById(incoming);
  const touched = Object.keys(state.edits).filter((key) => key in byId);
  const records = { ...found, ...byId };
  return settled({ ...state, exists: true, records, files }, state.records, byId, touched, 'keep');
}

/**
 * Makes the changes again to the records that an import has replaced, or gives them up.
 * @param {EditedState} state with the records of the import @param {EditedState['records']} before
 * @param {EditedState['records']} incoming @param {readonly string[]} touched @param {string} changes @returns {EditedState}
 */
function settled(state, before, incoming, touched, changes) {
  const records = { ...state.records };
  const edits = { ...state.edits };
  for (const key of touched) {
    const edit = /** @type {Edit} */ (edits[key]);
    const [edited, isOfImport] = [before[key], key in incoming];
    // A deletion stays written down until an import has the record again.
    if (changes === 'keep' && edited === undefined && !isOfImport) continue;
    delete edits[key];
    if (changes !== 'keep') continue;
    if (edited === undefined) {
      delete records[key];
      edits[key] = { kind: 'delete', isOfImport };
    } else if (edit.kind === 'patch' && isOfImport) {
      records[key] = Object.assign({}, incoming[key], ...(edit.patches ?? []));
      edits[key] = { ...edit, isOfImport };
    } else {
      records[key] = edited;
      edits[key] = { kind: 'put', isOfImport };
    }
  }
  return { ...state, records, edits };
}

/** @param {readonly Stored[]} records @returns {Record<string, Stored>} */
const recordsById = (records) => Object.fromEntries(records.map((record) => [record.id, record]));
