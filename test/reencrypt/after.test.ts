// Goal: a store whose data key was exchanged is a store like any other: it is imported into, repaired, backed up, decrypted,
// rotated and encrypted once more. What goes on during the exchange goes on with the new data key, or is refused with an error
// that says why.
// Method: each of these is done after an exchange, or when one was killed halfway, and what the store shows is compared with
// what it showed when it was plain.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decryptStore, encryptStore, openStore, reencryptStore, repairStore, rotateKey } from '../../dist/src/index.js';
import { forget, openRing, storedRing } from '../../dist/src/store/ring/ring.js';
import { CLI } from '../support/cli.js';
import { build, COLLECTION, shown, WORD } from '../support/convertible.js';
import { startImport } from '../support/import-child.js';
import { fileWith, makeDirectory, scratch } from '../support/import-files.js';
import { sealAsText } from '../support/sealed.js';
import { dataKeysOf } from '../support/sealed-keys.js';
import { until } from '../support/until.js';

const made = makeDirectory();
afterAll(made.remove);
const keyFile = join(made.path, 'key');
const encryption = { keyFile };
const OTHER = { key: Buffer.alloc(32, 8) };
/** Encrypted, not exchanged yet; exchanged; and killed in the midst of it. */
const [encrypted, exchanged, halfway] = ['encrypted', 'exchanged', 'halfway'].map((name) => join(made.path, name)) as [
  string,
  string,
  string,
];
let before: Awaited<ReturnType<typeof shown>>;

beforeAll(async () => {
  writeFileSync(keyFile, Buffer.alloc(32, 7), { mode: 0o600 });
  await build(encrypted, made.path);
  before = await shown(encrypted, {}, false);
  await encryptStore(encrypted, { encryption, workers: 1 });
  for (const directory of [exchanged, halfway]) cpSync(encrypted, directory, { recursive: true });
  await reencryptStore(exchanged, { encryption });
  const words = [CLI, 'key', 'reencrypt', '--store', halfway, '--key-file', keyFile];
  const env = { ...process.env, GRISTMILL_FAILPOINTS: 'garbage.unlink=kill' };
  expect(spawnSync(process.execPath, words, { env }).signal).toBe('SIGKILL');
});

function copy(of: string): string {
  const directory = join(scratch(), 'store');
  cpSync(of, directory, { recursive: true });
  return directory;
}

/** Both states that differ from a store with data key 1 alone. */
const STATES = ['exchanged', 'halfway'] as const;
const of = (state: (typeof STATES)[number]): string => copy(state === 'exchanged' ? exchanged : halfway);

test.each(STATES)('%s: decrypted it is what it was', async (state) => {
  const directory = of(state);
  await decryptStore(directory, { encryption, workers: 1 });
  expect(await shown(directory, {}, false)).toEqual(before);
});

test.each(STATES)('%s: made anew it has data key 1 again', async (state) => {
  const directory = of(state);
  await reencryptStore(directory, { encryption, closed: true, workers: 1 });
  expect(await shown(directory, { encryption }, false)).toEqual(before);
  expect(await dataKeysOf(directory)).toEqual([1]);
  const store = await openStore(directory, { encryption });
  expect(await store.audit.verify()).toMatchObject({ isSound: true });
  await store.close();
});

test.each(STATES)('%s: repaired from its catalog, and from its shards', async (state) => {
  const directory = of(state);
  await repairStore(directory, { encryption, workers: 1 });
  expect(await shown(directory, { encryption }, false)).toEqual(before);
  await repairStore(directory, { encryption, workers: 1, fromShards: true });
  const store = await openStore(directory, { encryption });
  expect(store.collection<{ n: number }>(COLLECTION).getSync(`${WORD}5`)?.n).toBe(5);
  expect((await store.verify({ workers: 1 })).faults).toEqual([]);
  await store.close();
});

