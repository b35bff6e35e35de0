// Goal: while a store is encrypted once more, other processes go on reading and writing: no read is wrong or fails, and no
// acknowledged change is lost. Afterwards nothing is sealed with the old data key, and the old data key is gone.
// Method: processes read and put without a pause while one call after another encrypts the store once more. Then the heads of
// all sealed values and files are read as somebody without the key reads them.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openStore, reencryptStore } from '../../dist/src/index.js';
import { fileWith, scratch } from '../support/import-files.js';
import { dataKeysOf, saltsOf } from '../support/sealed-keys.js';

const BESIDE = fileURLToPath(new URL('../support/beside-reencrypt.mjs', import.meta.url));
const COUNT = 2000;
const ROUNDS = 2;

interface Beside {
  readonly child: ChildProcess;
  readonly said: Promise<string>;
}

async function start(directory: string, keyFile: string, role: string, collection: string): Promise<Beside> {
  const child = spawn(process.execPath, [BESIDE, directory, keyFile, role, collection, String(COUNT)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout!, 'readable');
  return { child, said: text(child.stdout!) };
}

async function end({ child, said }: Beside) {
  child.stdin!.end('x');
  const answer = (await said).replace('ready\n', '');
  return JSON.parse(answer) as { acknowledged: string[]; reads: number; errors: string[] };
}

describe.each(['hidden', 'plaintext'] as const)('with keys %s', (keys) => {
  test('processes that read and write all the time notice nothing, and lose nothing', async () => {
    const directory = join(scratch(), 'store');
    const keyFile = join(scratch(), 'key');
    writeFileSync(keyFile, Buffer.alloc(32, 7), { mode: 0o600 });
    const encryption = { keyFile };
    const row = (i: number) => `${JSON.stringify({ id: `k${i}`, n: i, group: `g${i % 7}`, text: 'x'.repeat(200) })}\n`;
    const source = fileWith(Array.from({ length: COUNT }, (_, i) => row(i)).join(''), 'rows.ndjson');
    const made = await openStore(directory, { encryption, keys });
    const how = { key: 'id', indexes: ['group'], spanBytes: 1 << 16, workers: 1 };
    await made.import(source, { ...how, collection: 'still' });
    await made.transaction((t) => void t.createCollection('moving', { key: 'id' }).put({ id: 'first' }));
    await made.close();
    const salts = await saltsOf(directory);
    const readers = [
      await start(directory, keyFile, 'reader', 'still'),
      await start(directory, keyFile, 'reader', 'still'),
    ];
    const writers = [
      await start(directory, keyFile, 'writer', 'moving'),
      await start(directory, keyFile, 'writer', 'moving'),
    ];
    for (let round = 0; round < ROUNDS; round++) {
      const report = await reencryptStore(directory, { encryption });
      expect(report.files).toMatchObject({ kept: 0 });
      expect(report.files.written).toBeGreaterThan(5);
      expect(JSON.parse(readFileSync(join(directory, 'keys.json'), 'utf8'))).toMatchObject({
        version: 2,
        active: round + 2,
        dataKeys: [{ number: round + 2 }],
      });
    }
    const read = await Promise.all(readers.map(end));
    const written = await Promise.all(writers.map(end));
    expect([...read, ...written].flatMap(({ errors }) => errors)).toEqual([]);
    for (const { reads } of read) expect(reads).toBeGreaterThan(100);
    const store = await openStore(directory, { encryption });
    const moving = store.collection<{ id: string }>('moving');
    const ids = written.flatMap(({ acknowledged }) => acknowledged);
    expect(ids.length).toBeGreaterThan(20);
    for (const id of ids) expect(moving.getSync(id)?.id).toBe(id);
    expect(moving.stat().records).toBe(ids.length + 1);
    expect((await store.verify({ workers: 1 })).faults).toEqual([]);
    expect(await store.audit.verify()).toMatchObject({ isSound: true });
    await store.close();
    expect(await dataKeysOf(directory)).toEqual([ROUNDS + 1]);
    const bytes = readFileSync(join(directory, 'index', 'data.mdb'));
    expect(salts.filter((salt) => bytes.includes(salt))).toEqual([]);
  }, 240_000);
});
