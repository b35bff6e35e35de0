// Goal: an encrypted store holds what a plain one holds, whatever is done to the two, and none of its files beside the index has
// a key, a value, a name of a collection or a path of a source in it.
// Method: the same steps on a plain store and on an encrypted one. Then all records, lookups and reports are compared, `verify`
// must find both sound, and every file of the encrypted store is searched for words that all records have.

import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { openStore, repairStore, type Store } from '../../dist/src/index.js';
import { fileWith, scratch } from '../support/import-files.js';
import { ENCRYPTED, newStore, seenIn } from '../support/sealed.js';
import { contents } from '../support/upkeep.js';

/** In each record, in each key, in the names of sources and collections. */
const WORD = 'qzxsecretv';
const WORDS = [
  WORD,
  Buffer.from(WORD).toString('base64').slice(0, 10),
  Buffer.from(`a${WORD}`).toString('base64').slice(4, 12),
];
const COLLECTION = `c${WORD}`;

const row = (i: number, version = 1) =>
  `{"id":"${WORD}${i}","n":${i},"group":"${WORD}-g${i % 7}","version":${version}}`;
const rows = (from: number, to: number, version = 1) =>
  Array.from({ length: to - from }, (_, i) => `${row(from + i, version)}\n`).join('');
const BAD = `{"id":"${WORD}bad","n":01}\n`;
const OPTIONS = { collection: COLLECTION, key: 'id', indexes: ['group'], spanBytes: 16_384, workers: 2 };

const STEPS: Record<string, (store: Store, place: string) => Promise<unknown>> = {
  'a file in spans, and threads': async (store, place) => {
    return store.import(fileWith(rows(0, 3000), `${WORD}.ndjson`, place), OPTIONS);
  },
  'a compressed file': async (store, place) => {
    return store.import(fileWith(gzipSync(rows(0, 3000)), `${WORD}.ndjson.gz`, place), OPTIONS);
  },
  'a stream': async (store) => store.import(Readable.from([rows(0, 1500), rows(1500, 3000)]), OPTIONS),
  'a folder': async (store, place) => {
    for (let i = 0; i < 40; i++) writeFileSync(join(place, `${WORD}-${i}.json`), row(i));
    return store.import(place, { ...OPTIONS, key: undefined, indexes: ['group'] });
  },
  'a map': async (store, place) => {
    const members = Array.from({ length: 900 }, (_, i) => `"${WORD}${i}":${row(i)}`).join(',');
    return store.import(fileWith(`{${members}}`, `${WORD}.json`, place), {
      ...OPTIONS,
      key: undefined,
      layout: 'object',
    });
  },
  'bad records in the quarantine': async (store, place) => {
    const source = fileWith(rows(0, 900) + BAD + rows(900, 1800) + BAD.repeat(2), `${WORD}.ndjson`, place);
    const report = await store.import(source, { ...OPTIONS, onBadRecord: 'quarantine' });
    const found = [];
    for await (const record of store.quarantine.records(report.quarantine as string)) found.push(record.text);
    expect(seenIn(store.directory, store.directory.includes('sealed') ? WORDS : [])).toEqual([]);
    const corrected = [{ number: 1, text: `{"id":"${WORD}corrected"}` }];
    const retried = await store.quarantine.retry(report.quarantine as string, { corrected });
    return [found, retried, store.collection(COLLECTION).getTextSync(`${WORD}corrected`)];
  },
  'upserts, transactions, and compactions': async (store, place) => {
    await store.import(fileWith(rows(0, 2000), `${WORD}.ndjson`, place), OPTIONS);
    await store.import(fileWith(rows(500, 900, 2), `${WORD}2.ndjson`, place), { ...OPTIONS, mode: 'upsert' });
    const records = store.collection(COLLECTION);
    await store.transaction((transaction) => {
      const inside = transaction.collection(COLLECTION);
      for (let i = 0; i < 300; i++) inside.put(JSON.parse(row(5000 + i, 3)));
      for (let i = 0; i < 600; i++) inside.delete(`${WORD}${i}`);
    });
    await store.compact({ minDeadShare: 0, joinBytes: 1 << 26 });
    await store.transaction((transaction) => transaction.collection(COLLECTION).delete(`${WORD}1999`));
    await store.compact({ minDeadShare: 0, joinBytes: 1 << 26 });
    return records.stat().records;
  },
  'an index that is made afterwards': async (store, place) => {
    await store.import(fileWith(rows(0, 2000), `${WORD}.ndjson`, place), { ...OPTIONS, indexes: [] });
    await store.transaction((transaction) => {
      const inside = transaction.collection(COLLECTION);
      for (let i = 0; i < 300; i++) inside.put(JSON.parse(row(5000 + i, 3)));
    });
    await store.createIndex(COLLECTION, 'group', { workers: 2 });
    return [...store.collection(COLLECTION).findSync('group', `${WORD}-g3`)].length;
  },
  'watching a file that grows': async (store, place) => {
    const source = fileWith(rows(0, 2000), `${WORD}.ndjson`, place);
    for (const more of [rows(2000, 2500), '']) {
      const watcher = await store.watch([source], OPTIONS);
      await watcher.close();
      appendFileSync(source, more);
    }
    return store.collection(COLLECTION).stat().records;
  },
};

