// Goal: nothing of the index of an encrypted store can be read without its key, nor changed without being noticed.
// Method: a store with every kind of value is changed through LMDB, as somebody without the key would: each value flipped,
// removed, moved, copied, and put back as it was before. The format is read again by code that knows only docs/format.md.

import { createDecipheriv, hkdfSync } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { initStore, openStore } from '../../dist/src/index.js';
import { DatabaseSeal, IndexSeal } from '../../dist/src/store/seal/index-seal.js';
import { temporaryDirectory } from '../support/build-store.js';
import { openSealed, type SealedValue, tamper } from '../support/sealed-index.js';

const KEY = Buffer.alloc(32, 0x5a);
const HOW = { encryption: { key: KEY }, hotSet: false, config: false } as const;
const SECRET = 'xyzzy-plaintext';

const directory = temporaryDirectory();
const before = join(directory.path, 'before');
const after = join(directory.path, 'after');
const copy = join(directory.path, 'copy');
let old: readonly SealedValue[];
let now: readonly SealedValue[];

beforeAll(async () => {
  const source = join(directory.path, 'source.ndjson');
  const records = Array.from({ length: 600 }, (_, id) =>
    JSON.stringify({ id, group: id % 7, name: `${SECRET}-${id}` }),
  );
  writeFileSync(source, records.join('\n'));
  await initStore(before, { encryption: HOW.encryption, keys: 'plaintext', config: false });
  let store = await openStore(before, HOW);
  await store.import(source, { collection: SECRET, key: 'id', indexes: ['group'], workers: 1 });
  await store.transaction((transaction) => {
    transaction.createCollection('other', { key: 'id' }).put({ id: 1, text: SECRET });
    transaction.collection(SECRET).put({ id: 7, group: 1, name: `${SECRET}-again` });
    transaction.collection(SECRET).delete(8);
  });
  await store.close();
  cpSync(before, after, { recursive: true });
  store = await openStore(after, HOW);
  await store.transaction((transaction) => {
    transaction.collection('other').put({ id: 1, text: `${SECRET}-newer` });
    transaction.collection(SECRET).put({ id: 7, group: 1, name: `${SECRET}-newest` });
    transaction.collection(SECRET).delete(9);
    // More than the journal holds, so that all is put where it belongs.
    transaction.collection('other').put({ id: 2, text: 'x'.repeat(300_000) });
  });
  await store.collection('other').put({ id: 3, text: SECRET });
  await store.close();
  old = await valuesOf(before);
  now = await valuesOf(after);
});
afterAll(() => directory.remove());

async function valuesOf(store: string): Promise<readonly SealedValue[]> {
  const index = openSealed(store);
  try {
    return index.values();
  } finally {
    await index.close();
  }
}

/** Opens a copy of the store that was changed; it must be refused. */
async function refused(change: Parameters<typeof tamper>[1]): Promise<void> {
  cpSync(after, copy, { recursive: true });
  await tamper(copy, change);
  await expect(openStore(copy, HOW)).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
}

const nameOf = ({ database, key }: SealedValue) => `${database} ${key.toString('hex')}`;
const isSame = (left: SealedValue, right: SealedValue) => nameOf(left) === nameOf(right);

/** One value of each kind of keys. */
function kinds(values: readonly SealedValue[]): readonly SealedValue[] {
  const kindOf = ({ database, key }: SealedValue) =>
    database === 'meta' ? `${key[0]} ${key.byteLength > 5}` : `${database} ${database === 'journal' && key[0]}`;
  return [...new Map(values.map((value) => [kindOf(value), value])).values()];
}

