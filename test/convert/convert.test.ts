// Goal: an encrypted store that is made of a plain one has the same records, indexes, edits and rejected records, and nothing
// plain is left; decrypted it is what it was. A conversion that fails leaves the store as it was.
// Method: a store with something of everything is converted to and fro, with keys hidden and not, and compared with what it
// showed before. All of its files are searched for words that all records have. Other processes are real ones.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type AuditEntry,
  type DecryptOptions,
  decryptStore,
  encryptStore,
  openStore,
  reencryptStore,
  type StoreOptions,
} from '../../dist/src/index.js';
import { build, COLLECTION, FOLDER, FOLLOWING, shown, WORD } from '../support/convertible.js';
import { startImport } from '../support/import-child.js';
import { fileWith, makeDirectory, scratch } from '../support/import-files.js';

const encryption = { key: Buffer.alloc(32, 7) };
const OTHER = { key: Buffer.alloc(32, 8) };
const KEYS = ['hidden', 'plaintext'] as const;
/** What may show keys of records: the keys of LMDB name the first one of each page. */
const SHOWN = { hidden: [], plaintext: ['index/data.mdb'] } as const;

const made = makeDirectory();
afterAll(made.remove);
let template: string;
let followed: string;
let before: Awaited<ReturnType<typeof shown>>;
let beforeInOrder: Awaited<ReturnType<typeof shown>>;

beforeAll(async () => {
  template = join(made.path, 'store');
  followed = await build(template, made.path);
  before = await shown(template, {}, false);
  beforeInOrder = await shown(template, {}, true);
});

function copy(of = template): string {
  const directory = join(scratch(), 'store');
  cpSync(of, directory, { recursive: true });
  return directory;
}

/** The audit log, which has to be sound, the newest entry first. */
async function entries(directory: string, options: StoreOptions): Promise<AuditEntry[]> {
  const store = await openStore(directory, options);
  expect(await store.audit.verify()).toMatchObject({ isSound: true });
  const found: AuditEntry[] = [];
  for await (const entry of store.audit.log()) found.unshift(entry);
  await store.close();
  return found;
}

/** Files, anywhere in a directory, that have the word in them or in their names. */
function plainIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => {
    const path = join(directory, name);
    return name.includes(WORD) || (statSync(path).isFile() && readFileSync(path).includes(WORD));
  });
}

