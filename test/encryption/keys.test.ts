// Goal: an encrypted store is opened by its own key and by no other, wherever the key comes from, and every way to get it
// wrong is an error of its own before anything is read or written. Method: real stores, key files and rings, each ring
// changed byte by byte; rotations killed at every step (failpoints) in processes of their own.

import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type EncryptionOptions, initStore, memory, openStore, rotateKey } from '../../dist/src/index.js';
import { temporaryDirectory } from '../support/build-store.js';
import { ROOT } from '../support/cli.js';

const directory = temporaryDirectory();
afterAll(() => directory.remove());
let number = 0;
const fresh = (): string => join(directory.path, `store-${++number}`);
const OPTIONS = { hotSet: false, config: false } as const;
const KEY = randomBytes(32);

async function made(encryption: EncryptionOptions): Promise<string> {
  const store = fresh();
  await initStore(store, { encryption, config: false });
  return store;
}

async function opens(store: string, encryption: EncryptionOptions | undefined): Promise<void> {
  const opened = await openStore(store, { ...OPTIONS, encryption, create: false });
  await opened.close();
}

const coded = (code: string) => expect.objectContaining({ code });

function keyFile(content: Uint8Array | string, mode = 0o600): string {
  const path = join(directory.path, `key-${++number}`);
  writeFileSync(path, content, { mode });
  chmodSync(path, mode);
  return path;
}

/** A key service: XOR is no encryption, but wraps and unwraps. */
class Service {
  asked: string[] = [];
  constructor(readonly secret: number) {}
  readonly wrap = async (key: Uint8Array, { storeId }: { storeId: string }) => {
    this.asked.push(`wrap ${storeId}`);
    return key.map((byte) => byte ^ this.secret);
  };
  readonly unwrap = async (wrapped: Uint8Array, { storeId }: { storeId: string }) => {
    this.asked.push(`unwrap ${storeId}`);
    return wrapped.map((byte) => byte ^ this.secret);
  };
}

describe('the key of a store', () => {
  const files = [KEY, KEY.toString('hex'), `${KEY.toString('base64')}\n`, KEY.toString('base64url')];
  test.each(files.map((content, i) => [i, content]))('comes from a file, in form %i', async (_, content) => {
    const store = await made({ key: KEY });
    await opens(store, { keyFile: keyFile(content) });
    const link = join(directory.path, `link-${++number}`);
    symlinkSync(keyFile(content), link);
    await opens(store, { keyFile: link });
  });

  test('comes from a passphrase, a function, or a service that wraps it', async () => {
    const service = new Service(0x33);
    const other = new Service(0x34);
    const sources = [{ passphrase: 'correct horse' }, { keyProvider: () => KEY }, { keyProvider: service }];
    for (const source of sources) await opens(await made(source), source);
    expect(service.asked.map((line) => line.split(' ')[0])).toEqual(['wrap', 'unwrap', 'unwrap']);
    expect(new Set(service.asked.map((line) => line.split(' ')[1])).size).toBe(1);
    const store = await made({ keyProvider: service });
    await expect(opens(store, { keyProvider: other })).rejects.toEqual(coded('WRONG_KEY'));
    await expect(opens(store, { key: KEY })).rejects.toEqual(coded('WRONG_KEY'));
    const failing = { wrap: service.wrap, unwrap: () => Promise.reject(new Error('no network')) };
    const failure = await opens(store, { keyProvider: failing }).catch((error) => error);
    expect(failure).toMatchObject({ code: 'KEY_SERVICE_FAILED', cause: { message: 'no network' } });
  });

  test('is asked for, is compared, and is refused where the store is plain', async () => {
    const store = await made({ key: KEY });
    const files = readdirSync(store, { recursive: true });
    await expect(opens(store, undefined)).rejects.toEqual(coded('KEY_NEEDED'));
    for (const wrong of [{ key: randomBytes(32) }, { passphrase: 'x' }, { keyProvider: () => randomBytes(32) }])
      await expect(opens(store, wrong)).rejects.toEqual(coded('WRONG_KEY'));
    expect(readdirSync(store, { recursive: true })).toEqual(files);
    const plain = fresh();
    await initStore(plain, { config: false });
    await expect(opens(plain, { key: KEY })).rejects.toEqual(coded('NOT_ENCRYPTED'));
    await opens(plain, undefined);
    await expect(initStore(plain, { encryption: { key: KEY }, config: false })).rejects.toEqual(coded('STORE_EXISTS'));
    await expect(openStore(memory(), { encryption: { key: KEY } })).rejects.toThrow(TypeError);
  });

  test('is no part of what a store says of itself, nor of an error', async () => {
    const passphrase = 'a passphrase that is nowhere';
    const store = await made({ passphrase });
    const wrong = await opens(store, { passphrase: `${passphrase}!` }).catch((error) => error);
    const opened = await openStore(store, { ...OPTIONS, encryption: { passphrase } });
    const told = JSON.stringify([opened.options, opened.stat(), opened.metrics(), wrong, wrong.message, wrong.stack]);
    expect(told).not.toContain(passphrase);
    expect(opened.stat().encryption).toEqual({ keys: 'hidden', dataKey: 1 });
    await opened.close();
  });

  test('is not taken from a file that others can read, or that holds none', async () => {
    const store = await made({ key: KEY });
    const files = [
      keyFile(KEY, 0o644),
      keyFile(KEY, 0o604),
      keyFile(KEY.subarray(1)),
      keyFile('not a key'),
      keyFile(''),
    ];
    for (const file of files) await expect(opens(store, { keyFile: file })).rejects.toEqual(coded('KEY_FILE_REFUSED'));
    await expect(opens(store, { keyFile: directory.path })).rejects.toEqual(coded('KEY_FILE_REFUSED'));
    await expect(opens(store, { keyFile: '/dev/zero' })).rejects.toEqual(coded('KEY_FILE_REFUSED'));
    await expect(opens(store, { keyFile: fresh() })).rejects.toEqual(coded('IO_ERROR'));
  });

  test.each([{}, { key: KEY, passphrase: 'x' }, { key: KEY.subarray(1) }, { passphrase: '' }, { keyfile: 'x' }, 'x'])(
    'is a TypeError where the option is wrong: %o',
    async (encryption) => {
      await expect(openStore(fresh(), { ...OPTIONS, encryption: encryption as never })).rejects.toThrow(TypeError);
    },
  );
});

