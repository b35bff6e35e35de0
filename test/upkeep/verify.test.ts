// Goal: damage is found, wherever it is, and never returned as data. Method: build a small store that has one of
// everything, take away or change parts of it, and compare all reads with a Map. (Each byte in turn: verify-flips.test.ts.)

import { appendFileSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { InProcessWorkers } from '../../dist/src/pool/in-process.js';
import { files } from '../../dist/src/store/files/file-blobs.js';
import { LmdbCatalog } from '../../dist/src/store/lmdb/catalog.js';
import { verify } from '../../dist/src/upkeep/verify/verify.js';
import { temporaryDirectory } from '../support/build-store.js';
import { gristmill } from '../support/cli.js';
import { testStore } from '../support/import-store.js';
import { buildEverything, openReadOnly, readAll } from '../support/upkeep.js';

function scratch(): string {
  const { path, remove } = temporaryDirectory();
  onTestFinished(remove);
  return join(path, 'store');
}

const shardFiles = (store: string) => readdirSync(join(store, 'shards')).map((name) => join(store, 'shards', name));

test('a sound store has no faults, and everything in it was looked at', async () => {
  const directory = scratch();
  const oracle = await buildEverything(directory);
  const store = await openReadOnly(directory);
  onTestFinished(() => store.close());
  expect(await readAll(store, oracle)).toEqual([]);
  const report = await store.verify();
  expect(report).toMatchObject({ isSound: true, faults: [], faultsTotal: 0, leftovers: { trees: [] } });
  expect(report.checked.shards).toBe(6);
  expect(report.checked.records).toBe(60 + 4 - 4 + 9 + 8);
});

test('a damaged frame costs its own records and no others; verify names them', async () => {
  const { store, directory, run } = await testStore();
  const records = Array.from({ length: 3000 }, (_, id) => ({ id, text: `${id}`.repeat(20) }));
  await run(records.map((record) => JSON.stringify(record)).join('\n'), { key: 'id' });
  await store.close();
  const [path] = shardFiles(directory) as [string];
  const bytes = readFileSync(path);
  bytes[100]! ^= 4;
  writeFileSync(path, bytes);

  const again = await openStore(directory, { readOnly: true, frameCacheBytes: 0 });
  onTestFinished(() => again.close());
  const { isSound, faults } = await again.verify();
  expect(isSound).toBe(false);
  const frame = faults.find(({ kind }) => kind === 'frame');
  expect(frame).toMatchObject({ file: path, offset: 0, collection: 'records', records: { from: 0 } });
  const lost = frame!.records!.to;
  expect(lost).toBeGreaterThan(100);
  expect(lost).toBeLessThan(1000);
  const collection = again.collection<{ id: number }>();
  for (const record of records) {
    if (record.id >= lost) expect(collection.getSync(record.id)).toEqual(record);
    else expect(() => collection.getSync(record.id)).toThrow(expect.objectContaining({ code: 'CHECKSUM_MISMATCH' }));
  }
  const reading = (async () => {
    for await (const _ of collection.range()) {
    }
  })();
  await expect(reading).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH', file: path, offset: 0 });
  const scanning = (async () => {
    for await (const _ of collection.scan()) {
    }
  })();
  await expect(scanning).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH', file: path, offset: 0 });
});

test('files that are missing, cut or longer; values that are gone; all are listed, up to the limit', async () => {
  const directory = scratch();
  await buildEverything(directory);
  const files = shardFiles(directory);
  rmSync(files[1]!);
  truncateSync(files[2]!, 50);
  appendFileSync(files[3]!, 'x');
  const store = await openReadOnly(directory);
  onTestFinished(() => store.close());
  const { faults, faultsTotal } = await store.verify();
  for (const file of files.slice(1, 4)) expect(faults.some((fault) => fault.file === file)).toBe(true);
  expect(faultsTotal).toBe(faults.length);
  const few = await store.verify({ faultsMax: 1, workers: 1 });
  expect(few.faults).toHaveLength(1);
  expect(few.faultsTotal).toBe(faultsTotal);
});

test('the command line: exit code 0 when sound, 4 with faults, both as text and as JSON; a usage error is 2', async () => {
  const directory = scratch();
  await buildEverything(directory);
  const sound = await gristmill('verify', '--store', directory);
  expect(sound).toMatchObject({ code: 0, stderr: '' });
  expect(sound.stdout).toMatch(/^sound: 6 shards/);
  const [path] = shardFiles(directory) as [string];
  const bytes = readFileSync(path);
  bytes[20]! ^= 1;
  writeFileSync(path, bytes);
  const damaged = await gristmill('verify', '--store', directory);
  expect(damaged.code).toBe(4);
  expect(damaged.stdout).toContain(path);
  const json = await gristmill('verify', '--store', directory, '--json');
  expect(json.code).toBe(4);
  expect(JSON.parse(json.stdout)).toMatchObject({ isSound: false, faultsTotal: expect.any(Number) });
  expect(await gristmill('verify', '--store', directory, '--workers', '0')).toMatchObject({ code: 2 });
});

test('verification is cancelled by its signal', async () => {
  const directory = scratch();
  await buildEverything(directory);
  const store = await openReadOnly(directory);
  onTestFinished(() => store.close());
  await expect(store.verify({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' });
  await expect(store.verify({ colour: 1 } as object)).rejects.toThrow(TypeError);
});

test('a verification that is cancelled anywhere says so; it never takes that for damage', async () => {
  const directory = scratch();
  await buildEverything(directory);
  // Entries beside the pages of an index, too.
  const writing = await openStore(directory);
  await writing.collection('records').put({ id: 1_000_000 });
  await writing.close();
  const catalog = await LmdbCatalog.open(directory, { create: false, readOnly: true });
  onTestFinished(() => catalog.close());
  const target = { directory, blobs: files, catalog, startWorkers: () => new InProcessWorkers(files) };
  const whole = askedFor(Number.POSITIVE_INFINITY);
  expect(await verify(target, { signal: whole.signal })).toMatchObject({ isSound: true });
  expect(whole.asked()).toBeGreaterThan(3);
  for (let times = 0; times < whole.asked(); times++) {
    const verifying = verify(target, { signal: askedFor(times).signal });
    await expect(verifying, `cancelled at look ${times}`).rejects.toMatchObject({ code: 'CANCELLED' });
  }
});

/** A signal that is aborted once it has been asked so many times. */
function askedFor(times: number): { readonly signal: AbortSignal; readonly asked: () => number } {
  let asked = 0;
  const { signal } = new AbortController();
  Object.defineProperty(signal, 'aborted', { get: () => ++asked > times });
  return { signal, asked: () => asked };
}
