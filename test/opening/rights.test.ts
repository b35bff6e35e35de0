// Goal: who may not write LMDB's lock file reads rightly, or is refused with what to do about it; LMDB itself would go on
// without locks, and what it read beside a writer was wrong.
// Method: a real second user and real mounts, beside a writer that replaces all records again and again. Needs root.
// @node all: codes of files' errors

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openStore, type Store } from '../../dist/src/index.js';
import { scratch } from '../support/import-files.js';

const READER = fileURLToPath(new URL('../support/rights-reader.mjs', import.meta.url));
const RECORDS = 200;
const NOBODY = { uid: 65_534, gid: 65_534 };
const isRoot = process.getuid?.() === 0;
/** The other user has to be able to read the program. */
const hasOther = isRoot && spawnSync(process.execPath, ['--check', READER], NOBODY).status === 0;
const canMount = isRoot && spawnSync('unshare', ['-m', 'true']).status === 0;

async function newStore(): Promise<Store> {
  const store = await openStore(join(scratch(), 'store'), { hotSet: false });
  onTestFinished(() => store.close());
  await store.transaction((tx) => void tx.createCollection('a', { key: 'id' }));
  await round(store, 0);
  // It cannot be opened before its files are there.
  return store;
}

const round = (store: Store, number: number) =>
  store.transaction((tx) => {
    for (let id = 0; id < RECORDS; id++) tx.collection('a').put({ id, round: number });
  });

/** Lets everybody read the store, as its owner may, and nobody write to it. */
function letRead(directory: string): void {
  chmodSync(join(directory, '..'), 0o755);
  chmodSync(directory, 0o755);
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    chmodSync(join(directory, name), name.includes('.') ? 0o644 : 0o755);
  }
}

interface Seen {
  readonly rounds: number;
  readonly wrong: readonly unknown[];
  readonly code?: string;
  readonly message?: string;
}

/** Runs the reader while the store is written to, for at least `rounds` transactions. */
async function readBeside(store: Store, command: string, args: readonly string[], as = {}, rounds = 30): Promise<Seen> {
  const reader = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], ...as });
  const closed = once(reader, 'close');
  const lines: string[] = [];
  let isReading = () => {};
  const begun = new Promise<void>((resolve) => {
    isReading = resolve;
  });
  createInterface({ input: reader.stdout }).on('line', (line) => {
    lines.push(line);
    isReading();
  });
  await Promise.race([begun, closed]);
  for (let number = 1; number <= rounds; number++) await round(store, number);
  reader.stdin.end();
  expect(await closed).toEqual([0, null]);
  return JSON.parse(lines.at(-1)!);
}

const nodeArgs = (directory: string) => [READER, directory, String(RECORDS)];

describe.runIf(hasOther)(
  'another user (skipped where this one is not root, or the other cannot read the program)',
  () => {
    test('who may only read is refused, and told which files need which right', async () => {
      const store = await newStore();
      letRead(store.directory);
      const seen = await readBeside(store, process.execPath, nodeArgs(store.directory), NOBODY, 1);
      expect(seen).toMatchObject({ rounds: 0, wrong: [], code: 'IO_ERROR' });
      expect(seen.message).toContain(join(store.directory, 'index/lock.mdb'));
      expect(seen.message).toContain('index/gate.mdb-lock');
    });

    test('who may write the lock files reads rightly beside a writer', async () => {
      const store = await newStore();
      letRead(store.directory);
      for (const name of ['lock.mdb', 'gate.mdb', 'gate.mdb-lock'])
        chmodSync(join(store.directory, 'index', name), 0o666);
      const seen = await readBeside(store, process.execPath, nodeArgs(store.directory), NOBODY);
      expect(seen).toEqual({ rounds: expect.any(Number), wrong: [] });
      expect(seen.rounds).toBeGreaterThan(0);
    });

    test('who may not write the index cannot open it for writing', async () => {
      const store = await newStore();
      letRead(store.directory);
      const cli = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
      const put = ['put', '{"id":1}', '--store', store.directory, '--collection', 'a', '--no-config'];
      const { status, stderr } = spawnSync(process.execPath, [cli, ...put], { encoding: 'utf8', ...NOBODY });
      expect(stderr).toContain('this user has no right to write');
      expect(status).toBe(5);
    });
  },
);

describe.runIf(canMount)('a read-only mount (skipped where this user cannot mount)', () => {
  const inMount = (mount: string, directory: string, at: string) => [
    ...['-m', 'bash', '-ec', `${mount}; exec "$0" "$@"`, process.execPath],
    ...[READER, at, String(RECORDS), directory],
  ];

  test('of a file system that others write to is refused', async () => {
    const store = await newStore();
    const at = scratch();
    const mount = `mount --bind '${store.directory}' '${at}'; mount -o remount,ro,bind '${at}'`;
    const seen = await readBeside(store, 'unshare', inMount(mount, store.directory, at), {}, 1);
    expect(seen).toMatchObject({ wrong: [], code: 'IO_ERROR', message: expect.stringContaining('mount it writable') });
  });

  test('of a file system that is read-only for everybody can be read', async () => {
    const store = await newStore();
    const at = scratch();
    const copy = `mount -t tmpfs tmpfs '${at}'; cp -a '${store.directory}' '${at}/store'; mount -o remount,ro '${at}'`;
    const seen = await readBeside(store, 'unshare', inMount(copy, store.directory, `${at}/store`), {}, 1);
    expect(seen).toEqual({ rounds: expect.any(Number), wrong: [] });
  });
});
