// Goal: a process that dies while it changes the version of a collection leaves the old version or the new one, whole; a process
// that has the store open sees a new version at its next operation.
// Method: processes that are killed at each failpoint of a migration, an undo and a compaction that migrates; a reader in another
// process.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { ROOT, start } from '../support/cli.js';
import { partOf } from '../support/effort.js';
import { fileWith, scratch } from '../support/import-files.js';

const OPS = [
  { op: 'rename', path: 'mail', to: 'email' },
  { op: 'wrap', path: 'tag' },
  { op: 'remove', path: 'old' },
] as const;
const MIGRATION = { collection: 'things', from: 0, to: 1, ops: OPS };
const RECORDS = Array.from({ length: 50 }, (_, id) => ({ id, mail: `m${id % 7}`, tag: `t${id % 3}`, old: id }));
const OLD = new Map(RECORDS.map((record) => [record.id, record as object]));
const NEW = new Map(RECORDS.map(({ id, mail, tag }) => [id, { id, email: mail, tag: [tag] }]));

async function made(): Promise<string> {
  const directory = scratch();
  const store = await openStore(directory, { hotSet: false });
  const source = fileWith(RECORDS.map((record) => JSON.stringify(record)).join('\n'), 'things.ndjson');
  await store.import(source, { collection: 'things', key: 'id', indexes: ['mail', 'tag'], workers: 1 });
  await store.close();
  return directory;
}

/** The version, after all records and indexes were found to have it. */
async function versionIn(directory: string): Promise<number> {
  const store = await openStore(directory, { hotSet: false });
  try {
    const { version } = await store.evolution('things');
    const things = store.collection<{ id: number }>('things');
    const found = new Map<number, object>();
    for await (const { value } of things.range()) found.set(value.id, value);
    expect(found).toEqual(version === 0 ? OLD : NEW);
    const paths = things.stat().indexes.map(({ path }) => path);
    expect(paths).toEqual(['id', version === 0 ? 'mail' : 'email', 'tag']);
    expect(things.count({ index: paths[1] as string })).toBe(RECORDS.length);
    expect(things.count({ index: 'tag', gte: 't1', lte: 't1' })).toBe(17);
    const { faults, leftovers } = await store.verify({ workers: 1 });
    expect({ faults, leftovers }).toEqual({ faults: [], leftovers: { trees: [], files: [], temporary: [] } });
    return version;
  } finally {
    await store.close();
  }
}

const POINTS = ['evolve.publish', 'evolve.commit', 'catalog.commit', 'catalog.committed', 'evolve.committed'] as const;

test.each(partOf(POINTS))(
  'a migration and an undo that are killed at %s leave the old version or the new one',
  async (point) => {
    const directory = await made();
    const file = fileWith(JSON.stringify(MIGRATION), 'm.json');
    const env = { GRISTMILL_FAILPOINTS: `${point}=kill` };
    const isDone = point === 'evolve.committed';
    const killed = await start(['evolve', 'apply', file, '--store', directory], undefined, env).ended;
    expect(killed.signal).toBe('SIGKILL');
    expect(await versionIn(directory)).toBe(isDone ? 1 : 0);
    if (!isDone) expect((await start(['evolve', 'apply', file, '--store', directory]).ended).code).toBe(0);
    expect(await versionIn(directory)).toBe(1);
    const undo = ['evolve', 'undo', '--to', '0', '--collection', 'things', '--store', directory];
    expect((await start(undo, undefined, env).ended).signal).toBe('SIGKILL');
    expect(await versionIn(directory)).toBe(isDone ? 0 : 1);
  },
);

test.each(partOf(['compact.rewrite', 'compact.publish', 'catalog.commit']))(
  'a compaction that migrates and is killed at %s changes no record',
  async (point) => {
    const directory = await made();
    const store = await openStore(directory, { hotSet: false });
    await store.evolve(MIGRATION, { workers: 1 });
    await store.finalizeMigrations('things');
    await store.close();
    const compact = ['compact', '--migrate', '--store', directory];
    const killed = await start(compact, undefined, { GRISTMILL_FAILPOINTS: `${point}=kill` }).ended;
    expect(killed.signal).toBe('SIGKILL');
    expect(await versionIn(directory)).toBe(1);
    expect((await start(compact).ended).code).toBe(0);
    expect(await versionIn(directory)).toBe(1);
    const after = await openStore(directory);
    expect((await after.evolution('things')).stored).toEqual([{ version: 1, isUndone: false, records: 50 }]);
    await after.close();
  },
);

test('a process that has the store open sees the new version at its next operation, and its patches keep what is hidden', async () => {
  const directory = await made();
  const child = spawn(process.execPath, [`${ROOT}/test/support/evolved-reader.mjs`, directory], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (line: string) => {
    child.stdin.write(`${line}\n`);
    return JSON.parse((await lines.next()).value as string) as unknown;
  };
  expect((await lines.next()).value).toBe('ready');
  expect(await ask('get 3')).toEqual(OLD.get(3));
  const store = await openStore(directory, { hotSet: false });
  await store.evolve(MIGRATION, { workers: 1 });
  expect(await ask('get 3')).toEqual(NEW.get(3));
  expect(await ask('patch 3')).toEqual({ ...NEW.get(3), note: 'patched' });
  await store.undoMigrations('things', 0, { workers: 1 });
  expect(await ask('get 3')).toEqual({ ...OLD.get(3), note: 'patched' });
  child.stdin.end();
  await once(child, 'exit');
  await store.close();
});

test('two processes that apply the same migration at once: one does, the other is told the version', async () => {
  const directory = await made();
  const file = fileWith(JSON.stringify(MIGRATION), 'm.json');
  const ended = await Promise.all([1, 2].map(() => start(['evolve', 'apply', file, '--store', directory]).ended));
  expect(ended.map(({ code }) => code).sort()).toEqual([0, 4]);
  expect(ended.find(({ code }) => code === 4)?.stderr).toContain('VERSION_MISMATCH');
  expect(await versionIn(directory)).toBe(1);
});
