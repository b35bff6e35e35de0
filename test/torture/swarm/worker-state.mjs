// What the operations of one process share: the open store, the records that are this process's own, and its voice.

import { writeSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { openStore } from '../../../dist/src/index.js';
import { NO_STATE, stepped } from './edits.mjs';

/** Codes that promise that nothing was changed. */
const NOTHING_CHANGED = ['CANCELLED', 'STORE_BUSY', 'BAD_RECORD', 'TOO_MANY_BAD_RECORDS', 'STORE_NOT_FOUND'];
/** Codes that may come of a full disk, of too few descriptors, and of the power that is gone. */
const OF_THE_SYSTEM = ['IO_ERROR', 'DISK_FULL', 'WORKER_FAILED', 'SOURCE_NOT_READABLE', 'SOURCE_NOT_FOUND'];

/** @typedef {import('./types.js').Start} Start */
/** @typedef {import('./random.mjs').Random} Random */
/** @typedef {{ readonly name: string, run(worker: Worker, random: Random): Promise<void> }} SwarmOperation */
/** @typedef {Omit<import('./types.js').PlayedStep, 'outcome'>} Doubt */
/**
 * An edited collection as its process knows it. @typedef {object} EditedCollection
 * @property {import('./types.js').EditedState} state
 * @property {readonly Doubt[]} doubts steps that nobody has answered
 * @property {boolean} isTaken whether a lane is at it
 */
/** @type {readonly import('../../../dist/src/index.js').Freshness[]} */
export const FRESHNESS = ['immediate', 'warm', { maxStaleMs: 0 }, { maxStaleMs: 30 }, { maxStaleMs: 300 }];

/** Thrown by a change on purpose. */
export class Refused extends Error {
  code = 'REFUSED';
}

export class Worker {
  start;
  /** Owned records that no operation is changing, with their versions. @type {Map<string, number>} */
  owned;
  /** Versions of records before the change that took them. @type {Map<string, number>} */
  #taken = new Map();
  /** Orders that may be cancelled. @type {string[]} */
  orders;
  /** Whether one of the lanes watches. */
  watching = false;
  /** Edited collections of this slot. @type {Map<string, EditedCollection>} */
  #edited = new Map();
  /** Makes names of operations. */
  #count = 0;
  /** @type {import('../../../dist/src/index.js').Store | undefined} */
  #store;
  /** @type {Promise<void> | undefined} */
  #reopening;

  /** @param {Start} start */
  constructor(start) {
    this.start = start;
    this.owned = new Map(Object.entries(start.owned));
    this.orders = [...start.orders];
    for (const [collection, steps] of Object.entries(start.steps)) {
      const edited = this.editedAt(collection);
      for (const { outcome, ...one } of steps) {
        if (outcome === 'doubt') edited.doubts = [...edited.doubts, one];
        else edited.state = stepped(edited.state, one.step).state;
      }
    }
  }

  /** The name of this process without its number: those before and after it have the same. */
  get slotName() {
    return this.start.name.slice(0, this.start.name.lastIndexOf('.'));
  }

  /** @param {string} collection */
  editedAt(collection) {
    const edited = this.#edited.get(collection) ?? { state: NO_STATE, doubts: [], isTaken: false };
    this.#edited.set(collection, edited);
    return edited;
  }

  get store() {
    return /** @type {import('../../../dist/src/index.js').Store} */ (this.#store);
  }

  /** @param {import('./types.js').Saying} said */
  say(said) {
    const line = Buffer.from(`${JSON.stringify({ at: now(), ...said })}\n`);
    for (let written = 0; written < line.byteLength; ) {
      try {
        written += writeSync(1, line, written);
      } catch (error) {
        // The driver has been killed: there is nobody to work for.
        if (/** @type {any} */ (error).code === 'EPIPE') process.exit(1);
        // The driver is busy.
        if (/** @type {any} */ (error).code !== 'EAGAIN') throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      }
    }
  }

  /** @param {string} what @param {unknown} facts */
  wrong(what, facts) {
    this.say({ say: 'wrong', what, facts });
  }

  /** A name that nothing had before. */
  newName() {
    return `${this.start.name}.${++this.#count}`;
  }

  /**
   * Takes owned records out of reach of other lanes, for a change that begins; they come back when it is sure what they are.
   * @param {Random} random @param {number} most @returns {[key: string, version: number][]}
   */
  takeOwned(random, most) {
    const all = [...this.owned];
    const from = random.below(Math.max(1, all.length - most));
    const taken = all.slice(from, from + 1 + random.below(most));
    for (const [key, version] of taken) {
      this.owned.delete(key);
      this.#taken.set(key, version);
    }
    return taken;
  }

  /**
   * Says that an operation begins, does it, says what came of it.
   * @template T @param {string} operation @param {import('./types.js').Facts} facts @param {() => Promise<T>} work
   * @param {string} id @returns {Promise<T>}
   */
  async change(operation, facts, work, id = this.newName()) {
    const { owned = {} } = facts;
    this.say({ say: 'begin', id, operation, ...facts });
    try {
      const result = await work();
      this.say({ say: 'done', id });
      for (const [key, version] of Object.entries(owned)) if (version > 0) this.owned.set(key, version);
      return result;
    } catch (error) {
      const code = codeOf(error);
      const isUndone = this.isUndone(error);
      this.say({ say: isUndone ? 'undone' : 'failed', id, code });
      for (const key of isUndone ? Object.keys(owned) : []) {
        const version = this.#taken.get(key);
        if (version !== undefined) this.owned.set(key, version);
      }
      throw error;
    }
  }

  /** Whether an error says that surely nothing was changed. @param {unknown} error */
  isUndone(error) {
    return error instanceof Refused || NOTHING_CHANGED.includes(codeOf(error));
  }

  /** Runs one operation. @param {Random} random @param {SwarmOperation} operation @returns {Promise<string | undefined>} the code it failed with */
  async attempt(random, operation) {
    await this.#reopening;
    const store = this.#store;
    try {
      await operation.run(this, random);
      return undefined;
    } catch (error) {
      const code = codeOf(error);
      const isClosed = code === 'STORE_CLOSED' && (this.#reopening !== undefined || store !== this.#store);
      if (!isClosed && !(error instanceof Refused) && !this.#isExpected(code, error)) {
        const { stack, cause } = /** @type {any} */ (error);
        const facts = { operation: operation.name, code, stack, cause: String(cause?.stack ?? cause ?? '') };
        this.wrong('unexpected error', facts);
      }
      // Somebody has opened it again already.
      return store === this.#store ? code : undefined;
    }
  }

  /** @param {string} code @param {unknown} error */
  #isExpected(code, error) {
    if (NOTHING_CHANGED.includes(code) || code === 'KILLED') return true;
    const { faults } = this.start;
    if (faults.descriptors && /EMFILE|ENFILE/.test(String(error))) return true;
    return (faults.cut || faults.fills || faults.descriptors) && OF_THE_SYSTEM.includes(code);
  }

  /** @param {Random} random */
  async open(random) {
    const options = {
      config: /** @type {const} */ (false),
      create: false,
      readOnly: this.start.role === 'reader' && random.chance(0.5),
      freshness: random.pick(FRESHNESS),
      hotSet: random.chance(0.5),
      recordCacheBytes: random.pick([0, 100_000, 4_000_000]),
      recordTtlMs: random.pick([0, 0, 5, 100]),
      frameCacheBytes: random.pick([0, 100_000, 8_000_000]),
      pageCacheBytes: random.pick([0, 50_000, 8_000_000]),
    };
    for (;;) {
      try {
        this.#store = await openStore(this.start.store, options);
        this.store.on('warning', ({ about, error }) => this.#warned(about, error));
        this.say({ say: 'opened' });
        return;
      } catch (error) {
        if (!this.#isExpected(codeOf(error), error)) {
          this.wrong('unexpected error', {
            operation: 'open',
            code: codeOf(error),
            message: String(/** @type {any} */ (error).stack),
          });
        }
        await setTimeout(20);
      }
    }
  }

  /** @param {string} about @param {import('../../../dist/src/index.js').GristmillError} error */
  #warned(about, error) {
    const { code, stack } = error;
    // A watched file may grow while it is read; a power cut may leave half a hot set.
    const isExpected =
      ['STORE_CLOSED', 'SOURCE_CHANGED'].includes(code) || (about === 'hot set' && this.start.faults.cut);
    if (!isExpected && !this.#isExpected(code, error)) this.wrong('unexpected warning', { about, code, stack });
  }

  async close() {
    this.say({ say: 'closing' });
    await this.store.close();
    this.say({ say: 'closed' });
  }

  /** Once at a time, while other lanes go on. @param {Random} random */
  reopen(random) {
    this.#reopening ??= this.close()
      .then(() => this.open(random))
      .finally(() => {
        this.#reopening = undefined;
      });
    return this.#reopening;
  }
}

/** Milliseconds on the clock that all processes share. */
export const now = () => Number(process.hrtime.bigint() / 1000n) / 1000;

/** @param {unknown} error */
const codeOf = (error) => String(/** @type {any} */ (error)?.code ?? /** @type {any} */ (error)?.name ?? error);