test.each(STATES)('%s: a backup opens, and so does the store with another key', async (state) => {
  const directory = of(state);
  const target = join(scratch(), 'backup');
  const store = await openStore(directory, { encryption });
  await store.backup(target);
  await store.close();
  const shows = (await shown(target, { encryption }, false)) as { texts: unknown };
  expect(shows.texts).toEqual((before as { texts: unknown }).texts);
  await rotateKey(directory, { encryption, newEncryption: OTHER, config: false });
  expect(await shown(directory, { encryption: OTHER }, false)).toEqual(before);
  await reencryptStore(directory, { encryption: OTHER });
  expect(await shown(directory, { encryption: OTHER }, false)).toEqual(before);
});

test.each(STATES)('%s: new collections, imports and indexes are sealed with the new data key', async (state) => {
  const directory = of(state);
  const store = await openStore(directory, { encryption });
  const source = fileWith('{"id":"a","v":1}\n{"id":"b","v":2}\n', 'new.ndjson');
  await store.import(source, { collection: 'imported', key: 'id', indexes: ['v'], workers: 1 });
  await store.transaction((t) => void t.createCollection('made', { key: 'id' }).put({ id: 'c', v: 3 }));
  await store.createIndex('made', 'v');
  await store.compact({ minDeadShare: 0, joinBytes: 1 << 26 });
  await store.close();
  await reencryptStore(directory, { encryption });
  const again = await openStore(directory, { encryption });
  expect([...again.collection('imported').findSync('v', 2)].map(({ value }) => value)).toEqual([{ id: 'b', v: 2 }]);
  expect([...again.collection('made').findSync('v', 3)].map(({ value }) => value)).toEqual([{ id: 'c', v: 3 }]);
  expect((await again.verify({ workers: 1 })).faults).toEqual([]);
  expect(await again.audit.verify()).toMatchObject({ isSound: true });
  await again.close();
  const [number, ...others] = await dataKeysOf(directory);
  expect(others).toEqual([]);
  expect(number).toBe(state === 'exchanged' ? 3 : 2);
});

test('a checkpoint from before the exchange still fits the audit log', async () => {
  const directory = copy(encrypted);
  const store = await openStore(directory, { encryption });
  const checkpoint = (await store.audit.checkpoint())!.line;
  await reencryptStore(directory, { encryption });
  expect(await store.audit.verify({ since: checkpoint })).toMatchObject({ isSound: true });
  await store.close();
  const again = await openStore(directory, { encryption });
  expect(await again.audit.verify({ since: checkpoint })).toMatchObject({ isSound: true });
  await again.close();
});

test('snapshots that are held keep the state that they show, and the exchange waits for them', async () => {
  const directory = copy(encrypted);
  const store = await openStore(directory, { encryption });
  const held = store.snapshot();
  const exchange = reencryptStore(directory, { encryption });
  const isOver = Promise.race([exchange.then(() => true), new Promise((resolve) => setTimeout(resolve, 2000, false))]);
  expect(await isOver).toBe(false);
  expect(held.collection<{ n: number }>(COLLECTION).getSync(`${WORD}1049`)?.n).toBe(1049);
  await store.collection(COLLECTION).put({ id: `${WORD}while`, n: 1, group: 'x', mail: 'while' });
  held.release();
  await exchange;
  expect(store.collection<{ n: number }>(COLLECTION).getSync(`${WORD}while`)?.n).toBe(1);
  await store.close();
  expect(await dataKeysOf(directory)).toEqual([2]);
});

test('a process that has opened the store with the key before its rotation is told so', async () => {
  const directory = copy(encrypted);
  const store = await openStore(directory, { encryption });
  await rotateKey(directory, { encryption, newEncryption: OTHER, config: false });
  const records = store.collection<{ id: string; n: number }>(COLLECTION);
  expect(records.getSync(`${WORD}5`)?.n).toBe(5);
  await reencryptStore(directory, { encryption: OTHER });
  await expect(records.get(`${WORD}6`)).rejects.toMatchObject({ code: 'WRONG_KEY' });
  await expect(records.put({ id: 'x', n: 1 })).rejects.toMatchObject({ code: 'WRONG_KEY' });
  await store.close();
  expect(await shown(directory, { encryption: OTHER }, false)).toEqual(before);
});

