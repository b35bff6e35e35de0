// Asks a service for some seconds over a number of connections, each of which asks again as soon as it has its answer. A process
// of its own; prints what it counted in JSON.

import { percentiles } from '../latencies.mjs';
import { randomOrdinals } from '../setup.mjs';
import { CATEGORIES } from './catalogue.mjs';
import { Connection } from './connection.mjs';

/** Pages that a connection reads of a category, one after another, before it goes on to the next category. */
const PAGES = 50;
const NUMBERS = 100_000;

const { port, kind, count, seconds, connections, seed } = JSON.parse(process.argv[2]);
const ids = randomOrdinals(NUMBERS, count, seed);
let asked = seed;

/** For each kind the requests of one connection, one after another: each is given the answer to the one before. */
const REQUESTS = {
  *get() {
    for (;;) yield ['GET', `/items/${ids[asked++ % NUMBERS]}`];
  },
  *page() {
    for (;;) {
      const category = CATEGORIES[asked++ % CATEGORIES.length];
      let after = '';
      for (let page = 0; page < PAGES && after !== undefined; page++) {
        const { body } = yield ['GET', `/categories/${category}${after && `?after=${after}`}`];
        after = /"next":"([^"]+)"\}$/.exec(body)?.[1];
      }
    }
  },
  *patch() {
    for (;;) {
      const id = ids[asked++ % NUMBERS];
      yield [
        'PATCH',
        `/items/${id}`,
        JSON.stringify({ price: ((id * 7 + asked) % 100_000) / 100, stock: asked % 1000 }),
      ];
    }
  },
};

const micros = [];
let errors = 0;
const opened = await Promise.all(Array.from({ length: connections }, () => Connection.open(port)));
const began_ms = performance.now();
const until_ms = began_ms + seconds * 1e3;
await Promise.all(opened.map((connection) => asking(connection, REQUESTS[kind]())));
const took = (performance.now() - began_ms) / 1e3;
for (const connection of opened) connection.close();
const { p50, p99, max, samples } = percentiles(micros);
console.log(JSON.stringify({ perSecond: samples / took, p50, p99, max, samples, errors }));

async function asking(connection, requests) {
  let answer;
  while (performance.now() < until_ms) {
    const from_ms = performance.now();
    answer = await connection.request(...requests.next(answer).value);
    micros.push((performance.now() - from_ms) * 1e3);
    if (answer.status >= 300) errors++;
  }
}
