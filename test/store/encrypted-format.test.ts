// Goal: encrypted stores of the release that made them first can be read, verified, changed, converted and given another key.
// Method: two stores kept from that release, with keys hidden and plain (made by test/support/store-v5-encrypted.mjs), read in
// every way there is, against the records that were put into them, and the state of the audit log then.

import { chmodSync, cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { endianness } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  decryptStore,
  openStore,
  reencryptStore,
  repairStore,
  rotateKey,
  type Store,
  type StoreOptions,
} from '../../dist/src/index.js';
import { scratch } from '../support/import-files.js';

const FIXTURE = fileURLToPath(new URL('../fixtures/store-v5-encrypted', import.meta.url));
const encryption = { key: Buffer.from('a key of thirty-two bytes, known') };
const KEYS = ['hidden', 'plaintext'] as const;
const fixed = (name: string) => JSON.parse(readFileSync(join(FIXTURE, `${name}.json`), 'utf8'));
const expected: [number, string][] = fixed('expected').rows;
const checkpoints: Record<(typeof KEYS)[number], string> = fixed('checkpoints');
/** LMDB's file is of one word size and byte order, and so is the fixture. */
const isReadable = endianness() === 'LE' && ['x64', 'arm64'].includes(process.arch);

interface Row {
  readonly id: number;
  readonly group: string;
  readonly version: number;
}

/** A copy of the fixture with the rights a store has; git keeps none. */
function copied(keys: string): string {
  const store = join(scratch(), 'store');
  cpSync(join(FIXTURE, keys), store, { recursive: true });
  chmodSync(store, 0o700);
  for (const entry of readdirSync(store, { recursive: true, withFileTypes: true }))
    chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o700 : 0o600);
  return store;
}

async function opened(directory: string, options: StoreOptions = { encryption }): Promise<Store> {
  const store = await openStore(directory, { config: false, ...options });
  onTestFinished(() => store.close());
  return store;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** Everything in every way there is. @param stored texts by id */
async function readAll(store: Store, isOrdered: boolean, stored = new Map(expected)): Promise<void> {
  const rows = store.collection<Row>('rows');
  for (let id = 0; id < 220; id++) expect(rows.getTextSync(id)).toBe(stored.get(id));
  const ids = (some: readonly { primaryKey: unknown }[]) => some.map(({ primaryKey }) => primaryKey as number).sort();
  const having = (is: (row: Row) => boolean) =>
    [...stored].flatMap(([id, text]) => (is(JSON.parse(text)) ? [id] : [])).sort();
  expect(rows.count()).toBe(stored.size);
  expect((await all(rows.scanText())).map(({ text }) => text).sort()).toEqual([...stored.values()].sort());
  expect(ids(await all(rows.find('group', 'g1')))).toEqual(having(({ group }) => group === 'g1'));
  expect(ids(await all(rows.find(['version', 'group'], [1, 'g3'])))).toEqual(
    having(({ version, group }) => version === 1 && group === 'g3'),
  );
  expect(ids(await all(rows.find('mail', '50@b')))).toEqual([50]);
  expect(store.collection('names').getSync('Grace')).toEqual({ n: 2 });
  if (isOrdered) {
    const inOrder = [...stored].sort(([one], [other]) => one - other).map(([, text]) => text);
    expect((await all(rows.rangeText())).map(({ text }) => text)).toEqual(inOrder);
  } else await expect(all(rows.range())).rejects.toMatchObject({ code: 'RANGE_NEEDS_PLAINTEXT_KEYS' });
  const [file] = await store.quarantine.files();
  expect(file).toMatchObject({ collection: 'rows' });
  expect((await all(store.quarantine.records(file!.name))).map(({ text }) => text)).toEqual(['{"id":"bad",oops}']);
  expect(await store.verify({ workers: 1 })).toMatchObject({ isSound: true, faults: [] });
}

test.skipIf(!isReadable).each(KEYS)('keys %s: it is read as it was written', async (keys) => {
  const readOnly = await opened(copied(keys), { encryption, readOnly: true });
  expect(readOnly.stat()).toMatchObject({ format: 5, encryption: { keys, dataKey: 1 } });
  await readAll(readOnly, keys === 'plaintext');
  expect(await readOnly.audit.verify({ since: checkpoints[keys] })).toMatchObject({ isSound: true, entries: 8 });
  const operations = (await all(readOnly.audit.log())).map(({ operation }) => operation);
  expect([operations[0], operations.includes('compact'), operations.at(-1)]).toEqual(['import', true, 'import']);
});

describe.skipIf(!isReadable).each(KEYS)('keys %s: it', (keys) => {
  const isOrdered = keys === 'plaintext';

  test('is not opened without its key', async () => {
    const store = copied(keys);
    await expect(openStore(store, { config: false })).rejects.toMatchObject({ code: 'KEY_NEEDED' });
    await expect(openStore(store, { config: false, encryption: { key: Buffer.alloc(32) } })).rejects.toMatchObject({
      code: 'WRONG_KEY',
    });
  });

  test('is changed', async () => {
    const store = await opened(copied(keys));
    const rows = store.collection('rows');
    const next = new Map(expected);
    await expect(rows.put({ id: 300, mail: ['50@a'] })).rejects.toMatchObject({ code: 'UNIQUE_VIOLATION' });
    for (const id of [7, 300]) {
      const text = JSON.stringify({ id, group: 'g1', version: 9 });
      await rows.putText(text);
      next.set(id, text);
    }
    await rows.delete(11);
    next.delete(11);
    next.delete(300);
    await rows.delete(300);
    await readAll(store, isOrdered, next);
    await store.compact({ minDeadShare: 0, joinBytes: 1 << 20 });
    await readAll(store, isOrdered, next);
    expect(await store.audit.verify({ since: checkpoints[keys] })).toMatchObject({ isSound: true });
  });

  test('is repaired, also from its shards alone', async () => {
    const store = copied(keys);
    expect(await repairStore(store, { workers: 1, encryption })).toMatchObject({ from: 'catalog', lost: [] });
    const repaired = await opened(store);
    await readAll(repaired, isOrdered);
    await repaired.close();
    await repairStore(store, { workers: 1, encryption, fromShards: true });
    const again = await opened(store);
    // What a transaction put after the compaction is in the index alone.
    for (const [id, text] of expected.filter(([id]) => id !== 7 && id !== 9))
      expect(again.collection('rows').getTextSync(id)).toBe(text);
  });

  test('gets another key, other data keys, and is decrypted', async () => {
    const store = copied(keys);
    const newEncryption = { key: Buffer.alloc(32, 1) };
    await rotateKey(store, { encryption, newEncryption, config: false });
    const rotated = await opened(store, { encryption: newEncryption });
    await readAll(rotated, isOrdered);
    await rotated.close();
    await reencryptStore(store, { encryption: newEncryption, closed: true, workers: 1 });
    const again = await opened(store, { encryption: newEncryption });
    await readAll(again, isOrdered);
    await again.close();
    await decryptStore(store, { encryption: newEncryption, workers: 1 });
    expect(existsSync(join(store, 'keys.json'))).toBe(false);
    await readAll(await opened(store, {}), true);
  });
});