describe('the index of an encrypted store', () => {
  test('has every kind of value that transactions and imports leave', () => {
    const found = new Set(now.filter(({ database }) => database === 'meta').map(({ key }) => key[0]));
    for (const kind of [0, 1, 2, 3, 7, 9]) expect(found).toContain(kind);
  });

  test('shows no text of a record, no name of a collection and no path of a key', () => {
    const files = ['index/data.mdb', 'keys.json'].map((name) => readFileSync(join(after, name)));
    for (const bytes of files) {
      for (const word of [SECRET, 'other', '"framing"', '"records"']) expect(bytes.includes(word)).toBe(false);
    }
  });

  test('is written in the documented format', async () => {
    const ring = JSON.parse(readFileSync(join(after, 'keys.json'), 'utf8'));
    const storeId = Buffer.from(ring.storeId, 'hex');
    const gcm = (key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, sealed: Buffer): Buffer => {
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
      decipher.setAAD(aad).setAuthTag(sealed.subarray(-16));
      return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
    };
    const wrapped = Buffer.from(ring.dataKeys[0].wrapped, 'hex');
    const context = Buffer.from(`gristmill data key 1 ${ring.storeId} 1`);
    const dataKey = gcm(KEY, wrapped.subarray(0, 12), context, wrapped.subarray(12));
    const texts = now.map(({ database, key, value }) => {
      expect([value[0], value[1], value.readUInt16LE(2)]).toEqual([1, 0, 1]);
      const info = Buffer.concat([Buffer.from('gristmill index 1'), storeId]);
      const session = new Uint8Array(hkdfSync('sha256', dataKey, value.subarray(4, 20), info, 32));
      const nonce = Buffer.concat([Buffer.alloc(4), value.subarray(20, 28)]);
      const aad = Buffer.concat([value.subarray(0, 4), Buffer.from(`${database}\0`), key]);
      return gcm(session, nonce, aad, value.subarray(28)).toString('latin1');
    });
    expect(texts.filter((text) => text.includes(`"name":"${SECRET}-newest"`))).toHaveLength(1);
    expect(texts.some((text) => text.includes(`"name":"${SECRET}"`))).toBe(true);
  });

  test('is refused when any value is removed', async () => {
    for (const one of [...kinds(now), ...now.slice(0, 12)])
      await refused((index) => index.remove(one.database, one.key));
  });

  test('is refused when any value is put back as it was before', async () => {
    const changed = old.filter((one) => now.some((other) => isSame(one, other) && !one.value.equals(other.value)));
    expect(changed.length).toBeGreaterThan(5);
    for (const { database, key, value } of changed) await refused((index) => index.put(database, key, value));
  });

  test('is refused when a value that was removed is put back', async () => {
    const gone = old.filter((one) => !now.some((other) => isSame(one, other)));
    for (const { database, key, value } of gone) await refused((index) => index.put(database, key, value));
  });

  test('is refused when values change places, or one is there twice', async () => {
    for (const [i, one] of kinds(now).entries()) {
      const other = now.find((value, at) => value.database === one.database && value.key[0] === one.key[0] && at !== i);
      if (other === undefined || isSame(one, other)) continue;
      await refused((index) => {
        index.put(one.database, one.key, other.value);
        index.put(other.database, other.key, one.value);
      });
      await refused((index) => index.put(one.database, Buffer.concat([one.key, Buffer.of(1)]), one.value));
    }
  });

  test('is refused by all who open it when it has no digest, or that of an older state', async () => {
    const digest = now.find(({ database }) => database === 'state')!;
    const older = old.find(({ database }) => database === 'state')!;
    await refused((index) => index.remove('state', digest.key));
    await refused((index) => index.put('state', digest.key, older.value));
    await refused((index) => index.put('state', digest.key, now[0]!.value));
    await expect(openStore(copy, { ...HOW, readOnly: true })).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
  });

  test('gives no value of which any byte was changed, or which was cut', () => {
    const seal = new IndexSeal({
      ...{ storeId: Buffer.alloc(16, 1), keys: 'plaintext', active: 1 },
      dataKeys: [{ number: 1, key: KEY }],
    });
    const key = Buffer.from('0700000001', 'hex');
    const sealed = seal.meta.seal(key, Buffer.from('a value'));
    expect(seal.meta.open(key, sealed).toString()).toBe('a value');
    for (let at = 0; at < sealed.byteLength; at++) {
      for (const bit of [1, 0x80]) {
        const changed = Buffer.from(sealed);
        changed[at]! ^= bit;
        expect(seal.meta.open(key, changed).byteLength).toBe(0);
      }
      expect(seal.meta.open(key, sealed.subarray(0, at)).byteLength).toBe(0);
    }
    expect(seal.pages.open(key, sealed).byteLength).toBe(0);
    expect(seal.meta.open(Buffer.from('0700000002', 'hex'), sealed).byteLength).toBe(0);
    expect(DatabaseSeal.prototype.open.call(seal.meta, key, Buffer.alloc(0)).byteLength).toBe(0);
  });

  test('is not sound for verify where a byte of a value was changed, and says what is damaged', async () => {
    for (const one of kinds(now)) {
      // Without these nothing can be read.
      if (['state', 'journal'].includes(one.database) || one.key[0] === 0) continue;
      cpSync(after, copy, { recursive: true });
      const changed = Buffer.from(one.value);
      changed[changed.byteLength >> 1]! ^= 4;
      await tamper(copy, (index) => index.put(one.database, one.key, changed));
      const store = await openStore(copy, HOW);
      try {
        const { isSound, faults } = await store.verify({ workers: 1 });
        expect([nameOf(one), isSound]).toEqual([nameOf(one), false]);
        expect(faults.length).toBeGreaterThan(0);
      } finally {
        await store.close();
      }
    }
  });

  test('is repaired with its key, and is encrypted afterwards', async () => {
    const { repairStore } = await import('../../dist/src/index.js');
    cpSync(after, copy, { recursive: true });
    const page = now.find(({ database }) => database === 'pages')!;
    const changed = Buffer.from(page.value);
    changed[100]! ^= 1;
    await tamper(copy, (index) => index.put('pages', page.key, changed));
    await expect(repairStore(copy, { workers: 1 })).rejects.toMatchObject({ code: 'KEY_NEEDED' });
    expect((await repairStore(copy, { workers: 1, encryption: HOW.encryption })).from).toBe('catalog');
    const store = await openStore(copy, HOW);
    expect(store.collection(SECRET).getSync(7)).toEqual({ id: 7, group: 1, name: `${SECRET}-newest` });
    expect((await store.verify({ workers: 1 })).isSound).toBe(true);
    await store.close();
    const everything = readdirSync(copy, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.includes('index'),
    );
    for (const name of everything) {
      const path = join(copy, name);
      if (statSync(path).isFile()) expect([name, readFileSync(path).includes(SECRET)]).toEqual([name, false]);
    }
  });
});
