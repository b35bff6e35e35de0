// Reads and edits of a service at fixed times, whether or not the ones before are answered. A latency counts from the time a
// request was due, so whoever comes while the service is busy with something else has waited too.

import { setTimeout } from 'node:timers/promises';
import { randomOrdinals } from '../setup.mjs';
import { now_ms } from '../stalls-clock.mjs';
import { Connection } from './connection.mjs';

/** No item has so many in stock: an edit is known by it. */
const EDITED_STOCK = 1_000_000;
const NUMBERS = 1_000_000;

export class Load {
  /** `at` when a request was due, on the clock of stalls-clock.mjs, and how long until it was answered, in milliseconds. */
  reads = [];
  edits = [];
  /** The stock that each item has by the edits that were acknowledged. */
  acknowledged = new Map();
  errors = 0;
  #running = true;
  #loops;
  #pools;

  /** @param {{ port: number, count: number, connections: number, readsPerSecond: number, editsPerSecond: number }} task */
  static async start({ port, count, connections, readsPerSecond, editsPerSecond }) {
    const load = new Load();
    load.#pools = await Promise.all([Pool.open(port, connections), Pool.open(port, connections)]);
    const [readers, editors] = load.#pools;
    const read = randomOrdinals(NUMBERS, count, 11);
    // Each item is edited once: what it should be afterwards does not depend on the order of two answers.
    const edited = [...new Set(randomOrdinals(NUMBERS, count, 12))];
    load.#loops = [
      load.#loop(readsPerSecond, load.reads, (n) => readers.request('GET', `/items/${read[n % NUMBERS]}`)),
      load.#loop(editsPerSecond, load.edits, async (n) => {
        if (n >= edited.length) throw new Error('there are not so many items to edit');
        const stock = EDITED_STOCK + n;
        const answer = await editors.request('PATCH', `/items/${edited[n]}`, JSON.stringify({ stock }));
        if (answer.status < 300) load.acknowledged.set(edited[n], stock);
        return answer;
      }),
    ];
    return load;
  }

  /** Resolves when all that was asked is answered. */
  async stop() {
    this.#running = false;
    await Promise.all(this.#loops);
    for (const pool of this.#pools) pool.close();
  }

  async #loop(perSecond, samples, request) {
    const began_ms = now_ms();
    const answers = [];
    for (let n = 0; this.#running; n++) {
      const at = began_ms + (n * 1e3) / perSecond;
      const left_ms = at - now_ms();
      if (left_ms > 0) await setTimeout(left_ms);
      answers.push(this.#ask(at, samples, () => request(n)));
    }
    await Promise.all(answers);
  }

  async #ask(at, samples, request) {
    try {
      const { status } = await request();
      if (status >= 300) this.errors++;
    } catch {
      this.errors++;
    }
    samples.push({ at, ms: now_ms() - at });
  }
}

/** Connections that are lent to one request at a time; the others wait. */
class Pool {
  #all = [];
  #free = [];
  #waiting = [];

  static async open(port, connections) {
    const pool = new Pool();
    pool.#all = await Promise.all(Array.from({ length: connections }, () => Connection.open(port)));
    pool.#free = [...pool.#all];
    return pool;
  }

  async request(...request) {
    const connection = this.#free.pop() ?? (await new Promise((resolve) => this.#waiting.push(resolve)));
    try {
      return await connection.request(...request);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free.push(connection);
      else next(connection);
    }
  }

  close() {
    for (const connection of this.#all) connection.close();
  }
}