describe('the key ring', () => {
  let store: string;
  let ring: Buffer;
  const at = () => join(store, 'keys.json');
  beforeAll(async () => {
    store = await made({ key: KEY });
    ring = readFileSync(at());
  });

  test('with any bit changed, or cut, is refused', async () => {
    for (let i = 0; i < ring.byteLength; i++) {
      const changed = Buffer.from(ring);
      changed[i]! ^= 1 << (i % 7);
      writeFileSync(at(), changed);
      await expect(opens(store, { key: KEY })).rejects.toMatchObject({ code: /KEY_RING_DAMAGED|STORE_TOO_NEW/ });
      writeFileSync(at(), ring.subarray(0, i));
      await expect(opens(store, { key: KEY })).rejects.toEqual(coded('KEY_RING_DAMAGED'));
    }
    writeFileSync(at(), ring);
    await opens(store, { key: KEY });
  });

  test('changed by somebody who has no key is refused, also where its sum is right', async () => {
    const { createHash } = await import('node:crypto');
    const forge = (change: (content: Record<string, unknown>) => unknown): void => {
      const { sum: _, ...content } = JSON.parse(ring.toString());
      change(content);
      const sum = createHash('sha256').update(JSON.stringify(content)).digest('hex');
      writeFileSync(at(), `${JSON.stringify({ ...content, sum }, undefined, 2)}\n`);
    };
    forge(() => {});
    await opens(store, { key: KEY });
    forge((content) => Object.assign(content, { keys: 'plaintext' }));
    await expect(opens(store, { key: KEY })).rejects.toEqual(coded('KEY_RING_DAMAGED'));
    forge((content) => Object.assign(content, { version: 0 }));
    await expect(opens(store, { key: KEY })).rejects.toEqual(coded('KEY_RING_DAMAGED'));
    forge((content) => Object.assign(content, { version: 3 }));
    await expect(opens(store, { key: KEY })).rejects.toEqual(coded('STORE_TOO_NEW'));
    forge((content) => Object.assign(content, { storeId: '00'.repeat(16) }));
    await expect(opens(store, { key: KEY })).rejects.toEqual(coded('WRONG_KEY'));
    forge((content) =>
      Object.assign(content, { kek: { kind: 'scrypt', n: 2 ** 40, r: 8, p: 1, salt: '00'.repeat(32) } }),
    );
    await expect(opens(store, { passphrase: 'x' })).rejects.toEqual(coded('KEY_RING_DAMAGED'));
    writeFileSync(at(), ring);
  });

  test('that is missing, or is of another store, is told apart from a plain store', async () => {
    const other = await made({ key: KEY });
    cpSync(join(other, 'keys.json'), at());
    await expect(opens(store, { key: KEY })).rejects.toEqual(coded('CHECKSUM_MISMATCH'));
    rmSync(at());
    await expect(opens(store, undefined)).rejects.toEqual(coded('KEY_RING_DAMAGED'));
    await expect(opens(store, { key: KEY })).rejects.toEqual(coded('NOT_ENCRYPTED'));
    writeFileSync(at(), ring, { mode: 0o600 });
    await opens(store, { key: KEY });
  });

  test('goes with a backup', async () => {
    const backup = fresh();
    const opened = await openStore(store, { ...OPTIONS, encryption: { key: KEY } });
    await opened.transaction((transaction) => transaction.createCollection('a', { key: 'id' }).put({ id: 1 }));
    await opened.backup(backup);
    await opened.close();
    await expect(opens(backup, undefined)).rejects.toEqual(coded('KEY_NEEDED'));
    const copied = await openStore(backup, { ...OPTIONS, encryption: { key: KEY } });
    expect(copied.collections()).toEqual(['a']);
    expect((await copied.verify({ workers: 1 })).isSound).toBe(true);
    await copied.close();
  });
});

