// Steps of a collection that this slot alone changes (edits.mjs), done one after another while other lanes and processes
// work on other collections, read this one and compact it. A step that nobody answered is settled by looking, before the
// next one.

import { setTimeout } from 'node:timers/promises';
import { differenceOf, isState, readEdited } from '../edited-state.mjs';
import { possible, stepped } from '../edits.mjs';
import { Refused } from '../worker-state.mjs';
import { chosenBeside, chosenForFolder, chosenStep, mayBeBeside } from './edit-choices.mjs';
import { perform } from './edit-steps.mjs';

/** @typedef {import('../worker-state.mjs').Worker} Worker */
/** @typedef {import('../random.mjs').Random} Random */

/** @type {import('../worker-state.mjs').SwarmOperation} */
export const edit = { name: 'edit', run: (worker, random) => play(worker, random, 'edited', chosenStep) };

/** @type {import('../worker-state.mjs').SwarmOperation} */
export const synchronise = {
  name: 'synchronise',
  run: (worker, random) => play(worker, random, 'synced', chosenForFolder),
};

/** @param {Worker} worker @param {Random} random @param {string} kind of collection @param {typeof chosenStep} choose */
async function play(worker, random, kind, choose) {
  const collection = `${kind} ${worker.slotName}`;
  const edited = worker.editedAt(collection);
  // Another lane is at it.
  if (edited.isTaken) return;
  edited.isTaken = true;
  try {
    if (edited.doubts.length > 0) await settle(worker, collection);
    const id = worker.newName();
    const step = choose(random, edited.state, id);
    const steps = [{ id, step, hasFailed: false }];
    if (random.chance(0.5) && mayBeBeside(step, edited.state)) {
      const beside = worker.newName();
      steps.push({ id: beside, step: chosenBeside(random, beside), hasFailed: false });
    }
    const before = edited.state;
    edited.doubts = steps;
    const failures = await Promise.all(
      steps.map(async (one, i) => {
        if (i > 0) await setTimeout(random.below(60));
        return attempt(worker, random, collection, one, before);
      }),
    );
    for (const failure of failures) if (failure !== undefined) throw failure;
    if (random.chance(0.3)) await look(worker, collection);
    if (random.chance(0.1)) await setTimeout(random.below(30));
  } finally {
    edited.isTaken = false;
  }
}

/**
 * Does a step, and takes note of what came of it.
 * @param {Worker} worker @param {Random} random @param {string} collection
 * @param {import('../worker-state.mjs').Doubt} one @param {import('../types.js').EditedState} before
 * @returns {Promise<unknown>} what it failed with
 */
async function attempt(worker, random, collection, one, before) {
  const edited = worker.editedAt(collection);
  const { id, step } = one;
  const { refused } = stepped(before, step);
  const what = `${collection.split(' ')[0]} ${step.kind}${step.kind === 'import' ? ` ${step.mode} ${step.changes}` : ''}`;
  const work = async () => {
    try {
      await perform(worker, random, collection, step, before);
    } catch (error) {
      if (refused !== undefined && /** @type {any} */ (error).code === refused) throw new Refused(refused);
      throw error;
    }
    if (refused !== undefined) worker.wrong('a step was done that had to be refused', { collection, refused, step });
  };
  /** @type {unknown} */
  let failure;
  try {
    await worker.change(what, { edited: { collection, step } }, work, id);
    edited.state = stepped(edited.state, step).state;
  } catch (error) {
    failure = error;
  }
  edited.doubts = edited.doubts.flatMap((other) => {
    if (other !== one) return other;
    return failure === undefined || worker.isUndone(failure) ? [] : { ...one, hasFailed: true };
  });
  return failure;
}

/** Finds out what became of steps that nobody answered. @param {Worker} worker @param {string} collection */
async function settle(worker, collection) {
  const edited = worker.editedAt(collection);
  const held = await readNow(worker, collection);
  const states = possible(edited.state, edited.doubts);
  const found = states.find(({ state }) => isState(held, state));
  if (found === undefined) {
    const last = /** @type {typeof states[number]} */ (states.at(-1));
    worker.wrong('a step was half done', { collection, ...differenceOf(held, last.state), doubts: edited.doubts });
    return;
  }
  for (const [i, { id }] of edited.doubts.entries()) worker.say({ say: 'settled', id, step: found.done[i] });
  edited.state = found.state;
  edited.doubts = [];
}

/** @param {Worker} worker @param {string} collection */
async function look(worker, collection) {
  const { state } = worker.editedAt(collection);
  const held = await readNow(worker, collection);
  if (!isState(held, state))
    worker.wrong('an edited collection is not what its steps make of it', { collection, ...differenceOf(held, state) });
}

/** @param {Worker} worker @param {string} collection */
async function readNow(worker, collection) {
  const view = worker.store.snapshot();
  try {
    return await readEdited(view, collection, (what, facts) => worker.wrong(what, { collection, facts }));
  } finally {
    view.release();
  }
}