describe('an encrypted store has what a plain one has', () => {
  test.each(Object.keys(STEPS))('%s', async (name) => {
    const parent = scratch();
    const results = [];
    for (const kind of ['plain', 'sealed'] as const) {
      const place = scratch();
      const directory = join(parent, kind);
      const store = await newStore(kind === 'sealed' ? ENCRYPTED : {}, directory);
      const told = await STEPS[name]!(store, place);
      expect(await store.verify({ workers: 2 })).toMatchObject({ isSound: true, faults: [] });
      const { collections } = store.stat();
      const facts = collections.map(({ records, dead }) => ({ records, dead }));
      results.push({ told: plainTold(told), facts, contents: await contents(store) });
      if (kind === 'sealed') expect(seenIn(directory, WORDS)).toEqual([]);
      await store.close();
      if (kind === 'sealed') {
        expect(seenIn(directory, WORDS)).toEqual([]);
        await repairedAndCopied(directory, results[1]!.contents);
      }
    }
    expect(results[1]).toEqual(results[0]);
  });
});

/** A backup, and repairs with the catalog and without. */
async function repairedAndCopied(directory: string, expected: unknown): Promise<void> {
  const copy = join(scratch(), 'copy');
  const store = await openStore(directory, ENCRYPTED);
  await store.backup(copy);
  await store.close();
  const options = { encryption: ENCRYPTED.encryption, workers: 2 };
  expect(await repairStore(copy, options)).toMatchObject({ from: 'catalog', lost: [] });
  const repaired = await openStore(copy, ENCRYPTED);
  expect(await contents(repaired)).toEqual(expected);
  expect(await repaired.verify({ workers: 2 })).toMatchObject({ isSound: true });
  await repaired.compact({ minDeadShare: 0, joinBytes: 1 });
  await repaired.close();
  expect(seenIn(copy, WORDS)).toEqual([]);
  rmSync(join(copy, 'index'), { recursive: true });
  expect(await repairStore(copy, options)).toMatchObject({ from: 'shards' });
  const anew = await openStore(copy, ENCRYPTED);
  expect(await anew.verify({ workers: 2 })).toMatchObject({ isSound: true });
  expect(anew.collections().length).toBeLessThanOrEqual(1);
  await anew.close();
  expect(seenIn(copy, WORDS)).toEqual([]);
}

/** A report without times, sizes and paths. */
function plainTold(told: unknown): unknown {
  if (typeof told !== 'object' || told === null || Array.isArray(told)) return told;
  const { records, rejected, changed, added, removed, unchanged } = told as Record<string, unknown>;
  return { records, rejected, changed, added, removed, unchanged };
}
