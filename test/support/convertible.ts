// A store that has something of everything a conversion has to keep, and what it shows of that.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore, type Store, type StoreOptions } from '../../dist/src/index.js';
import { fileWith } from './import-files.js';
import { contents } from './upkeep.js';

/** In each record, each key, and in the names of sources and collections. */
export const WORD = 'qzxsecretv';
export const COLLECTION = `c${WORD}`;
export const FOLDER = `f${WORD}`;

/** How the file that `build` returns is imported, and followed. */
export const FOLLOWING = { collection: FOLDER, key: 'id', indexes: ['group'], workers: 1 };

const row = (i: number, version = 1) =>
  JSON.stringify({ id: `${WORD}${i}`, n: i, group: `${WORD}-g${i % 7}`, mail: `${WORD}${i}@`, version });
const rows = (from: number, to: number, version = 1) =>
  Array.from({ length: to - from }, (_, i) => `${row(from + i, version)}\n`).join('');

/** Makes the store, plain. @param sources a directory for them @returns the file that one of its collections follows */
export async function build(directory: string, sources: string): Promise<string> {
  const file = (text: string, name: string) => fileWith(text, `${WORD}-${name}.ndjson`, sources);
  const store = await openStore(directory);
  try {
    const indexes = ['group', ['n', 'group'], { path: 'mail', unique: true }] as const;
    const how = { collection: COLLECTION, key: 'id', indexes: [...indexes], spanBytes: 16_384, workers: 1 };
    const bad = `${rows(0, 700)}{"id":"${WORD}bad","n":01}\n${rows(700, 1000)}`;
    await store.import(file(bad, 'bad'), { ...how, onBadRecord: 'quarantine' });
    for (let i = 0; i < 5; i++)
      await store.import(file(rows(1000 + 50 * i, 1050 + 50 * i), `${i}`), { ...how, mode: 'upsert' });
    await store.transaction((transaction) => {
      const records = transaction.collection(COLLECTION);
      for (let i = 1000; i < 1020; i++) records.delete(`${WORD}${i}`);
    });
    await store.compact({ minDeadShare: 0.1, joinBytes: 1 << 20 });
    await store.transaction((transaction) => {
      const records = transaction.collection(COLLECTION);
      for (let i = 0; i < 30; i++) records.put(JSON.parse(row(i, 2)));
      for (let i = 30; i < 60; i++) records.patch(`${WORD}${i}`, { version: 3 });
      for (let i = 60; i < 90; i++) records.delete(`${WORD}${i}`);
      for (let i = 2000; i < 2040; i++) records.put(JSON.parse(row(i, 4)));
    });
    await store.import(file(rows(0, 300), 'ordinal'), { collection: `o${WORD}`, spanBytes: 16_384, workers: 1 });
    const long = `${WORD}${'x'.repeat(3000)}`;
    await store.import(file(`${JSON.stringify({ id: 1, long })}\n`, 'long'), {
      ...{ collection: `l${WORD}`, indexes: ['long'], workers: 1 },
    });
    const folder = join(sources, `${WORD}-folder.ndjson`);
    writeFileSync(folder, rows(0, 400));
    await store.import(folder, FOLLOWING);
    return folder;
  } finally {
    await store.close();
  }
}

/** All that a store shows of its data, whatever its keys are at rest. */
export async function shown(directory: string, options: StoreOptions, inOrder: boolean): Promise<unknown> {
  const store = await openStore(directory, options);
  try {
    const { faults } = await store.verify({ workers: 1 });
    if (faults.length > 0) throw new Error(JSON.stringify(faults));
    const records = store.collection(COLLECTION);
    const found = [
      ...['5', '45', '75', '1001', '1049', '2001', 'bad'].map((one) => records.getTextSync(WORD + one) ?? null),
      [...records.findSync('group', `${WORD}-g3`)].map(({ value }) => JSON.stringify(value)).sort(),
      [...records.findSync('mail', `${WORD}7@`)].length,
    ];
    const ordered = inOrder
      ? [
          [...records.rangeSync({ prefix: `${WORD}1` })].map(({ key }) => key),
          [...records.rangeSync({ index: ['n', 'group'], gte: [990], lt: [1060] })].map(({ key }) => key),
        ]
      : [];
    const all = inOrder ? await contents(store) : undefined;
    return { all, texts: await texts(store), found, ordered, quarantine: await quarantined(store) };
  } finally {
    await store.close();
  }
}

async function texts(store: Store): Promise<unknown> {
  const found: Record<string, string[]> = {};
  for (const name of store.collections().sort()) {
    found[name] = [];
    for await (const { text } of store.collection(name).scanText()) found[name].push(text);
  }
  return found;
}

async function quarantined(store: Store): Promise<unknown> {
  const found: unknown[] = [];
  for (const file of await store.quarantine.files()) {
    found.push([file.collection, file.time]);
    for await (const { text, reason } of store.quarantine.records(file.name)) found.push([text, reason]);
  }
  return found;
}
