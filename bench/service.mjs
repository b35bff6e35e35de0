// Question: is a service on gristmill as fast as the same service on SQLite, and is a late page as fast as the first?
// Data: a catalogue of 129 MB, 300,000 items of some 430 bytes (services/catalogue.mjs), index ["category","price"].
// Method: two Fastify services as a newcomer writes them, with default options (services/gristmill.mjs; better-sqlite3.mjs: a
// table with the JSON texts and the columns that are searched, WAL, synchronous=FULL), in processes of their own and both
// running. A client in a third process, 20 connections, asks each in turn: items at random, pages of 20 of a category in the
// order of prices by cursor, patches of items at random. Then pages of the largest category in this process.
// Reading: client and service share the machine, so throughput is of both together; `CPU` is the service's alone, and says
// the same on a busy machine.

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../dist/src/index.js';
import { atLeast, atMost, BARS } from './bars.mjs';
import { reported, summary } from './harness.mjs';
import { makeStore } from './lookup-stores.mjs';
import { inTurns } from './micro.mjs';
import { rounded } from './report.mjs';
import { BY_PRICE, CATEGORIES, IMPORT_FLAGS, ITEMS, PAGE, writeCatalogue } from './services/catalogue.mjs';
import { Connection } from './services/connection.mjs';
import { Service } from './services/process.mjs';

const CONNECTIONS = 20;
/** Pages that are read one after another: one alone may happen to lie on two pages of the index. */
const WALKED = 20;
const LATE_PAGE = { full: 5000, quick: 500 };
const KINDS = {
  get: 'GET /items/:id',
  page: `a page of ${PAGE}, by category and price`,
  patch: 'PATCH /items/:id',
};
const OURS = 'gristmill';
const RIVAL = 'better-sqlite3';
const FIGURES = ['perSecond', 'p50', 'p99', 'cpu'];

export const question =
  'Is a service on gristmill as fast as the same service on SQLite, and is a late page as fast as the first?';
export const method =
  `A catalogue of ${ITEMS.full} items, two Fastify services with default options in processes of their own (better-sqlite3: ` +
  'WAL, synchronous=FULL), both running; a client in a third process asks each in turn, ' +
  `${CONNECTIONS} connections, each with one request at a time. Medians of the rounds. CPU: processor time of the service for a request.`;