describe('a rotation', () => {
  test('gives the store another key, of any kind, while others have it open', async () => {
    const store = await made({ key: KEY });
    const reader = await openStore(store, { ...OPTIONS, encryption: { key: KEY } });
    await reader.transaction((transaction) => transaction.createCollection('a', { key: 'id' }).put({ id: 1 }));
    const keys: EncryptionOptions[] = [
      { key: KEY },
      { passphrase: 'new' },
      { keyProvider: new Service(9) },
      { key: randomBytes(32) },
    ];
    for (const [i, newEncryption] of keys.slice(1).entries()) {
      await rotateKey(store, { encryption: keys[i]!, newEncryption, config: false });
      await expect(opens(store, keys[i])).rejects.toEqual(coded('WRONG_KEY'));
      await opens(store, newEncryption);
      await reader.collection('a').put({ id: 2 });
    }
    await expect(
      rotateKey(store, { encryption: { key: KEY }, newEncryption: keys[1]!, config: false }),
    ).rejects.toEqual(coded('WRONG_KEY'));
    await reader.close();
    const again = await openStore(store, { ...OPTIONS, encryption: keys.at(-1) });
    expect(again.collection('a').count()).toBe(2);
    await again.close();
  });

  test.each(['keys.write', 'keys.written', 'keys.placed', 'catalog.commit'])(
    'that is killed at %s leaves the old key or the new one, and the next one cleans up',
    async (failpoint) => {
      const store = await made({ key: KEY });
      const next = randomBytes(32);
      const code = `import { rotateKey } from ${JSON.stringify(pathToFileURL(join(ROOT, 'dist/src/index.js')).href)};
        const [from, to] = process.argv.slice(2).map((hex) => ({ key: Buffer.from(hex, 'hex') }));
        await rotateKey(${JSON.stringify(store)}, { encryption: from, newEncryption: to, config: false });`;
      const script = join(directory.path, 'rotate.mjs');
      writeFileSync(script, code);
      for (const action of ['kill', 'error']) {
        const env = { ...process.env, GRISTMILL_FAILPOINTS: `${failpoint}=${action}` };
        const { status } = spawnSync(process.execPath, [script, KEY.toString('hex'), next.toString('hex')], { env });
        const results = await Promise.allSettled([opens(store, { key: KEY }), opens(store, { key: next })]);
        expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
        const isOld = results[0]!.status === 'fulfilled';
        if (status === 0) expect(isOld).toBe(false);
        if (failpoint !== 'keys.placed' && status !== 0) expect(isOld).toBe(true);
        if (!isOld) await rotateKey(store, { encryption: { key: next }, newEncryption: { key: KEY }, config: false });
      }
      await rotateKey(store, { encryption: { key: KEY }, newEncryption: { key: next }, config: false });
      expect(readdirSync(store).filter((name) => name.startsWith('keys.'))).toEqual(['keys.json']);
      await opens(store, { key: next });
    },
  );

  test('a store whose making was killed is made by the next try', async () => {
    const store = fresh();
    await initStore(store, { encryption: { key: KEY }, config: false });
    const ring = readFileSync(join(store, 'keys.json'));
    renameSync(join(store, 'index'), join(directory.path, `index-${++number}`));
    await initStore(store, { encryption: { key: KEY }, config: false });
    expect(readFileSync(join(store, 'keys.json'))).toEqual(ring);
    expect(existsSync(join(store, 'index', 'data.mdb'))).toBe(true);
  });
});
