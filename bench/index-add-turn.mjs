// Half a turn of the bench `index-add`, in a process of its own, so that both imports are the first thing a process does: an
// import with the index; or one without it, the index made afterwards, and what reading all text takes for that. Prints seconds
// of processor and of the clock, as JSON.
//
//   node bench/index-add-turn.mjs '{"source": "big.ndjson", "directory": "/tmp/store", "key": "id", "path": "name", "later": true}'

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { built } from './setup.mjs';

const { source, directory, key, path, later } = JSON.parse(process.argv[2]);
const [{ openStore }, { files }, { LmdbCatalog }, { indexShard }, { setupOf }, { SharedProgress }] = await Promise.all(
  [
    ...['index', 'store/files/file-blobs', 'store/lmdb/catalog', 'upkeep/indexes/index-shard'],
    ...['upkeep/salvage/setup', 'parallel/shared-progress'],
  ].map((file) => built(`src/${file}.js`)),
);

const options = { collection: 'all', key };
const result = later
  ? {
      imported: await inStore((store) => store.import(source, options)),
      added: await inStore((store) => store.createIndex('all', path)),
      read: await timed(await shards()),
    }
  : { indexed: await inStore((store) => store.import(source, { ...options, indexes: [path] })) };
rmSync(directory, { recursive: true });
console.log(JSON.stringify(result));

/** Opening and closing are not timed. */
async function inStore(work) {
  const store = await openStore(directory);
  try {
    return await timed(() => work(store));
  } finally {
    await store.close();
  }
}

/** Decompresses all shards and scans their text for an index that no record has a value in, in this thread. */
async function shards() {
  const catalog = await LmdbCatalog.open(directory, { create: false, readOnly: true });
  const entries = catalog.shards(catalog.collection('all'));
  await catalog.close();
  const by = {
    key: { kind: 'ordinal' },
    indexes: ['no such member'],
    positions: undefined,
    named: false,
    keep: 'last',
  };
  const all = { setup: setupOf('bench', by), dead: new Uint8Array(), shared: new SharedProgress().buffer };
  return () => {
    for (const entry of entries) {
      const file = join(directory, 'shards', entry.file);
      indexShard({ ...all, entry, path: file, runPath: join(directory, 'run') }, files);
    }
  };
}

async function timed(work) {
  const before = process.cpuUsage();
  const began_ms = performance.now();
  await work();
  const wallSeconds = (performance.now() - began_ms) / 1e3;
  const { user, system } = process.cpuUsage(before);
  return { cpuSeconds: (user + system) / 1e6, wallSeconds };
}
