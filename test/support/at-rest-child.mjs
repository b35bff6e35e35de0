// Does one operation on a store, for tests that look at its files meanwhile. Argument: JSON of
//   { operation, store, keyFile?, sources, names }
// Prints "ready" when all is loaded and the store is open, and goes on with the next line of stdin. Ends by itself.

import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { runImport } from '../../dist/src/api/later.js';
import { encryptStore, openStore, reencryptStore, repairStore } from '../../dist/src/index.js';
import { files } from '../../dist/src/store/files/file-blobs.js';
import { openRecovered } from '../../dist/src/store/lock/recovery.js';
import { unlocked } from '../../dist/src/store/lock/unlock.js';

const { operation, store: directory, keyFile, sources, names } = JSON.parse(/** @type {string} */ (process.argv[2]));
const { word, id, group, collection, folder, indexes, record } = names;
const encryption = keyFile && { keyFile };
const why = `for ${word}`;
/** @type {import('../../dist/src/index.js').ImportOptions} */
const importing = { key: id, indexes, onBadRecord: 'quarantine', workers: 2, spanBytes: 6000, why };

async function openedStore() {
  return openStore(directory, { ...(encryption && { encryption }), audit: { actor: { of: word }, records: true } });
}

/** What each does once it is told to; all before belongs to getting ready. @type {Record<string, () => Promise<() => Promise<unknown>>>} */
const operations = {
  /** With a journal, which smaller imports have not. */
  async import() {
    const place = await unlocked({ directory, blobs: files }, false, { encryption });
    const catalog = await openRecovered(place, { create: false, readOnly: false });
    return async () => {
      await runImport({ ...place, catalog, journalFrom: 0 }, [sources.file], { ...importing, collection: `n${word}` });
      await catalog.close();
    };
  },
  async stream() {
    const store = await openedStore();
    return async () => {
      await store.import(createReadStream(sources.file), { ...importing, collection, mode: 'upsert' });
      await store.close();
    };
  },
  async transaction() {
    const store = await openedStore();
    return async () => {
      const work = (/** @type {import('../../dist/src/index.js').Transaction} */ tx) => {
        const records = tx.collection(collection);
        for (let i = 0; i < 5; i++)
          records.put({ ...record, [id]: `${word}put${i}`, [`${word}mail`]: `${word}put${i}` });
        records.put({ ...record, [id]: `${word}31`, text: word.repeat(2000) });
        records.patch(`${word}32`, { [group]: `${word}-g4` });
        records.delete(`${word}34`);
        tx.createCollection(`t${word}`, { key: id }).put(record);
      };
      await store.transaction(work, { why });
      await store.close();
    };
  },
  async watch() {
    const store = await openedStore();
    return async () => {
      await (
        await store.watch([sources.folder], { collection: folder, key: id, indexes: [group], workers: 2 })
      ).close();
      await store.close();
    };
  },
  async compact() {
    const store = await openedStore();
    return async () => {
      await store.compact({ minDeadShare: 0, joinBytes: 1 << 26, why });
      await store.close();
    };
  },
  async index() {
    const store = await openedStore();
    return async () => {
      await store.createIndex(collection, [`${word}text`, id], { workers: 2, why });
      await store.close();
    };
  },
  async retry() {
    const store = await openedStore();
    return async () => {
      const [file] = await store.quarantine.files();
      const corrected = [{ number: 1, text: JSON.stringify({ ...record, [id]: `${word}corrected` }) }];
      await store.quarantine.retry(/** @type {any} */ (file).name, { corrected, why });
      await store.close();
    };
  },
  async repair() {
    return () => repairStore(directory, { workers: 2, why, ...(encryption && { encryption }) });
  },
  async encrypt() {
    return () => encryptStore(directory, { encryption, workers: 2 });
  },
  async reencrypt() {
    return () => reencryptStore(directory, { encryption });
  },
};

const work = await /** @type {() => Promise<() => Promise<unknown>>} */ (operations[operation])();
process.stdout.write('ready\n');
await once(process.stdin, 'data');
await work();
process.exit(0);
