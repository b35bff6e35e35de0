// What the driver knows: each operation that was begun, and whether it has happened (`done`), has not (`undone`), or may
// have (`doubt`: no answer came, or an error that leaves it open).

/** @typedef {import('./types.js').Operation} Operation */

export class Model {
  /** In the order in which they began. @type {Map<string, Operation>} */
  operations = new Map();
  /** @type {import('./types.js').Sight[]} */
  sights = [];
  /** @type {import('./types.js').Violation[]} */
  violations = [];
  /** What the store held when the round began. */
  known;
  /** Everything that was said, for who looks for a cause. @type {string[]} */
  trace = [];
  /** Whether the power is cut: what is said of errors from then on does not count. */
  isCut = false;

  /** @param {import('./types.js').Known} known */
  constructor(known) {
    this.known = known;
  }

  /** Takes note of what a worker says. @param {string} worker @param {import('./types.js').Said} said */
  hear(worker, said) {
    this.trace.push(JSON.stringify({ worker, ...said }));
    if (said.say === 'begin') {
      const { say: _, at, ...facts } = said;
      this.operations.set(said.id, { ...facts, began: at, outcome: 'doubt' });
    }
    if (said.say === 'done' || said.say === 'undone' || said.say === 'failed') this.#answer(said);
    if (said.say === 'settled') this.#settle(said.id, said.step);
    if (said.say === 'saw') this.sights.push(said);
    if (said.say === 'wrong' && !this.isCut)
      this.violations.push({ what: said.what, facts: { worker, facts: said.facts } });
  }

  /** @param {import('./types.js').Said & { say: 'done' | 'undone' | 'failed' }} said */
  #answer(said) {
    const operation = /** @type {Operation} */ (this.operations.get(said.id));
    operation.outcome = said.say === 'failed' ? 'doubt' : said.say;
    operation.ended = said.at;
    if (said.say !== 'done') operation.code = said.code;
  }

  /** @param {string} id @param {import('./types.js').Step | undefined} step */
  #settle(id, step) {
    const operation = /** @type {Operation} */ (this.operations.get(id));
    const { edited } = operation;
    operation.outcome = step === undefined ? 'undone' : 'done';
    if (step !== undefined && edited !== undefined) {
      this.operations.set(id, { ...operation, edited: { ...edited, step } });
    }
  }

  /**
   * Owned records of a slot that surely are what they are, for its next process.
   * @param {(key: string) => boolean} isOf
   */
  certain(isOf) {
    const certain = new Map(Object.entries(this.known.owned).filter(([key]) => isOf(key)));
    for (const { owned = {}, outcome } of this.operations.values()) {
      for (const [key, version] of Object.entries(owned)) {
        if (!isOf(key) || outcome === 'undone') continue;
        if (outcome === 'doubt' || version === 0) certain.delete(key);
        else certain.set(key, version);
      }
    }
    return Object.fromEntries(certain);
  }

  /** Counts of operations that were done, of changes in them that were acknowledged (one for each record), and of errors. */
  totals() {
    /** @type {Record<string, number>} */
    const done = {};
    /** @type {Record<string, number>} */
    const errors = {};
    let acknowledged = 0;
    for (const { operation, outcome, code, owned, change, published } of this.operations.values()) {
      if (outcome === 'done') done[operation] = (done[operation] ?? 0) + 1;
      if (outcome === 'done') acknowledged += Object.keys(owned ?? {}).length + (change || published ? 1 : 0);
      if (code !== undefined) errors[`${operation} ${code}`] = (errors[`${operation} ${code}`] ?? 0) + 1;
    }
    return { acknowledged, done, errors };
  }
}
