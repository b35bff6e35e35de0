// Goal: whatever is wrong with the files of an index, or whatever this process may not have, opening is an error with a
// code; LMDB's native code would end the process.
// Method: real files of other kinds in the place of each; real limits of the system, from too small to large enough.
// @node all: codes of files' errors, and limits of the system

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { partOf } from '../support/effort.js';
import { scratch } from '../support/import-files.js';

const CLI = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const FILES = ['data.mdb', 'lock.mdb', 'gate.mdb', 'gate.mdb-lock'];
const isLinux = process.platform === 'linux';

async function newStore(): Promise<string> {
  const store = await openStore(join(scratch(), 'store'), { hotSet: false });
  await store.transaction((tx) => void tx.createCollection('records', { key: 'id' }).put({ id: 1 }));
  await store.close();
  return store.directory;
}

/** Runs a command in a shell with a limit set; a signal is a failure of the test. */
function limited(limit: string, args: readonly string[]): { readonly status: number; readonly text: string } {
  const script = `ulimit ${limit}; exec "$0" "$@"`;
  const child = spawnSync('bash', ['-c', script, process.execPath, CLI, ...args], { encoding: 'utf8' });
  expect(child.signal).toBeNull();
  return { status: child.status!, text: child.stdout + child.stderr };
}

/** Makes an index; all descriptors but a few are taken when it has begun to. */
const TAKING = `
  import { closeSync, mkdirSync, openSync } from 'node:fs';
  import { LmdbCatalog } from ${JSON.stringify(new URL('../../dist/src/store/lmdb/catalog.js', import.meta.url).href)};
  const [directory, left] = process.argv.slice(1);
  mkdirSync(directory);
  const opening = LmdbCatalog.open(directory, { create: true, readOnly: false }).then(
    () => 'done',
    (error) => error.code,
  );
  const taken = [];
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'));
  } catch {}
  for (let i = 0; i < left; i++) closeSync(taken.pop());
  const outcome = await opening;
  for (const descriptor of taken) closeSync(descriptor);
  process.stdout.write(outcome, () => process.exit());
`;

const get = (directory: string) => ['get', '1', '--store', directory, '--no-config'];
const put = (directory: string) => ['put', '{"id":2}', '--store', directory, '--no-config'];

describe.each(FILES)('in the place of %s', (name) => {
  const others: [string, (path: string) => void][] = [
    ['a directory', (path) => mkdirSync(path)],
    ['a link to nothing', (path) => symlinkSync('/nowhere/at/all', path)],
    ['a link to a file', (path) => symlinkSync(fileURLToPath(import.meta.url), path)],
    ['a FIFO', (path) => expect(spawnSync('mkfifo', [path]).status).toBe(0)],
  ];
  test.runIf(isLinux).each(others)('%s is an error, read or written', async (_, make) => {
    const directory = await newStore();
    const path = join(directory, 'index', name);
    renameSync(path, `${path}.aside`);
    make(path);
    for (const readOnly of [true, false]) {
      await expect(openStore(directory, { hotSet: false, readOnly })).rejects.toMatchObject({
        code: 'IO_ERROR',
        message: expect.stringContaining(path),
      });
    }
    // What was there is whole again when the file is back.
    rmSync(path, { recursive: true });
    renameSync(`${path}.aside`, path);
    const store = await openStore(directory, { hotSet: false });
    expect(store.collection().getSync(1)).toEqual({ id: 1 });
    await store.close();
  });
});

test('lock files that are gone or empty are made again', async () => {
  const directory = await newStore();
  for (const name of ['lock.mdb', 'gate.mdb-lock']) truncateSync(join(directory, 'index', name));
  await (await openStore(directory, { hotSet: false })).close();
  for (const name of ['lock.mdb', 'gate.mdb', 'gate.mdb-lock']) rmSync(join(directory, 'index', name));
  const store = await openStore(directory, { hotSet: false });
  expect(store.collection().getSync(1)).toEqual({ id: 1 });
  await store.close();
});

test('a gate that is no file of LMDB is an error that says what to do', async () => {
  const directory = await newStore();
  const gate = join(directory, 'index', 'gate.mdb');
  for (const content of ['', 'x', '\0'.repeat(8192), 'not a gate '.repeat(1000)]) {
    writeFileSync(gate, content);
    await expect(openStore(directory)).rejects.toMatchObject({
      code: 'CHECKSUM_MISMATCH',
      message: expect.stringContaining('remove the file'),
    });
  }
  rmSync(gate);
  await (await openStore(directory)).close();
  expect(existsSync(gate)).toBe(true);
});

describe.runIf(isLinux)('too small a limit', () => {
  test('of descriptors: an error until there are enough, never a signal', async () => {
    const directory = await newStore();
    const numbers = Array.from({ length: 30 }, (_, i) => 20 + 2 * i);
    let last = { status: -1, text: '' };
    for (const descriptors of [...partOf(numbers), 80]) {
      if (last.status === 0) break;
      last = limited(`-n ${descriptors}`, get(directory));
      // With very few of them Node cannot read the program itself.
      if (descriptors > 24 && last.status !== 0) expect(last.text).toMatch(/IO_ERROR|EMFILE/);
    }
    expect(last.text).toContain('{"id":1}');
  });

  test.each([0, 1, 2, 3, 30])('of descriptors that others take while it opens, %d are left: never a signal', (left) => {
    const args = ['--input-type=module', '-e', TAKING, join(scratch(), 'store'), String(left)];
    const script = 'ulimit -n 200; exec "$0" "$@"';
    // Memory that was freed holds nothing that could be taken for what it was.
    const env = { ...process.env, MALLOC_PERTURB_: '85' };
    const child = spawnSync('bash', ['-c', script, process.execPath, ...args], { encoding: 'utf8', env });
    expect(child).toMatchObject({ signal: null, stdout: left < 30 ? 'IO_ERROR' : 'done' });
  });

  test('of a file: an error that names the limit', async () => {
    const directory = await newStore();
    rmSync(join(directory, 'index', 'lock.mdb'));
    for (const command of [get, put]) {
      const { status, text } = limited('-f 8', command(directory));
      expect(text).toContain('ulimit -f');
      expect(status).toBe(5);
    }
    expect(limited('-f unlimited', get(directory)).status).toBe(0);
  });

  test('of address space: an error that names the limit, where the limit is in the way', async () => {
    const directory = await newStore();
    // How much WebAssembly reserves depends on the version of Node.
    for (const limit of ['8000000', '12000000', 'unlimited']) {
      for (const command of [get, put]) {
        const { status, text } = limited(`-v ${limit}`, command(directory));
        expect(text).not.toContain('INTERNAL');
        if (status !== 0 || limit === 'unlimited') expect(status).toBe(limit === 'unlimited' ? 0 : 5);
        if (status !== 0) expect(text).toContain('ulimit -v');
      }
    }
  });
});
