// Run as a program of its own, on a small file system: imports more than fits there and prints what came of it.
// node import-full-disk.mjs <disk> <elsewhere> shards|pages|quarantine|anything

import { readdirSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeDataset } from '../../dist/datasets/index.js';
import { openStore } from '../../dist/src/index.js';

const [disk, elsewhere, what] = /** @type {[string, string, string]} */ (process.argv.slice(2));
const MIB = 1024 * 1024;
const store = await openStore(join(disk, 'store'));
const source = join(elsewhere, 'source.json');
writeFileSync(source, '{"id":1}\n');
await store.import(source, { key: 'id' });

const state = () => JSON.stringify([store.stat(), readdirSync(disk, { recursive: true }).sort()]);
/** Leaves so many bytes of the disk. */
const leave = (/** @type {number} */ bytes) => {
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(join(disk, 'filler'), Buffer.alloc(Math.max(0, bavail * bsize - bytes)));
};

let options = {};
if (what === 'shards') writeDataset(source, { name: 'events', bytes: 48 * MIB, form: 'array' });
if (what === 'pages') {
  writeDataset(source, { name: 'flat', bytes: 12 * MIB });
  options = { key: 'id', indexes: ['name', 'country'], level: 3 };
}
if (what === 'quarantine') {
  // Between good ones each has a line of its own.
  writeFileSync(source, '{"id":1}\n{"id":,}\n'.repeat(200_000));
  options = { key: 'id', onBadRecord: 'quarantine' };
}
if (what === 'anything') leave(64 * 1024);

const before = state();
const error = await store.import(source, { workers: 2, ...options }).catch((error) => error);
console.log(
  JSON.stringify({ code: error.code, message: error.message, isSame: state() === before, before, after: state() }),
);
await store.close();
