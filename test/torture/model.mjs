// A history of a store that anyone can recompute: what operation n does, and what the store holds after it, follow from
// the seed and n alone. The writer plays it; whoever checks a store knows what must be in it without asking the writer.

import { createHash } from 'node:crypto';

/** Where the history is played: collection, key, secondary index. */
export const KEY = 'id';
export const INDEX = 'group';
/** The values there, from 0. */
export const INDEX_VALUES = 7;
/** Record 0 is put by every operation that changes anything, so that it tells which one was the last. */
export const MARKER = 0;

const IDS = 60;
const TEXT_BYTES_MAX = 3000;

/** @typedef {'replace' | 'upsert' | 'transaction' | 'put' | 'compact' | 'backup' | 'repair' | 'index' | 'collection'} Kind */
/** What one operation does. @typedef {{ n: number, kind: Kind, puts: Map<number, string>, deletes: number[] }} Operation */

/** One round of a history begins with a replacement: no state depends on more than a round. @type {readonly Kind[]} */
export const ALL_KINDS = ['replace', 'upsert', 'transaction', 'put', 'compact', 'upsert', 'transaction', 'compact'];

/** What changes no record. @type {readonly Kind[]} */
const UPKEEP = ['compact', 'backup', 'repair', 'index', 'collection'];

export class History {
  /** @param {string} seed @param {readonly Kind[]} round */
  constructor(seed, round = ALL_KINDS) {
    this.seed = seed;
    this.round = round;
  }

  /** @param {number} n from 1 @returns {Operation} */
  operation(n) {
    const kind = /** @type {Kind} */ (this.round[(n - 1) % this.round.length]);
    /** @type {Map<number, string>} */
    const puts = new Map();
    /** @type {number[]} */
    const deletes = [];
    if (UPKEEP.includes(kind)) return { n, kind, puts, deletes };
    puts.set(MARKER, this.#record(n, MARKER));
    if (kind === 'put') return { n, kind, puts, deletes };
    for (let id = 1; id <= IDS; id++) {
      const chance = this.#random(n, id);
      if (kind === 'replace' ? chance < 0.8 : chance < 0.2) puts.set(id, this.#record(n, id));
      else if (kind === 'transaction' && chance > 0.9) deletes.push(id);
    }
    return { n, kind, puts, deletes };
  }

  /** Texts by id after operation n; empty after operation 0. @param {number} n @returns {Map<number, string>} */
  state(n) {
    const records = new Map();
    for (let at = n - ((n - 1) % this.round.length); at > 0 && at <= n; at++) {
      const { kind, puts, deletes } = this.operation(at);
      if (kind === 'replace') records.clear();
      for (const [id, text] of puts) records.set(id, text);
      for (const id of deletes) records.delete(id);
    }
    return records;
  }

  /** @param {number} n @param {number} id */
  #record(n, id) {
    const bytes = Math.floor(this.#random(n, id, 'size') ** 3 * TEXT_BYTES_MAX);
    let text = '';
    while (text.length < bytes) text += this.#hash(n, id, text.length).toString('base64');
    return JSON.stringify({ id, n, [INDEX]: id % INDEX_VALUES, text: text.slice(0, bytes) });
  }

  /** @param {readonly unknown[]} of */
  #hash(...of) {
    return createHash('sha256')
      .update(`${this.seed}:${of.join(':')}`)
      .digest();
  }

  /** @param {readonly unknown[]} of @returns from 0 to below 1 */
  #random(...of) {
    return this.#hash(...of).readUInt32BE() / 2 ** 32;
  }
}

/** One line that differs whenever the records differ. @param {Map<number, string>} records */
export function digest(records) {
  const lines = [...records.keys()].sort((a, b) => a - b).map((id) => `${records.get(id)}\n`);
  return createHash('sha256').update(lines.join('')).digest('hex').slice(0, 16);
}
