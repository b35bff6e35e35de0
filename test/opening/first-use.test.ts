// Goal: a store that was made for nothing goes again, and takes nothing from anybody: what another process has put into it,
// or is about to, and was told is there, is there.
// Method: each condition alone; then processes that make, use and remove one path at the same moment, round after round.
// @node all: processes, and codes of files' errors

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { LmdbCatalog } from '../../dist/src/store/lmdb/catalog.js';
import { WriterLock } from '../../dist/src/store/lock/writer-lock.js';
import { removeEmptyStore } from '../../dist/src/upkeep/remove-empty.js';
import { fileWith, scratch } from '../support/import-files.js';

const CLI = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const USER = fileURLToPath(new URL('../support/first-use.mjs', import.meta.url));
const OPTIONS = { config: false, hotSet: false } as const;

async function emptyStore(): Promise<string> {
  const store = await openStore(join(scratch(), 'store'), OPTIONS);
  await store.close();
  return store.directory;
}

describe('an empty store', () => {
  test('is removed, and leaves nothing beside it', async () => {
    const directory = await emptyStore();
    expect(await removeEmptyStore(directory)).toBe(true);
    expect(readdirSync(join(directory, '..'))).toEqual([]);
  });

  test('in which there is a collection stays', async () => {
    const directory = await emptyStore();
    const store = await openStore(directory, OPTIONS);
    await store.transaction((tx) => void tx.createCollection('a'));
    await store.close();
    expect(await removeEmptyStore(directory)).toBe(false);
    expect(existsSync(directory)).toBe(true);
  });

  test('that is being imported into stays', async () => {
    const directory = await emptyStore();
    const catalog = await LmdbCatalog.open(directory, { create: false, readOnly: false });
    const place = { directory, blobs: undefined as never };
    const lock = await WriterLock.acquire(catalog, place, { operation: 'import' });
    expect(await removeEmptyStore(directory)).toBe(false);
    await lock.release();
    await catalog.close();
    expect(await removeEmptyStore(directory)).toBe(true);
  });

  test('beside which something else lies stays', async () => {
    const directory = await emptyStore();
    writeFileSync(join(directory, 'notes.txt'), 'mine');
    expect(await removeEmptyStore(directory)).toBe(false);
    expect(readdirSync(directory)).toContain('notes.txt');
  });

  test('that another process has open stays', async () => {
    const directory = await emptyStore();
    const script = `import { openStore } from ${JSON.stringify(new URL('../../dist/src/index.js', import.meta.url))};
      await openStore(process.argv[1], { config: false, hotSet: false });
      console.log('open'); process.stdin.resume();`;
    const other = spawn(process.execPath, ['--input-type=module', '-e', script, directory]);
    const ended = once(other, 'close');
    await once(other.stdout, 'data');
    expect(await removeEmptyStore(directory)).toBe(false);
    other.kill('SIGKILL');
    await ended;
    expect(await removeEmptyStore(directory)).toBe(true);
  });

  test('whoever of this process has it open is refused, told so, and finds a new one', async () => {
    const directory = await emptyStore();
    const store = await openStore(directory, OPTIONS);
    expect(await removeEmptyStore(directory)).toBe(true);
    const create = () => store.transaction((tx) => void tx.createCollection('a', { key: 'id' }).put({ id: 1 }));
    await expect(create()).rejects.toMatchObject({ code: expect.stringMatching(/STORE_CLOSED|IO_ERROR/) });
    // Also where another store has come in its place.
    const next = await openStore(directory, OPTIONS);
    await expect(create()).rejects.toMatchObject({ code: 'STORE_CLOSED', message: expect.stringContaining('removed') });
    expect(next.collections()).toEqual([]);
    await store.close();
    await next.close();
  });
});

test('processes that make, use and remove a store at the same moment lose nothing that was acknowledged', async () => {
  const users = [['good', 'a'], ['bad'], ['good', 'b'], ['bad']].map((args) => {
    const child = spawn(process.execPath, [USER, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return { child, args, answer: async () => (await lines.next()).value as string };
  });
  const base = scratch();
  const answers = new Map<string, number>();
  for (let round = 0; round < 60; round++) {
    const directory = join(base, `store-${round}`);
    // Those that remove it are at another step of their work each time when the others come.
    for (const { child, args } of users) if (args[0] === 'bad') child.stdin.write(`${directory}\n`);
    await setTimeout(round % 20);
    for (const { child, args } of users) if (args[0] === 'good') child.stdin.write(`${directory}\n`);
    const said = await Promise.all(users.map(({ answer }) => answer()));
    for (const one of said) answers.set(one, (answers.get(one) ?? 0) + 1);
    if (!said.includes('put')) continue;
    const store = await openStore(directory, { ...OPTIONS, create: false });
    for (const [i, { args }] of users.entries()) {
      if (args[0] === 'good' && said[i] === 'put')
        expect(store.collection(args[1]!).getSync(args[1]!)).toEqual({ id: args[1] });
    }
    if (round % 20 === 0) expect((await store.verify({ workers: 1 })).faults).toEqual([]);
    await store.close();
  }
  expect(readdirSync(base).filter((name) => name.startsWith('.'))).toEqual([]);
  // An answer of another kind is an error that this test has to know of.
  const known = /^(put|removed|left|STORE_CLOSED .*removed.*)$/;
  expect([...answers.keys()].filter((one) => !known.test(one))).toEqual([]);
  expect(answers.get('put')).toBeGreaterThan(100);
  expect(answers.get('removed')).toBeGreaterThan(0);
});

test('of two first imports on the command line the bad one takes nothing from the good one', async () => {
  const good = fileWith('{"id":1}\n{"id":2}\n');
  const bad = fileWith('{"id":1}\n{oops\n');
  for (let round = 0; round < 4; round++) {
    const directory = join(scratch(), 'store');
    const start = (source: string) => {
      const child = spawn(process.execPath, [
        CLI,
        'import',
        source,
        '--store',
        directory,
        '--key',
        'id',
        '--mode',
        'upsert',
        '--no-config',
      ]);
      return once(child, 'close').then(([code]) => code as number);
    };
    expect(await Promise.all([start(bad), start(good)])).toEqual([3, 0]);
    const args = ['get', '2', '--store', directory, '--no-config'];
    expect(spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8' }).stdout).toBe('{"id":2}\n');
  }
});

test('a directory that was there before is never removed', async () => {
  const directory = join(scratch(), 'store');
  mkdirSync(directory, { mode: 0o700 });
  const args = ['import', fileWith('{oops\n'), '--store', directory, '--key', 'id', '--no-config'];
  expect(spawnSync(process.execPath, [CLI, ...args]).status).toBe(3);
  expect(existsSync(directory)).toBe(true);
});