describe.each(KEYS)('with keys %s', (keys) => {
  test('an encrypted store shows what the plain one did, and has nothing plain; decrypted it is what it was', async () => {
    const directory = copy();
    expect(plainIn(directory)).not.toEqual([]);
    const report = await encryptStore(directory, { encryption, keys, workers: 1 });
    expect(report).toMatchObject({ dropped: 0, untouched: [], files: { kept: 0 } });
    expect(plainIn(directory)).toEqual(SHOWN[keys]);
    expect(existsSync(join(directory, 'encrypt'))).toBe(false);
    await expect(openStore(directory)).rejects.toMatchObject({ code: 'KEY_NEEDED' });
    expect(await shown(directory, { encryption }, false)).toEqual(before);
    if (keys === 'plaintext') expect(await shown(directory, { encryption }, true)).toEqual(beforeInOrder);
    const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /sealed|json$/.test(name),
    );
    const old = new Map(files.map((name) => [name, readFileSync(join(directory, name))]));
    await reencryptStore(directory, { encryption, closed: true, workers: 1 });
    for (const [name, bytes] of old) {
      const path = join(directory, name);
      if (existsSync(path)) expect(readFileSync(path).equals(bytes), name).toBe(false);
    }
    expect(plainIn(directory)).toEqual(SHOWN[keys]);
    expect(await shown(directory, { encryption }, false)).toEqual(before);
    await decryptStore(directory, { encryption, workers: 1 });
    expect(
      readdirSync(directory)
        .filter((name) => name !== 'hot-set.ndjson')
        .sort(),
    ).toEqual(
      readdirSync(template)
        .filter((name) => name !== 'tmp' && name !== 'hot-set.ndjson')
        .sort(),
    );
    expect(await shown(directory, {}, true)).toEqual(beforeInOrder);
    expect(await shown(directory, {}, false)).toEqual(before);
  });

  test('transactions, imports over edits, compactions and following go on', async () => {
    const results = [];
    for (const isEncrypted of [false, true]) {
      const directory = copy();
      if (isEncrypted) await encryptStore(directory, { encryption, keys, workers: 1 });
      const store = await openStore(directory, isEncrypted ? { encryption } : {});
      const records = store.collection(COLLECTION);
      await records.put({ id: `${WORD}new`, n: 1, group: 'new', mail: 'new' });
      await expect(records.put({ id: `${WORD}x`, n: 1, group: 'new', mail: 'new' })).rejects.toMatchObject({
        code: 'UNIQUE_VIOLATION',
      });
      await records.delete(`${WORD}200`);
      const source = join(scratch(), 'again.ndjson');
      const again = Array.from({ length: 100 }, (_, i) => `{"id":"${WORD}${i}","n":${i},"group":"again"}\n`);
      writeFileSync(source, again.join(''));
      const { changes } = await store.import(source, { collection: COLLECTION, key: 'id', mode: 'upsert', workers: 1 });
      const shards = store.stat().collections.find(({ name }) => name === FOLDER)!.shards;
      await (await store.watch([followed], FOLLOWING)).close();
      expect(store.stat().collections.find(({ name }) => name === FOLDER)!.shards).toBe(shards);
      await store.compact({ minDeadShare: 0, joinBytes: 1 << 26 });
      await store.close();
      results.push([changes, await shown(directory, isEncrypted ? { encryption } : {}, false)]);
      if (isEncrypted) expect(plainIn(directory)).toEqual(SHOWN[keys]);
    }
    expect(results[1]).toEqual(results[0]);
  });
});

test('a wrong key, a store of the wrong kind and a store that is open are refused, and nothing changes', async () => {
  const plain = copy();
  await expect(decryptStore(plain, { encryption })).rejects.toMatchObject({ code: 'NOT_ENCRYPTED' });
  const store = await openStore(plain);
  await expect(encryptStore(plain, { encryption })).rejects.toMatchObject({ code: 'STORE_BUSY' });
  await store.close();
  expect(existsSync(join(plain, 'keys.json'))).toBe(false);
  await encryptStore(plain, { encryption, workers: 1 });
  await expect(encryptStore(plain, { encryption })).rejects.toMatchObject({ code: 'STORE_EXISTS' });
  await expect(decryptStore(plain, { encryption: OTHER })).rejects.toMatchObject({ code: 'WRONG_KEY' });
  expect(await shown(plain, { encryption }, false)).toEqual(before);
  await expect(encryptStore(plain, {} as never)).rejects.toThrow(TypeError);
  await expect(encryptStore(plain, { encryption, key: 1 } as never)).rejects.toThrow(TypeError);
});

test.skipIf(process.platform !== 'linux')('a store that another process has open is refused', async () => {
  const directory = copy();
  const code = `const { openStore } = await import(process.argv[1]);
    const store = await openStore(process.argv[2]); process.stdout.write('open'); process.stdin.once('data', () => store.close());`;
  const library = new URL('../../dist/src/index.js', import.meta.url).href;
  const other = spawn(process.execPath, ['--input-type=module', '-e', code, library, directory]);
  await once(other.stdout, 'data');
  await expect(encryptStore(directory, { encryption })).rejects.toMatchObject({ code: 'STORE_BUSY' });
  other.stdin.write('x');
  other.stdin.end();
  await once(other, 'exit');
  expect(await shown(directory, {}, false)).toEqual(before);
});