export async function run({ quick, scratch }) {
  const size = quick ? 'quick' : 'full';
  const count = ITEMS[size];
  const folder = mkdtempSync(join(scratch, 'service-'));
  const services = {};
  try {
    const source = join(folder, 'catalogue.ndjson');
    const bytes = writeCatalogue(source, count);
    const store = await makeStore(folder, source, ...IMPORT_FLAGS);
    services[OURS] = await Service.start(OURS, store);
    services[RIVAL] = await Service.start(RIVAL, join(folder, 'sqlite.db'), source);
    await checkSame(Object.values(services), count);
    const asked = await askAll(services, { count, connections: CONNECTIONS }, quick);
    await Promise.all(Object.values(services).map((service) => service.stop()));
    const pages = await pagesOf(store, LATE_PAGE[size], quick);
    return { data: { bytes }, ...report(asked, pages, LATE_PAGE[size]) };
  } finally {
    await Promise.all(Object.values(services).map((service) => service.stop()));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Both must give the same items and the same pages: otherwise their speed would say nothing. */
async function checkSame(services, count) {
  const answers = await Promise.all(services.map((service) => answersOf(service, count)));
  answers[0].forEach((answer, at) => {
    if (answer !== answers[1][at])
      throw new Error(`the services differ: ${answer.slice(0, 300)}; ${answers[1][at].slice(0, 300)}`);
  });
}

async function answersOf({ port }, count) {
  const connection = await Connection.open(port);
  const answers = [];
  for (const id of [0, 1, count >> 1, count - 1, count]) {
    const { status, body } = await connection.request('GET', `/items/${id}`);
    answers.push(`${status} ${body}`);
  }
  for (const category of CATEGORIES) {
    let after = '';
    for (let page = 0; page < 5; page++) {
      const { items, next } = JSON.parse((await connection.request('GET', `/categories/${category}${after}`)).body);
      answers.push(JSON.stringify(items));
      after = `?after=${next}`;
    }
  }
  connection.close();
  return answers;
}

/** For each kind and service the figures of all rounds. The first round warms up. */
async function askAll(services, task, quick) {
  const [rounds, seconds] = quick ? [2, 1] : [5, 4];
  const asked = {};
  for (const kind of Object.keys(KINDS)) {
    asked[kind] = Object.fromEntries(Object.keys(services).map((name) => [name, []]));
    for (let round = 0; round <= rounds; round++) {
      for (const [name, service] of Object.entries(services)) {
        const before = service.cpuSeconds;
        const { port } = service;
        const figures = await reported('services/client.mjs', { ...task, kind, port, seconds, seed: round + 1 });
        const cpu = before === undefined ? undefined : ((service.cpuSeconds - before) * 1e6) / figures.samples;
        if (figures.errors > 0) throw new Error(`${name}: ${figures.errors} requests of ${KINDS[kind]} failed`);
        if (round > 0) asked[kind][name].push({ ...figures, cpu });
      }
    }
    console.error(`service: ${KINDS[kind]}`);
  }
  return asked;
}

/** Times the first pages of the largest category, one after another, and those up to a late one, in turns. */
async function pagesOf(directory, latePage, quick) {
  const store = await openStore(directory, { readOnly: true });
  try {
    const items = store.collection('items');
    const page = (after) => [...items.rangeTextSync({ index: BY_PRICE, prefix: [CATEGORIES[0]], limit: PAGE, after })];
    const walk = (after, pages) => {
      let cursor = after;
      for (let at = 0; at < pages; at++) cursor = page(cursor).at(-1).cursor;
      return cursor;
    };
    const before = walk(undefined, latePage - WALKED);
    const pages = (last) => `pages ${last - WALKED + 1} to ${last}`;
    const tasks = [
      { name: pages(WALKED), operations: WALKED, run: () => walk(undefined, WALKED) },
      { name: pages(latePage), operations: WALKED, run: () => walk(before, WALKED) },
    ];
    return await inTurns(tasks, { rounds: quick ? 3 : 10, iterations: 50, warmups: 100 });
  } finally {
    await store.close();
  }
}

function report(asked, pages, latePage) {
  const medians = Object.entries(asked).map(([kind, of]) => {
    const median = (name, figure) => summary(of[name].map((figures) => figures[figure]))?.median;
    const figuresOf = (name) => Object.fromEntries(FIGURES.map((figure) => [figure, median(name, figure)]));
    return { what: KINDS[kind], [OURS]: figuresOf(OURS), [RIVAL]: figuresOf(RIVAL) };
  });
  const [early, late] = [...pages.values()];
  return {
    tables: [
      {
        title: `${CONNECTIONS} connections`,
        headers: ['what', 'service', 'requests a second', 'p50, µs', 'p99, µs', 'CPU, µs'],
        rows: medians.flatMap(({ what, ...of }) =>
          Object.entries(of).map(([name, figures]) => [
            what,
            name,
            ...FIGURES.map((figure) => rounded(figures[figure])),
          ]),
        ),
      },
      {
        title: `a page of ${PAGE} by cursor, µs, in the process of the store`,
        headers: ['pages', 'median', 'p99', 'min'],
        rows: [...pages].map(([name, { median, p99, min }]) => [name, rounded(median), rounded(p99), rounded(min)]),
      },
    ],
    bars: [
      ...medians.flatMap(({ what, [OURS]: ours, [RIVAL]: theirs }) => [
        atLeast(
          `${what}: requests a second, relative to ${RIVAL}`,
          BARS.serviceOfSqlite,
          ours.perSecond / theirs.perSecond,
          '×',
        ),
        atMost(`${what}: p99, relative to ${RIVAL}`, BARS.serviceP99OfSqlite, ours.p99 / theirs.p99, '×'),
      ]),
      atMost(
        `page ${latePage} ÷ page 1, by cursor, mean of ${WALKED}`,
        BARS.latePageOfFirst,
        late.median / early.median,
        '×',
      ),
    ],
    headlines: medians.map(({ what, [OURS]: ours, [RIVAL]: theirs }) => [
      `service, ${what}`,
      `${rounded(ours.perSecond)} a second`,
      `${RIVAL}: ${rounded(theirs.perSecond)} a second`,
    ]),
    results: { asked, pages: Object.fromEntries(pages) },
  };
}
