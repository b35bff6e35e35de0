// Everything that creates files, step by step, for who traces its system calls (creations.ts).
//
//   node permission-steps.mjs <directory> <step>…
//
// `<directory>/in` has the sources, `<directory>/out` gets the store and whatever else is written. Each step closes the
// store again. Prints the steps that were done.

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { run } from '../../dist/src/cli/run.js';
import { decryptStore, encryptStore, openStore, reencryptStore, repairStore, rotateKey } from '../../dist/src/index.js';

const [directory, ...names] = /** @type {[string, ...string[]]} */ (process.argv.slice(2));
const sources = join(directory, 'in');
const out = join(directory, 'out');
const path = join(out, 'store');
const source = join(sources, 'source.ndjson');
const RECORDS = 4000;
const encryption = { key: Buffer.alloc(32, 7) };
const newEncryption = { key: Buffer.alloc(32, 8) };
/** Several spans, so that threads have work. */
const SPAN_BYTES = 64 * 1024;
const IMPORT = /** @type {const} */ ({ key: 'id', workers: 2, spanBytes: SPAN_BYTES, onBadRecord: 'quarantine' });

/** @param {(store: import('../../dist/src/index.js').Store) => Promise<unknown>} work */
async function onStore(work, options = {}) {
  const store = await openStore(path, { config: false, hotSet: false, ...options });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** @param {string[]} words */
async function cli(...words) {
  const code = await run(words);
  if (code !== 0) throw new Error(`gristmill ${words.join(' ')} ended with ${code}`);
}

const lines = (from = 0) =>
  Array.from({ length: RECORDS }, (_, i) => JSON.stringify({ id: from + i, group: i % 7, text: 'x'.repeat(100) }));

/** @type {Record<string, () => Promise<unknown>>} */
const STEPS = {
  import: () => onStore((store) => store.import(source, { ...IMPORT, indexes: ['group'] })),
  upsert: () => onStore((store) => store.import(source, { ...IMPORT, mode: 'upsert' })),
  formats: () =>
    onStore(async (store) => {
      const csv = join(sources, 'a.csv');
      writeFileSync(
        csv,
        `id,text\n${lines()
          .map((_, i) => `${i},x`)
          .join('\n')}\n`,
      );
      const zipped = join(sources, 'a.ndjson.gz');
      writeFileSync(zipped, gzipSync(lines().join('\n')));
      const folder = join(sources, 'folder');
      mkdirSync(folder, { recursive: true });
      for (let i = 0; i < 20; i++) writeFileSync(join(folder, `${i}.json`), JSON.stringify({ id: i }));
      await store.import(csv, { collection: 'csv', key: 'id', workers: 2 });
      await store.import(zipped, { collection: 'gz', key: 'id', workers: 2 });
      await store.import(folder, { collection: 'folder', key: 'id', workers: 2 });
    }),
  put: () => onStore((store) => store.collection().put({ id: 1, group: 'put' })),
  transaction: () =>
    onStore((store) =>
      store.transaction((transaction) => {
        const collection = transaction.collection('records');
        for (let id = 0; id < 3000; id++) collection.put({ id, group: 'transaction' });
        collection.delete(5);
      }),
    ),
  hotSet: () =>
    onStore(
      async (store) => {
        for (let id = 3500; id < 3600; id++) await store.collection().get(id);
      },
      { hotSet: true },
    ),
  watch: () =>
    onStore(async (store) => {
      const folder = join(sources, 'watched');
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'a.ndjson'), lines().join('\n'));
      const options = { key: 'id', stabilityMs: 50, maxWaitMs: 200, pollMs: 50, workers: 2 };
      const watcher = await store.watch(folder, { collection: 'watched', ...options });
      const before = store.stat().generation;
      writeFileSync(join(folder, 'b.ndjson'), lines(RECORDS).join('\n'));
      while (store.stat().generation === before) await setTimeout(20);
      await watcher.close();
    }),
  compact: () => onStore((store) => store.compact({ minDeadShare: 0 })),
  addIndex: () => onStore((store) => store.createIndex('records', 'text')),
  dropIndex: () => onStore((store) => store.dropIndex('records', 'text')),
  rename: () => onStore((store) => store.rename('records', 'others')),
  renameBack: () => onStore((store) => store.rename('others', 'records')),
  retry: () =>
    onStore(async (store) => {
      const [file] = await store.quarantine.files();
      await store.quarantine.retry(/** @type {{ name: string }} */ (file).name, {
        corrected: [{ number: 1, text: '{"id":-1}' }],
      });
    }),
  drop: () => onStore((store) => store.drop('records')),
  backup: () => onStore((store) => store.backup(join(out, 'backups', 'linked')), { readOnly: true }),
  // What the group may read of the original is no right of the copy.
  backupCopy: () =>
    onStore((store) => store.backup(join(out, 'backups', 'copied'), { copy: true }), { readOnly: true }),
  repair: () => repairStore(path, { workers: 2 }),
  repairShards: () => repairStore(path, { workers: 2, fromShards: true }),
  export: () => cli('export', '--store', path, '--out', join(out, 'all.ndjson')),
  exportDocument: () => cli('export', '--store', path, '--format', 'json', '--out', join(out, 'all.json')),
  cliImport: () => cli('import', source, '--store', join(out, 'cli'), '--key', 'id', '--on-bad-record', 'quarantine'),
  cliPut: () => cli('put', '{"id":9}', '--store', join(out, 'cli')),
  cliBackup: () => cli('backup', join(out, 'cli-backup'), '--copy', '--store', join(out, 'cli')),
  cliRepair: () => cli('repair', '--store', join(out, 'cli'), '--quiet'),
  cliDefault: () => cli('import', source, '--key', 'id', '--on-bad-record', 'skip', '--quiet'),
  async sealed() {
    const store = await openStore(join(out, 'sealed'), { config: false, encryption });
    await store.import(source, { ...IMPORT, indexes: ['group'] });
    await store.collection().put({ id: 1, group: 'put' });
    await store.compact({ minDeadShare: 0 });
    await store.close();
    await repairStore(join(out, 'sealed'), { workers: 2, encryption });
  },
  encrypt: () => encryptStore(path, { workers: 2, encryption }),
  rotate: () => rotateKey(path, { encryption, newEncryption, config: false }),
  reencrypt: () => reencryptStore(path, { closed: true, workers: 2, encryption: newEncryption }),
  decrypt: () => decryptStore(path, { workers: 2, encryption: newEncryption }),
  /** What must be found. */
  wide: async () => {
    mkdirSync(join(out, 'wide'));
    writeFileSync(join(out, 'wide', 'file'), '', { mode: 0o640 });
    chmodSync(join(out, 'wide', 'file'), 0o600);
  },
};

writeFileSync(source, `${lines().join('\n')}\n{"id":bad}\n{"id":worse}\n`);
for (const name of names) {
  const step = STEPS[name];
  if (step === undefined) throw new Error(`no step ${name}`);
  await step();
  console.log(name);
}
