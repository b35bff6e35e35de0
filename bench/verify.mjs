// Question: how fast is a store verified, next to decompressing its shards with the tool everybody has?
// Data: nested and flat as NDJSON, imported once each. Method: one core each, in turns, files in the page cache: the shards as
// a worker verifies them (SHA-256 of the file, every frame decompressed, its checksum and its lines), then
// `zstd -dcq` of the same files, which checks frames alone and writes to nowhere. CPU seconds, since other processes
// may be on the core too; the fastest run of either counts.

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { atLeast, BARS } from './bars.mjs';
import { gristmillImport } from './contenders.mjs';
import { reasonOf } from './contest.mjs';
import { runProcess, summary } from './harness.mjs';
import { megabytes, rounded } from './report.mjs';
import { built } from './setup.mjs';

const NAMES = ['nested', 'flat'];
const ROUNDS = 7;
const HEADERS = [
  'data',
  'text MB',
  'shards MB',
  'shards verified, CPU s',
  '`zstd -d`, CPU s',
  'speed ÷ zstd',
  '`store.verify`, wall s',
];

export const question = 'How fast is a store verified, next to `zstd -d` of its shards?';
export const method =
  'Shards as one worker verifies them and `zstd -dcq` of the same files, in turns; CPU seconds of the fastest run of either. ' +
  '`store.verify` is all of it, index too, with one worker.';

export async function run({ bytes, names, datasets, scratch }) {
  const results = [];
  for (const name of NAMES.filter((name) => names.includes(name))) {
    const folder = mkdtempSync(join(scratch, 'verify-'));
    try {
      const store = join(folder, 'store');
      const source = datasets.file({ name, bytes, form: 'ndjson' });
      const { command, args } = gristmillImport(source, store, '--key', datasets.key(name));
      const imported = await runProcess(command, args);
      if (imported.exitCode !== 0) throw new Error(`import of ${name}: ${reasonOf(imported)}`);
      results.push({ name, ...(await measure(store)) });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return {
    tables: [{ title: 'one core', headers: HEADERS, rows: results.map(rowOf) }],
    bars: results.map(({ name, ofZstd }) =>
      atLeast(`verification, ${name}: speed per core ÷ \`zstd -d\``, BARS.verifyOfZstd, ofZstd, '×'),
    ),
    results,
  };
}

async function measure(directory) {
  const [{ verifyShard }, { files }, { LmdbCatalog }, { openStore }] = await Promise.all(
    ['upkeep/verify/shard', 'store/files/file-blobs', 'store/lmdb/catalog', 'index'].map((file) =>
      built(`src/${file}.js`),
    ),
  );
  const catalog = await LmdbCatalog.open(directory, { create: false, readOnly: true });
  const entries = catalog.collections().flatMap((manifest) => catalog.shards(manifest));
  await catalog.close();
  const paths = entries.map(({ file }) => join(directory, 'shards', file));
  const shared = new SharedArrayBuffer(24);
  const verifyShards = () => {
    const faults = entries.flatMap((entry, i) => verifyShard({ path: paths[i], entry, shared }, files));
    if (faults.length > 0) throw new Error(faults[0].message);
  };
  const verified = [];
  const decompressed = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    verifyShards();
    const { user, system } = process.cpuUsage(before);
    verified.push((user + system) / 1e6);
    const { cpuSeconds, wallSeconds, exitCode } = await runProcess('sh', [
      '-c',
      'zstd -dcq "$@" > /dev/null',
      'sh',
      ...paths,
    ]);
    if (exitCode !== 0) throw new Error(`zstd ended with ${exitCode}`);
    decompressed.push(cpuSeconds ?? wallSeconds);
  }
  const store = await openStore(directory, { readOnly: true });
  const { seconds } = await store.verify({ workers: 1 });
  await store.close();
  const [ours, theirs] = [verified, decompressed].map(summary);
  const sum = (what) => entries.reduce((total, entry) => total + entry[what], 0);
  const sizes = { plainBytes: sum('plainBytes'), storedBytes: sum('storedBytes') };
  return { ...sizes, verified: ours, decompressed: theirs, ofZstd: theirs.min / ours.min, storeSeconds: seconds };
}

function rowOf({ name, plainBytes, storedBytes, verified, decompressed, ofZstd, storeSeconds }) {
  const range = ({ min, max }) => `${rounded(min)} (to ${rounded(max)})`;
  const sizes = [plainBytes, storedBytes].map(megabytes);
  return [name, ...sizes, range(verified), range(decompressed), rounded(ofZstd), rounded(storeSeconds)];
}
