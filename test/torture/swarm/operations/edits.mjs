// Steps of a collection that this slot alone changes (edits.mjs), done one after another while other lanes and processes
// work on other collections, read this one and compact it. A step that nobody answered is settled by looking, before the
// next one.

import { setTimeout } from 'node:timers/promises';
import { differenceOf, isState, readEdited } from '../edited-state.mjs';
import { possible, stepped } from '../edits.mjs';
import { Refused } from '../worker-state.mjs';
import { chosenForFolder, chosenStep } from './edit-choices.mjs';
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
    if (edited.doubt !== undefined) await settle(worker, collection);
    const id = worker.newName();
    const step = choose(random, edited.state, id);
    const { state, refused } = stepped(edited.state, step);
    edited.doubt = { id, step };
    const what = `${kind} ${step.kind}${step.kind === 'import' ? ` ${step.mode} ${step.changes}` : ''}`;
    try {
      await worker.change(
        what,
        { edited: { collection, step } },
        async () => {
          try {
            await perform(worker, random, collection, step, edited.state);
          } catch (error) {
            if (refused !== undefined && /** @type {any} */ (error).code === refused) throw new Refused(refused);
            throw error;
          }
          if (refused !== undefined)
            worker.wrong('a step was done that had to be refused', { collection, step, refused });
        },
        id,
      );
    } catch (error) {
      if (worker.isUndone(error)) edited.doubt = undefined;
      throw error;
    }
    edited.state = state;
    edited.doubt = undefined;
    if (random.chance(0.3)) await look(worker, collection);
    if (random.chance(0.1)) await setTimeout(random.below(30));
  } finally {
    edited.isTaken = false;
  }
}

/** Finds out what became of a step that nobody answered. @param {Worker} worker @param {string} collection */
async function settle(worker, collection) {
  const edited = worker.editedAt(collection);
  const { id, step } = /** @type {NonNullable<typeof edited.doubt>} */ (edited.doubt);
  const held = await readNow(worker, collection);
  const found = possible(edited.state, step).find(({ state }) => isState(held, state));
  if (found === undefined) {
    worker.wrong('a step was half done', {
      collection,
      id,
      ...differenceOf(held, stepped(edited.state, step).state),
      step,
    });
    return;
  }
  worker.say({ say: 'settled', id, step: found.step });
  edited.state = found.state;
  edited.doubt = undefined;
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