test('an import that could be resumed begins anew', async () => {
  const directory = copy(encrypted);
  const text = Array.from({ length: 400 }, (_, i) => `{"id":"${i}"${i % 50 === 7 ? 'oops' : ''}}\n`).join('');
  const sources = [fileWith(text, 'rows.json')];
  const options = { collection: 'i', key: 'id', onBadRecord: 'quarantine', spanBytes: 1500 } as const;
  const ring = await openRing(directory, storedRing(directory)!, encryption);
  const seal = sealAsText(ring);
  // Texts of errors are withheld as long as somebody has the keys.
  forget(ring);
  expect(await startImport({ directory, sources, options, seal, killAtScan: 2 }).ended).toBeUndefined();
  expect(await reencryptStore(directory, { encryption })).toMatchObject({ dropped: 1 });
  expect(await dataKeysOf(directory)).toEqual([2]);
  expect(await shown(directory, { encryption }, false)).toEqual(before);
  const store = await openStore(directory, { encryption });
  expect((await store.import(sources, { ...options, workers: 1 })).resumed).toBeUndefined();
  expect(store.collection(options.collection).stat().records).toBe(392);
  expect((await store.verify({ workers: 1 })).leftovers).toEqual({ trees: [], files: [], temporary: [] });
  await store.close();
});

test('stat names an exchange and a conversion that were interrupted, and the next one removes what was left', async () => {
  const directory = copy(halfway);
  mkdirSync(join(directory, 'decrypt.partial', 'shards'), { recursive: true });
  const facts = async () => {
    const store = await openStore(directory, { encryption });
    const { encryption: of, converting } = store.stat();
    await store.close();
    return { exchanging: of?.exchanging, converting };
  };
  expect(await facts()).toEqual({ exchanging: true, converting: 'decrypt' });
  const { stdout } = spawnSync(process.execPath, [CLI, 'stat', '--store', directory, '--key-file', keyFile], {
    encoding: 'utf8',
  });
  expect(stdout).toContain('decrypt.partial has plain files');
  expect(stdout).toContain('gristmill key reencrypt');
  await reencryptStore(directory, { encryption });
  expect(await facts()).toEqual({});
  expect(existsSync(join(directory, 'decrypt.partial'))).toBe(false);
});

test('options that the other way of doing it has are refused', async () => {
  const directory = copy(encrypted);
  for (const wrong of [
    { keys: 'plaintext' },
    { workers: 1 },
    { closed: true, why: 'x' },
    { closed: true, wait: true },
  ]) {
    await expect(reencryptStore(directory, { encryption, ...wrong } as never)).rejects.toThrow(TypeError);
  }
  await expect(reencryptStore(directory, { encryption: OTHER })).rejects.toMatchObject({ code: 'WRONG_KEY' });
  expect(await dataKeysOf(directory)).toEqual([1]);
});

test('a cancelled exchange leaves a store that is used, and calling it again continues', async () => {
  const directory = copy(encrypted);
  const store = await openStore(directory, { encryption });
  const held = store.snapshot();
  const cancelling = new AbortController();
  const exchange = reencryptStore(directory, { encryption, signal: cancelling.signal });
  await until(() => store.stat().encryption?.dataKey === 2);
  cancelling.abort();
  await expect(exchange).rejects.toMatchObject({ code: 'CANCELLED', message: expect.stringContaining('continues') });
  held.release();
  await store.close();
  expect(await shown(directory, { encryption }, false)).toEqual(before);
  await reencryptStore(directory, { encryption });
  expect(await dataKeysOf(directory)).toEqual([2]);
});