test('the keys can be hidden, and not be any more', async () => {
  const directory = copy();
  await encryptStore(directory, { encryption, workers: 1 });
  for (const keys of ['plaintext', 'hidden'] as const) {
    await reencryptStore(directory, { encryption, closed: true, keys, workers: 1 });
    const isOrdered = keys === 'plaintext';
    expect(await shown(directory, { encryption }, isOrdered)).toEqual(isOrdered ? beforeInOrder : before);
  }
  expect(plainIn(directory)).toEqual([]);
});

test('the audit log goes on, and says what was done', async () => {
  const directory = copy();
  const anew = (store: string, options: DecryptOptions) => reencryptStore(store, { ...options, closed: true });
  const conversions = [encryptStore, anew, decryptStore];
  const [last] = await entries(directory, {});
  for (const convert of conversions) await convert(directory, { encryption, workers: 1 });
  const [decrypted, reencrypted, encrypted, kept] = await entries(directory, {});
  expect([decrypted, reencrypted, encrypted].map((one) => one?.operation)).toEqual(['decrypt', 'reencrypt', 'encrypt']);
  expect(encrypted?.result).toContain(last!.hash);
  expect({ ...kept, hash: '', previous: '' }).toEqual({ ...last, hash: '', previous: '' });
  expect(encrypted).not.toHaveProperty('unlogged');
});

test('an import that could be resumed begins anew, and leaves nothing plain', async () => {
  const directory = copy();
  const text = Array.from({ length: 400 }, (_, i) => `{"id":"${WORD}${i}"${i % 50 === 7 ? 'oops' : ''}}\n`).join('');
  const sources = [fileWith(text, `${WORD}.json`)];
  const options = { collection: `i${WORD}`, key: 'id', onBadRecord: 'quarantine', spanBytes: 1500 } as const;
  expect(await startImport({ directory, sources, options, killAtScan: 5 }).ended).toBeUndefined();
  expect(await encryptStore(directory, { encryption, workers: 1 })).toMatchObject({ dropped: 1 });
  expect(plainIn(directory)).toEqual([]);
  expect(await shown(directory, { encryption }, false)).toEqual(before);
  const store = await openStore(directory, { encryption });
  expect((await store.verify({ workers: 1 })).leftovers).toEqual({ trees: [], files: [], temporary: [] });
  expect((await store.import(sources, { ...options, workers: 1 })).resumed).toBeUndefined();
  expect(store.collection(options.collection).stat().records).toBe(392);
  await store.close();
});

test('a cancelled conversion leaves the store as it was, and continues with the files that it has', async () => {
  const directory = copy();
  const cancelled = new AbortController();
  cancelled.abort();
  const { signal } = cancelled;
  await expect(encryptStore(directory, { encryption, signal })).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(await shown(directory, {}, false)).toEqual(before);
  const stages = new Set<string>();
  await encryptStore(directory, { encryption, workers: 1, onProgress: ({ stage }) => stages.add(stage) });
  expect(stages).toContain('done');
  expect(await shown(directory, { encryption }, false)).toEqual(before);
});

test('what gristmill did not make is named, and stays', async () => {
  const directory = copy();
  mkdirSync(join(directory, 'index.damaged-2026'));
  const { untouched } = await encryptStore(directory, { encryption, workers: 1 });
  expect(untouched).toEqual(['index.damaged-2026']);
});

test('a damaged shard is found, and nothing is converted', async () => {
  const directory = copy();
  const [file] = readdirSync(join(directory, 'shards'));
  const path = join(directory, 'shards', file!);
  const bytes = readFileSync(path);
  bytes[20]! ^= 0xff;
  writeFileSync(path, bytes);
  for (const keys of KEYS)
    await expect(encryptStore(directory, { encryption, keys })).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
  expect(existsSync(join(directory, 'encrypt.partial'))).toBe(false);
  expect((await openStore(directory)).collections()).toContain(COLLECTION);
});
