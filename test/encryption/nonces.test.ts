// Goal: no two sealed values of the index have the same key and nonce, whatever writers do. Method: the heads of values
// sealed by many writers, and of those that killed and restarted processes leave in one index, are compared.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { initStore } from '../../dist/src/index.js';
import { IndexSeal } from '../../dist/src/store/seal/index-seal.js';
import { temporaryDirectory } from '../support/build-store.js';
import { ROOT } from '../support/cli.js';
import { openSealed } from '../support/sealed-index.js';

const WRITERS = 100;
const VALUES = Number(process.env.TORTURE_NONCES ?? 100_000) / WRITERS;
const KEYS = {
  storeId: Buffer.alloc(16, 1),
  keys: 'plaintext',
  active: 1,
  dataKeys: [{ number: 1, key: Buffer.alloc(32, 2) }],
} as const;

/** Number of the data key, salt and counter: what the key and the nonce are made of. */
const headOf = (value: Buffer): string => value.toString('latin1', 2, 28);

test('values of one process, in many openings, all have their own', () => {
  const heads = new Set<string>();
  for (let writer = 0; writer < WRITERS; writer++) {
    const { meta, pages, state } = new IndexSeal(KEYS);
    for (let i = 0; i < VALUES; i++) heads.add(headOf([meta, pages, state][i % 3]!.seal(Buffer.of(1), Buffer.of(2))));
  }
  expect(heads.size).toBe(WRITERS * VALUES);
});

test('values that killed, restarted and concurrent processes leave all have their own', async () => {
  const { path, remove } = temporaryDirectory();
  onTestFinished(remove);
  const store = join(path, 'store');
  const key = Buffer.alloc(32, 3);
  await initStore(store, { encryption: { key }, keys: 'plaintext', config: false });
  const library = pathToFileURL(join(ROOT, 'dist/src/index.js')).href;
  const code = `
    const { openStore } = await import(${JSON.stringify(library)});
    const encryption = { key: Buffer.from(${JSON.stringify(key.toString('hex'))}, 'hex') };
    const store = await openStore(${JSON.stringify(store)}, { encryption, hotSet: false, config: false });
    const name = process.argv[1];
    await store.transaction((t) => { if (!store.collections().includes(name)) t.createCollection(name, { key: 'id' }); });
    for (let id = 0; ; id++) {
      await store.collection(name).put({ id });
      if (id === 20) console.log('ready');
    }`;
  for (let round = 0; round < 3; round++) {
    const writers = ['a', 'b', 'c'].map((name) =>
      spawn(process.execPath, ['--input-type=module', '-e', code, `${name}${round}`], {
        stdio: ['ignore', 'pipe', 'inherit'],
      }),
    );
    await Promise.all(writers.map((writer) => once(writer.stdout, 'data')));
    for (const writer of writers) writer.kill('SIGKILL');
    await Promise.all(writers.map((writer) => once(writer, 'exit')));
  }
  const index = openSealed(store);
  const values = index.values();
  await index.close();
  expect(values.length).toBeGreaterThan(9 * 20);
  expect(new Set(values.map(({ value }) => headOf(value))).size).toBe(values.length);
  expect(new Set(values.map(({ value }) => value.toString('latin1', 4, 20))).size).toBeGreaterThanOrEqual(9);
});
