// Goal: whatever system call a conversion dies before, the store opens as it was or converted, and the conversion can be
// completed; then nothing plain is left. A full disk makes it fail, and the store is what it was.
// Method: the command runs under strace, which kills it before the n-th call of one name in any thread, for n = 1, 2, 3 … until
// the command ends by itself. A full disk is strace's answer to the n-th write. And processes open the store and change it while
// it is converted to and fro: each finds it whole, as it was or as it is to be, and nothing that they put is lost.

import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type DecryptOptions,
  decryptStore,
  encryptStore,
  type GristmillError,
  openStore,
  reencryptStore,
} from '../../dist/src/index.js';
import { CLI } from '../support/cli.js';
import { build, shown, WORD } from '../support/convertible.js';
import { isInPart } from '../support/effort.js';
import { missing, scratchDirectory } from './harness.js';

const CALLS = ['rename', 'unlink', 'unlinkat', 'rmdir', 'mkdir', 'fsync', 'fdatasync', 'ftruncate', 'pwrite64'];
const KINDS = ['encrypt', 'decrypt', 'reencrypt'] as const;
type Kind = (typeof KINDS)[number];
const anew = (directory: string, options: DecryptOptions) => reencryptStore(directory, { ...options, closed: true });
const CONVERT = { encrypt: encryptStore, decrypt: decryptStore, reencrypt: anew };
/** No call comes so often in one thread. */
const CALLS_MAX = 5000;

const OPENER = fileURLToPath(new URL('../support/opens-converted.mjs', import.meta.url));
const SECONDS = Number(process.env.TORTURE_SECONDS ?? 60);

const lacks = missing('strace');

test('processes that open the store while it is converted', async () => {
  const directory = scratchDirectory();
  const [store, source, keyFile] = ['store', 'rows.ndjson', 'key'].map((name) => join(directory.path, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(keyFile, Buffer.alloc(32, 7), { mode: 0o600 });
  writeFileSync(source, Array.from({ length: 500 }, (_, id) => `${JSON.stringify({ id })}\n`).join(''));
  const made = await openStore(store);
  for (const collection of ['records', 'puts']) await made.import(source, { collection, key: 'id', workers: 1 });
  await made.close();
  const openers = Array.from({ length: 2 }, () => {
    const child = spawn(process.execPath, [OPENER, store, keyFile], { stdio: ['pipe', 'pipe', 'inherit'] });
    return { child, said: text(child.stdout) };
  });
  const encryption = { keyFile };
  let [conversions, kind]: [number, Kind] = [0, 'encrypt'];
  for (const end = Date.now() + SECONDS * 1000; Date.now() < end; ) {
    try {
      await CONVERT[kind](store, { encryption, workers: 1 });
    } catch (error) {
      expect((error as GristmillError).code).toBe('STORE_BUSY');
      continue;
    }
    conversions++;
    kind = kind === 'encrypt' ? 'reencrypt' : kind === 'reencrypt' ? 'decrypt' : 'encrypt';
  }
  for (const { child } of openers) child.stdin.write('x');
  const said = (await Promise.all(openers.map((one) => one.said))).map((one) => JSON.parse(one));
  expect(said.flatMap(({ errors }) => errors)).toEqual([]);
  const last = await openStore(store, kind === 'encrypt' ? {} : { encryption });
  const puts = said.reduce((sum, one) => sum + one.puts, 0);
  expect(last.collection('puts').stat().records).toBe(500 + puts);
  expect((await last.verify({ workers: 1 })).faults).toEqual([]);
  await last.close();
  directory.remove();
  expect(conversions).toBeGreaterThan(0);
  console.log(`conversions beside processes that open the store: ${conversions}; puts: ${puts}`);
});

describe.skipIf(lacks)(`conversions under strace${lacks ? ` (${lacks})` : ''}`, () => {
  const directory = scratchDirectory();
  const keyFile = join(directory.path, 'key');
  const encryption = { keyFile };
  const sealed = join(directory.path, 'sealed');
  const templates = { encrypt: join(directory.path, 'plain'), decrypt: sealed, reencrypt: sealed };
  const store = join(directory.path, 'store');
  let before: unknown;

  beforeAll(async () => {
    writeFileSync(keyFile, Buffer.alloc(32, 7), { mode: 0o600 });
    await build(templates.encrypt, directory.path);
    before = await shown(templates.encrypt, {}, false);
    cpSync(templates.encrypt, sealed, { recursive: true });
    await encryptStore(sealed, { encryption, workers: 1 });
  });
  afterAll(() => directory.remove());

  /** @returns how it ended */
  function run(kind: Kind, inject: string) {
    rmSync(store, { recursive: true, force: true });
    cpSync(templates[kind], store, { recursive: true });
    const command = kind === 'reencrypt' ? ['key', kind, '--closed'] : [kind];
    const words = [CLI, ...command, '--store', store, '--key-file', keyFile, '--workers', '1', '--quiet'];
    const trace = [
      '-f',
      '-qq',
      '-o',
      '/dev/null',
      '-e',
      `trace=${inject.slice(0, inject.indexOf(':'))}`,
      '-e',
      `inject=${inject}`,
    ];
    return spawnSync('strace', [...trace, process.execPath, ...words], {
      env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
      encoding: 'utf8',
    });
  }

  /** As whoever opens it finds it: that may finish the conversion. */
  async function expectWhole(): Promise<void> {
    const found = await shown(store, {}, false).catch((error) => {
      if (error.code === 'KEY_NEEDED') return shown(store, { encryption }, false);
      throw error;
    });
    expect(found).toEqual(before);
  }

  function plainFiles(): string[] {
    return readdirSync(store, { recursive: true, encoding: 'utf8' }).filter((name) => {
      const path = join(store, name);
      return statSync(path).isFile() && readFileSync(path).includes(WORD);
    });
  }

  test.each(KINDS.flatMap((kind) => CALLS.map((call) => ({ kind, call }))))(
    '$kind killed at $call',
    async ({ kind, call }) => {
      let kills = 0;
      let when = 1;
      for (; when < CALLS_MAX; when++) {
        if (!isInPart(when)) continue;
        const { signal, status } = run(kind, `${call}:signal=KILL:when=${when}`);
        if (signal === null && status === 0) break;
        kills++;
        try {
          await expectWhole();
          const isEncrypted = existsSync(join(store, 'keys.json'));
          if (kind === 'reencrypt' || isEncrypted !== (kind === 'encrypt'))
            await CONVERT[kind](store, { encryption, workers: 1 });
          await expectWhole();
          if (kind !== 'decrypt') expect(plainFiles()).toEqual([]);
        } catch (cause) {
          throw new Error(`${kind} killed before ${call} number ${when}: ${(cause as Error).message}`, { cause });
        }
      }
      await expectWhole();
      console.log(`kill points of ${kind} at ${call}: ${kills} of ${when - 1}`);
    },
  );

  test.each(KINDS)('%s on a full disk', async (kind) => {
    let failures = 0;
    for (let when = 1; when < CALLS_MAX; when++) {
      if (!isInPart(when)) continue;
      const { status, stderr } = run(kind, `pwrite64,fallocate,ftruncate:error=ENOSPC:when=${when}+`);
      if (status === 0) break;
      failures++;
      // lmdb-js may end the process after a write that failed: it prints about it into a buffer that is too small.
      expect(stderr, `write ${when}`).toMatch(/DISK_FULL|IO_ERROR|^Write error: No space left/);
      await expectWhole();
    }
    expect(failures).toBeGreaterThan(0);
  });
});
