// Question: how long until a process that only reads has its store open, and how long does a command take?
// Data: the catalogue of bench/service.mjs, 30,000 items. Method: processes of their own, in turns: one imports the library,
// opens the store read-only and gets a record; one does the same with better-sqlite3. Then whole commands, beside Node with
// nothing to do.
// Reading: "open" is from `import('gristmill')` to the resolved `openStore`; the start of Node before it is not part of it.
// CPU says what a machine with nothing else to do would take.

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atMost, BARS } from './bars.mjs';
import { alternate, reported, summary } from './harness.mjs';
import { makeStore } from './lookup-stores.mjs';
import { rounded } from './report.mjs';
import { IMPORT_FLAGS, ITEMS, writeCatalogue } from './services/catalogue.mjs';
import { Service } from './services/process.mjs';

const MAIN = fileURLToPath(new URL('../dist/src/cli/main.js', import.meta.url));
const OURS = 'gristmill';
const RIVAL = 'better-sqlite3';
const STEPS = { node: 'Node', import: 'import', open: 'open', get: 'first get' };

export const question =
  'How long until a process that only reads has its store open, and how long does a command take?';
export const method =
  `Processes of their own, in turns: import the library, open a store of ${ITEMS.quick} items read-only, get one. Medians; ` +
  'milliseconds of the clock, and of processor time of all threads.';

export async function run({ quick, scratch }) {
  const folder = mkdtempSync(join(scratch, 'start-'));
  try {
    const source = join(folder, 'catalogue.ndjson');
    const bytes = writeCatalogue(source, ITEMS.quick);
    const store = await makeStore(folder, source, ...IMPORT_FLAGS);
    const database = join(folder, 'sqlite.db');
    await (await Service.start(RIVAL, database, source)).stop();
    const opened = await openings({ [OURS]: store, [RIVAL]: database }, quick ? 5 : 25);
    const commands = await commandsOf(store, quick ? 3 : 15);
    return { data: { bytes }, ...report(opened, commands) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function openings(paths, rounds) {
  const opened = Object.fromEntries(Object.keys(paths).map((name) => [name, []]));
  // The first round brings the files into the page cache.
  for (let round = 0; round <= rounds; round++) {
    for (const [name, path] of Object.entries(paths)) {
      const steps = await reported('start-open.mjs', { name, path });
      if (round > 0) opened[name].push(steps);
    }
  }
  return opened;
}

async function commandsOf(store, runs) {
  const command = (name, ...args) => ({ name, command: process.execPath, args });
  const get = [MAIN, 'get', '42', '--store', store, '--collection', 'items'];
  return alternate(
    [command('node -e 0', '-e', '0'), command('gristmill --help', MAIN, '--help'), command('gristmill get', ...get)],
    runs,
  );
}

function report(opened, commands) {
  const median = (name, step, of) => summary(opened[name].map((steps) => steps[step][of])).median;
  const toOpen = (name, of) => summary(opened[name].map((steps) => steps.import[of] + steps.open[of])).median;
  const row = (name, of) => [
    ...Object.keys(STEPS).map((step) => rounded(median(name, step, of))),
    rounded(toOpen(name, of)),
  ];
  return {
    tables: [
      {
        title: 'until a store is open, ms',
        headers: ['library', ...Object.values(STEPS), 'import and open'],
        rows: [OURS, RIVAL].flatMap((name) => [
          [name, ...row(name, 'wall_ms')],
          [`${name}, CPU`, ...row(name, 'cpu_ms')],
        ]),
      },
      {
        title: 'whole commands, ms',
        headers: ['command', 'wall', 'min', 'CPU'],
        rows: [...commands].map(([name, runs]) => {
          const wall = summary(runs.map(({ wallSeconds }) => wallSeconds * 1e3));
          const cpu = summary(runs.map(({ cpuSeconds }) => cpuSeconds && cpuSeconds * 1e3));
          return [name, rounded(wall.median), rounded(wall.min), rounded(cpu?.median)];
        }),
      },
    ],
    bars: [
      atMost(
        "a service that only reads, from import('gristmill') to an open store",
        BARS.openMs,
        toOpen(OURS, 'wall_ms'),
        'ms',
      ),
    ],
    headlines: [
      [
        'import the library and open a store',
        `${rounded(toOpen(OURS, 'wall_ms'))} ms`,
        `${RIVAL}: ${rounded(toOpen(RIVAL, 'wall_ms'))} ms`,
      ],
    ],
    results: { opened, commands: Object.fromEntries(commands) },
  };
}
