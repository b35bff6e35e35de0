// A store in which every text, key, path and name has one word in it, and every record one range of numbers; what it shows of its
// data; and the operations that are tried on it (at-rest-child.mjs), in processes of their own.

import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { openStore, type StoreOptions } from '../../dist/src/index.js';
import { NUMBER, WORD } from './plaintexts.js';

const CHILD = fileURLToPath(new URL('at-rest-child.mjs', import.meta.url));

/** Paths of members of the records. */
export const [ID, GROUP, MAIL, COUNT] = ['id', 'group', 'mail', 'count'].map((name) => `${WORD}${name}`) as [
  string,
  string,
  string,
  string,
];
export const COLLECTION = `c${WORD}`;
export const FOLDER = `f${WORD}`;
const INDEXES = [GROUP, [COUNT, GROUP], { path: MAIL, unique: true }] as const;

const recordOf = (i: number, version = 1) => ({
  [ID]: `${WORD}${i}`,
  [GROUP]: `${WORD}-g${i % 5}`,
  [MAIL]: `${WORD}${i}@`,
  [COUNT]: NUMBER + i,
  [`${WORD}text`]: `${WORD} ${'of no index '.repeat(1 + (i % 7))}${version}`,
});
const lines = (from: number, to: number, version = 1): string =>
  Array.from({ length: to - from }, (_, i) => `${JSON.stringify(recordOf(from + i, version))}\n`).join('');

/** What the operations read: sources beside the store, never in it. */
export interface Sources {
  readonly directory: string;
  /** With records that are no JSON. */
  readonly file: string;
  /** Is watched. */
  readonly folder: string;
}

export function writeSources(directory: string): Sources {
  const sources = { directory, file: join(directory, `${WORD}.ndjson`), folder: join(directory, WORD) };
  mkdirSync(sources.folder, { recursive: true });
  writeFileSync(sources.file, `${lines(50, 120, 2)}{"${ID}":"${WORD}bad",oops}\n${lines(120, 200, 2)}`);
  for (const i of [0, 1, 2]) writeFileSync(join(sources.folder, `${WORD}${i}.ndjson`), lines(20 * i, 20 * i + 20));
  return sources;
}

/** Changes the watched folder: a file less, one more, and one that is another. */
export function changeSources({ folder }: Sources): void {
  writeFileSync(join(folder, `${WORD}1.ndjson`), lines(22, 45, 3));
  writeFileSync(join(folder, `${WORD}9.ndjson`), lines(60, 70));
}

/** Makes the store. */
export async function build(directory: string, options: StoreOptions, { directory: beside, file, folder }: Sources) {
  const store = await openStore(directory, options);
  const small = join(beside, 'small.ndjson');
  const how = { collection: COLLECTION, key: ID, indexes: [...INDEXES], workers: 1 };
  try {
    writeFileSync(small, lines(0, 100));
    await store.import(small, { ...how, spanBytes: 8192 });
    for (const i of [0, 1]) {
      writeFileSync(small, lines(100 + 10 * i, 110 + 10 * i));
      await store.import(small, { ...how, mode: 'upsert' });
    }
    await store.import(file, { ...how, collection: `q${WORD}`, onBadRecord: 'quarantine' });
    await store.import(folder, { collection: FOLDER, key: ID, indexes: [GROUP], workers: 1 });
    const by = { why: `because of ${WORD}` };
    await store.transaction((transaction) => {
      const records = transaction.collection(COLLECTION);
      for (let i = 0; i < 10; i++) records.delete(`${WORD}${3 * i}`);
      for (let i = 200; i < 205; i++) records.put(recordOf(i));
    }, by);
  } finally {
    await store.close();
  }
}

/** All that a store shows of its data. @throws when it is not sound */
export async function shown(directory: string, options: StoreOptions): Promise<string> {
  const store = await openStore(directory, options);
  try {
    const { isSound, faults } = await store.verify({ workers: 1 });
    if (!isSound) throw new Error(JSON.stringify(faults));
    const found: unknown[] = [];
    for (const name of store.collections().sort()) {
      const texts: string[] = [];
      for await (const { text } of store.collection(name).scanText()) texts.push(text);
      const collection = store.collection(name);
      const hasGroups = collection.stat().indexes.some(({ path }) => path === GROUP);
      const groups = hasGroups ? [0, 1, 2, 3, 4] : [];
      found.push([name, texts.sort(), groups.map((n) => [...collection.findSync(GROUP, `${WORD}-g${n}`)].length)]);
    }
    return JSON.stringify(found);
  } finally {
    await store.close();
  }
}

/** What is done, in turn. Those of the second line make a store of another kind. */
export const OPERATIONS = [
  ...['import', 'stream', 'transaction', 'watch', 'compact', 'index', 'retry', 'repair'],
  ...['encrypt', 'reencrypt'],
] as const;
export type Operation = (typeof OPERATIONS)[number];

/** A process that is to do it, and waits. @param temporary where it may have files beside the store */
export async function waiting(
  operation: Operation,
  store: string,
  keyFile: string | undefined,
  sources: Sources,
  temporary: string,
): Promise<ChildProcess> {
  const names = { word: WORD, id: ID, group: GROUP, collection: COLLECTION, folder: FOLDER, indexes: INDEXES };
  const what = JSON.stringify({ operation, store, keyFile, sources, names: { ...names, record: recordOf(900) } });
  const child = spawn(process.execPath, ['--v8-pool-size=1', CHILD, what], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, UV_THREADPOOL_SIZE: '2', TMPDIR: temporary },
  });
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout! }).once('line', () => resolve());
    child.once('exit', (code, signal) => reject(new Error(`${operation} ended with ${signal ?? code}`)));
  });
  return child;
}

export function copyStore(from: string, to: string): string {
  cpSync(from, to, { recursive: true });
  return to;
}
