// Processes that open and close an index without end, beside others that commit to it: is a commit ever forgotten?
// node test/torture/opens.mjs DIRECTORY OPENINGS [DIST]   prints what came of it as one line of JSON.
//
// Writers open it, commit some times, and close it; openers only open and close it, one in two for reading alone. Each
// commit adds one to a counter that all share and to one of the writer's own, so one that is overwritten shows in both.

import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const COMMITS_PER_OPENING = 24;
/** Of an opener, after each time that it opens all of an index. */
const BARE_OPENINGS = 50;
const [
  ,
  self = '',
  directory = '',
  count = '1000',
  dist = fileURLToPath(new URL('../../dist', import.meta.url)),
  role,
] = process.argv;
/** @param {string} file */
const from = (file) => import(pathToFileURL(join(dist, 'src/store', file)).href);
const { LmdbCatalog } = await from('lmdb/catalog.js');
const { Gate } = await from('lmdb/gate.js');
const { openEnvironment } = await from('lmdb/lmdb.js');

const OPTIONS = {
  path: join(directory, 'index'),
  noSubdir: false,
  maxDbs: 8,
  maxReaders: 2048,
  overlappingSync: false,
};
const open = (readOnly = false) => LmdbCatalog.open(directory, { create: !readOnly, readOnly });
/** Two counters where the header has numbers that only grow: shards for all writers, resumable imports for each. */
/** @typedef {{ id: string, spans: number }} Counter */
/** @type {(catalog: any, id: string) => number} */
const counterOf = (catalog, id) => catalog.resumable().find((/** @type {Counter} */ one) => one.id === id)?.spans ?? 0;

/** @param {string} id */
async function write(id) {
  let [committed, openings] = [0, 0];
  let isOver = false;
  process.on('message', () => {
    isOver = true;
  });
  for (; !isOver; openings++) {
    const catalog = await open();
    for (let i = 0; i < COMMITS_PER_OPENING; i++) {
      await catalog.transaction((/** @type {any} */ write) => {
        const header = catalog.header();
        if (counterOf(catalog, id) !== committed)
          throw new Error(`${id} finds ${counterOf(catalog, id)} of its ${committed} commits`);
        write.putHeader({ ...header, nextShard: header.nextShard + 1 });
        const others = catalog.resumable().filter((/** @type {Counter} */ one) => one.id !== id);
        write.putResumable([...others, { id, collection: '', firstShard: 1, spans: committed + 1 }]);
      });
      committed++;
    }
    await catalog.close();
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 2));
  }
  process.send?.({ committed, openings }, () => process.disconnect());
}

/**
 * Nearly all of them only open LMDB's environment, through the gate: that is what must not meet a commit.
 * @param {number} openings
 */
async function openAndClose(openings) {
  for (let i = 0; i < openings; ) {
    const isReading = (i / BARE_OPENINGS) % 2 === 1;
    const catalog = await open(isReading);
    await catalog.close();
    const gate = await Gate.open(directory);
    for (const end = Math.min(i + BARE_OPENINGS, openings); i < end; i++) {
      const environment = gate.within(() => openEnvironment({ ...OPTIONS, readOnly: isReading }));
      gate.within(() => environment.close());
    }
    gate.close();
  }
  process.send?.({ committed: 0, openings });
}

if (role === 'writer') await write(/** @type {string} */ (process.argv[6]));
else if (role === 'opener') await openAndClose(Number(count));
else {
  mkdirSync(directory, { recursive: true });
  await (await open()).close();
  /** @param {string} kind @param {string} id */
  const start = (kind, id) => {
    const args = [directory, String(Math.ceil(Number(count) / 2)), dist, kind, id];
    const child = fork(self, args, { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
    let said = '';
    /** @type {{ committed?: number, openings?: number }} */
    let result = {};
    child.stderr?.on('data', (text) => {
      said += text;
    });
    child.on('message', (message) => {
      result = /** @type {typeof result} */ (message);
    });
    const ended = once(child, 'close').then(([code, signal]) => {
      const failure = code === 0 ? undefined : `${kind}: ${signal ?? code} ${said.slice(0, 600)}`;
      return { ...result, failure };
    });
    return { child, ended };
  };
  const writers = [randomUUID(), randomUUID()].map((id) => start('writer', id));
  const openers = ['c', 'd'].map((id) => start('opener', id));
  const opened = await Promise.all(openers.map(({ ended }) => ended));
  for (const { child } of writers) if (child.connected) child.send('over');
  const written = await Promise.all(writers.map(({ ended }) => ended));
  const catalog = await open();
  const found = catalog.header().nextShard - 1;
  await catalog.close();
  const all = [...opened, ...written];
  /** @param {'openings' | 'committed'} fact */
  const total = (fact) => all.reduce((sum, one) => sum + (one[fact] ?? 0), 0);
  const failures = all.flatMap(({ failure }) => failure ?? []);
  console.log(JSON.stringify({ openings: total('openings'), committed: total('committed'), found, failures }));
  process.exit(failures.length > 0 || found !== total('committed') ? 1 : 0);
}
