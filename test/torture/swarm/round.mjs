// A round: workers on one store, with faults, for some time; then the judge.

import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { stepsOf } from './edited-state.mjs';
import { faultsOf, inject } from './faults.mjs';
import { Model } from './model.mjs';
import { WorkerProcess } from './process.mjs';

const JUDGE = fileURLToPath(new URL('judge.mjs', import.meta.url));
/** A worker that says nothing for so long hangs: waiting for a lock whose holder cannot give it back takes a minute. */
const HANG_MILLISECONDS = 100_000;

/**
 * @typedef {object} RoundOptions
 * @property {number} seed
 * @property {string} name that no other round on this store has
 * @property {string} store
 * @property {string} scratch a directory on another disk than the store's where that is filled or cut
 * @property {number} milliseconds
 * @property {number} calmMilliseconds between two faults, at most
 * @property {readonly import('./types.js').Role[]} roles
 * @property {import('./types.js').Faults} faults
 * @property {import('./types.js').Known} known
 * @property {import('./random.mjs').Random} random
 * @property {() => void} cut cuts the power
 * @property {() => void} restore gives it back
 */

export class Round {
  /** How often which fault was injected. @type {Record<string, number>} */
  injected = {};
  model;
  #options;
  /** @type {Set<WorkerProcess>} */
  #workers = new Set();
  /** @type {Promise<void>[]} */
  #slots = [];
  #isOver = false;

  /** @param {RoundOptions} options */
  constructor(options) {
    this.#options = options;
    this.model = new Model(options.known);
  }

  /** @returns {Promise<import('./types.js').Verdict>} */
  async play() {
    const { milliseconds, roles, faults } = this.#options;
    this.#slots = roles.map((role, slot) => this.#fill(slot, role));
    await this.#opened();
    const until = performance.now() + milliseconds;
    const injecting = faultsOf(faults).length > 0 ? this.#disturb(until) : undefined;
    while (performance.now() < until) {
      await setTimeout(Math.min(500, Math.max(1, until - performance.now())));
      this.#lookForHangs();
    }
    await injecting;
    await this.#end();
    return this.#judged();
  }

  /** Resolves when all first workers have the store open, or have ended. */
  async #opened() {
    const first = [...this.#workers];
    while (first.some((worker) => !worker.isOpen && this.#workers.has(worker))) {
      this.#lookForHangs();
      await setTimeout(5);
    }
  }

  /** Keeps a slot filled: whenever its process ends, another takes its place. @param {number} slot @param {import('./types.js').Role} role */
  async #fill(slot, role) {
    const { seed, name, store, scratch, faults, random, known } = this.#options;
    const lanes = role === 'importer' ? 1 : 1 + random.below(3);
    const { length } = this.#options.roles;
    /** @param {string} key */
    const isOf = (key) => [...key].reduce((sum, character) => sum + character.charCodeAt(0), 0) % length === slot;
    for (let incarnation = 0; !this.#isOver; incarnation++) {
      const worker = `${name}.${slot}.${incarnation}`;
      // What its forerunners made, and its share of what was there.
      const owned = this.model.certain((key) => (key in known.owned ? isOf(key) : key.startsWith(`${name}.${slot}.`)));
      const orders = incarnation === 0 ? known.orders.filter(isOf) : [];
      const steps = Object.fromEntries(
        Object.entries(stepsOf(this.model.operations.values())).filter(([at]) => at.endsWith(` ${name}.${slot}`)),
      );
      const own = join(scratch, worker);
      mkdirSync(own, { recursive: true });
      const process = new WorkerProcess(
        { seed, name: worker, slot, role, store, scratch: own, lanes, faults, owned, orders, steps },
        (said) => this.model.hear(worker, said),
      );
      this.#workers.add(process);
      const { code, signal } = await process.ended;
      this.#workers.delete(process);
      // What it had started is not waited for.
      process.signal('SIGKILL');
      const endedBadly = code !== 0 && !(signal === 'SIGKILL' && process.isKilled);
      if (endedBadly && !this.model.isCut) {
        this.#wrong('a process ended badly', {
          worker,
          role,
          code,
          signal,
          errors: process.errors,
          last: process.last,
        });
        await setTimeout(100);
      }
    }
  }

  /** @param {number} until */
  async #disturb(until) {
    const { random, store, faults, calmMilliseconds } = this.#options;
    const names = faultsOf(faults);
    while (performance.now() < until) {
      await setTimeout(30 + random.below(calmMilliseconds));
      const workers = [...this.#workers].filter(({ isStopped, isOpen }) => isOpen && !isStopped);
      if (workers.length === 0) continue;
      const name = random.pick(names);
      await inject(name, { worker: random.pick(workers), random, store });
      this.injected[name] = (this.injected[name] ?? 0) + 1;
    }
  }

  async #end() {
    this.#isOver = true;
    if (this.#options.faults.cut) {
      this.model.isCut = true;
      this.injected.cut = 1;
      this.#options.cut();
      for (const worker of this.#workers) worker.signal('SIGKILL');
    }
    for (const worker of this.#workers) worker.finish();
    const watching = setInterval(() => this.#lookForHangs(), 1000);
    await Promise.all(this.#slots);
    clearInterval(watching);
    if (this.#options.faults.cut) this.#options.restore();
  }

  #lookForHangs() {
    for (const worker of this.#workers) {
      if (worker.isStopped || performance.now() - worker.heardAt < HANG_MILLISECONDS) continue;
      const { start, last } = worker;
      this.#wrong(this.#isOver ? 'a process does not end' : 'a process hangs', {
        worker: start.name,
        role: start.role,
        last,
      });
      worker.signal('SIGKILL');
    }
  }

  async #judged() {
    const { store, seed, scratch, known } = this.#options;
    const { sights, operations } = this.model;
    const argument = join(scratch, 'played.json');
    writeFileSync(argument, JSON.stringify({ store, seed, sights, operations: [...operations.values()], ...known }));
    try {
      const options = { maxBuffer: 1 << 28, timeout: 2 * HANG_MILLISECONDS };
      const { stdout } = await promisify(execFile)(process.execPath, [JUDGE, argument], options);
      const verdict = /** @type {import('./types.js').Verdict} */ (JSON.parse(stdout));
      return { ...verdict, violations: [...this.model.violations, ...verdict.violations] };
    } catch (error) {
      const { code, signal, stderr } = /** @type {any} */ (error);
      this.#wrong('the store cannot be judged', { code, signal, error: String(stderr || error).slice(0, 3000) });
      return { ...known, violations: this.model.violations, generation: 0, indexBytes: 0, files: 0 };
    }
  }

  /** @param {string} what @param {unknown} facts */
  #wrong(what, facts) {
    this.model.violations.push({ what, facts });
  }
}
