// A process of bench/watch.mjs: watches a folder of small files while some of them are changed.

import { mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../dist/src/index.js';
import { randomOrdinals } from './setup.mjs';
import { following, recordText } from './watch-loop.mjs';

const FILES_PER_FOLDER = 100;
const DAY_S = 86_400;
const COLLECTION = 'files';

const { folder, files, changed, rounds } = JSON.parse(process.argv[2]);
const source = join(folder, 'files');
const pathOf = (file) => `${String(Math.floor(file / FILES_PER_FOLDER)).padStart(4, '0')}/${file}.json`;
const all = Array.from({ length: files }, (_, file) => file);
const now_s = Math.floor(Date.now() / 1e3);
/** Long before anything is read, and in whole seconds, so that it can be set again to the nanosecond. */
const written_s = now_s - 2 * DAY_S;
const accessed_s = now_s - 3 * DAY_S;

for (const file of all) {
  mkdirSync(join(source, pathOf(file), '..'), { recursive: true });
  writeFileSync(join(source, pathOf(file)), recordText(file, 0));
  setTimes(file);
}
const keepsAccessTimes = readFileSync(join(source, pathOf(0))).length > 0 && wasRead(0);

const store = await openStore(join(folder, 'files-store'));
const began = following(store);
const firstWatcher = await store.watch(source, { collection: COLLECTION });
const first = { ...(await began.ended(firstWatcher, () => isThere(all, 0))), written: bytesOf(all) };
first.seconds = first.elapsed_ms / 1e3;
await firstWatcher.close();

for (const file of all) setTimes(file);
const restarted = following(store);
const watcher = await store.watch(source, { collection: COLLECTION });
const again = { ...(await restarted.ended(watcher)), written: 0 };
again.seconds = again.elapsed_ms / 1e3;

const changes = [];
for (let round = 1; round <= rounds; round++) {
  const some = [...new Set(randomOrdinals(changed, files, round))];
  const follower = following(store);
  for (const file of some) writeFileSync(join(source, pathOf(file)), recordText(file, round));
  const took = await follower.ended(watcher, () => isThere(some, round));
  changes.push({ ...took, written: bytesOf(some), paths: some.map(pathOf) });
}
const filesRead = keepsAccessTimes ? all.filter(wasRead).length : undefined;
console.log(JSON.stringify({ files, first, again, changes, changedPerRound: changed, filesRead }));
await watcher.close();
await store.close();

function setTimes(file) {
  utimesSync(join(source, pathOf(file)), accessed_s, written_s);
}

function wasRead(file) {
  return statSync(join(source, pathOf(file))).atimeMs > accessed_s * 1e3;
}

function bytesOf(some) {
  return some.reduce((sum, file) => sum + statSync(join(source, pathOf(file))).size, 0);
}

function isThere(some, edition) {
  if (!store.collections().includes(COLLECTION)) return false;
  const records = store.collection(COLLECTION);
  return some.every((file) => records.getSync(pathOf(file))?.edition === edition);
}
