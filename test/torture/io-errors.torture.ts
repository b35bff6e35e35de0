// Goal: when the machine refuses, an operation fails with a code that says which file, or is done; another process is
// served the old or the new state meanwhile; a store whose commit failed is not trusted again by the process it failed in.
// Method: strace makes the n-th call of one name fail, once or from then on, n = 1, 2, 3 … until nothing fails any more;
// limits on descriptors and file sizes are set on a waiting writer; a small tmpfs is filled.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore, repairStore } from '../../dist/src/index.js';
import { LmdbCatalog } from '../../dist/src/store/lmdb/catalog.js';
import type { ImportProgress } from '../../src/base/import-report.js';
import { checkAfterCrash, expectClean } from './check.mjs';
import { type Failure, missing, scratchDirectory, Template, Writer } from './harness.js';
import { History } from './model.mjs';
import { runTraced, threadsOf } from './strace.js';
import { unmount } from './volume.mjs';

const KINDS = ['upsert', 'transaction', 'compact'] as const;
/** As src/store/shards/join-write.ts has it. */
const UNFINISHED_SUFFIX = '.unfinished';
/** Beyond every operation's number of calls: the test fails rather than going on for ever. */
const CALLS_MAX = 60;

const directory = scratchDirectory();
const templates = new Map<string, Promise<Template>>();
afterAll(() => directory.remove());

function templateOf(kind: (typeof KINDS)[number]): Promise<Template> {
  if (!templates.has(kind)) templates.set(kind, Template.make(directory.path, kind));
  return templates.get(kind)!;
}

/** A failure that names the file, and what is needed where the disk is full. */
function expectTyped(failure: Failure, store: string): void {
  expect(failure).toMatchObject({ code: expect.stringMatching(/^(IO_ERROR|DISK_FULL)$/) });
  expect(failure.file ?? failure.message).toContain(store.split('/').at(-1));
}

describe('calls that fail', () => {
  const lacks = missing('strace');
  const UPSERT = [
    ['fsync', 'EIO', ''],
    ['fdatasync', 'EIO', ''],
    ['fdatasync', 'EIO', '+'],
    ['pwrite64', 'EIO', ''],
    ['pwrite64', 'ENOSPC', '+'],
    ['write', 'ENOSPC', ''],
  ] as const;
  const TRANSACTION = UPSERT.filter(([call]) => call === 'fdatasync' || call === 'pwrite64');
  const COMPACT = UPSERT.filter(([call, , times]) => call !== 'pwrite64' && times === '');
  const faults = { upsert: UPSERT, transaction: TRANSACTION, compact: COMPACT };
  const cases = KINDS.flatMap((kind) =>
    faults[kind].map(([call, error, times]) => ({
      kind,
      call,
      error,
      times,
      when: times ? 'from the nth on' : 'the nth',
    })),
  );

  test.skipIf(lacks).each(cases)('$kind: $call fails with $error, $when', async ({ kind, call, error, times }) => {
    const template = await templateOf(kind);
    let failed = 0;
    let next = template.waiting({ inline: true });
    for (let n = 1; ; n++) {
      expect(n).toBeLessThan(CALLS_MAX);
      const { store, writer } = await next;
      next = template.waiting({ inline: true });
      // What it says goes out by the same call as what it stores: only files of the store are to fail.
      const inject = ['-f', '-y', '-e', `trace=${call}`, '-e', `inject=${call}:error=${error}:when=${n}${times}`];
      const paths = call === 'write' ? pathsOf(store) : [];
      const log = await runTraced(writer, threadsOf(writer.pid), [...inject, ...paths], template.n);
      const [failure] = writer.failures;
      const stands = await template.check(store, writer);
      if (failure !== undefined) {
        failed++;
        expectTyped(failure, store);
        if (failure.file?.endsWith('data.mdb')) {
          // Its commit failed: it does not try again, and is not served any more.
          await writer.run(template.n);
          if (!(await endedWithinLmdb(writer))) expect(writer.failures[1]).toMatchObject({ code: failure.code });
        } else if (stands !== template.n) {
          await writer.run(template.n);
          expect(writer.acknowledged.n).toBe(template.n);
        }
      }
      if (!(await endedWithinLmdb(writer))) await writer.kill();
      await template.check(store, writer);
      if (!log.includes('(INJECTED)')) break;
    }
    await (await next).writer.kill();
    expect(failed).toBeGreaterThan(0);
    console.log(`${kind}, ${call} ${error}${times}: failed ${failed} times`);
  });
});

/**
 * Whether a write of LMDB failed and took the process with it: lmdb-js 3.5.6 writes past the end of its message then
 * (src/store/lmdb/commit-room.ts). What strace makes fail cannot be asked for before. The store must be whole all the same.
 */
async function endedWithinLmdb(writer: Writer): Promise<boolean> {
  if (writer.process.exitCode === null && writer.process.signalCode === null) return false;
  const { signal } = await writer.ended;
  expect(signal).toMatch(/^SIG(ABRT|SEGV)$/);
  expect(writer.errors).toMatch(/^Write error: /m);
  return true;
}

/** The files that an import or a compaction writes next, for strace to look at nothing else. A joined file has another name at first. */
function pathsOf(store: string): string[] {
  const last = Math.max(0, ...readdirSync(join(store, 'shards')).map((name) => Number.parseInt(name, 10)));
  const next = Array.from({ length: 16 }, (_, i) => `${String(last + 1 + i).padStart(8, '0')}.ndjson.zst`);
  return next.flatMap((name) =>
    ['', UNFINISHED_SUFFIX].flatMap((end) => ['-P', join(store, 'shards', `${name}${end}`)]),
  );
}

describe('limits of a process', () => {
  const lacks = missing('prlimit');
  /** The operation under a limit; then without it. @returns whether it was done under the limit */
  async function limited(kind: (typeof KINDS)[number], limitOf: (pid: number) => string, inline: boolean) {
    const template = await templateOf(kind);
    const { store, writer } = await template.waiting({ inline });
    execFileSync('prlimit', ['--pid', String(writer.pid), limitOf(writer.pid)]);
    await writer.run(template.n);
    expect(writer.process.signalCode).toBeNull();
    const isDone = writer.acknowledged.n === template.n;
    const [failure] = writer.failures;
    await template.check(store, writer);
    await writer.kill();
    const stands = await template.check(store, writer);
    return { isDone, failure, stands, store };
  }

  test.skipIf(lacks).each(KINDS)('%s with ever more file descriptors', async (kind) => {
    const outcomes: boolean[] = [];
    for (let spare = 0; outcomes.at(-1) !== true; spare++) {
      const { isDone, failure } = await limited(kind, (pid) => `--nofile=${descriptorsFor(pid, spare)}:`, false);
      if (failure !== undefined) expect(failure).toMatchObject({ code: expect.stringMatching(/^[A-Z]+_[A-Z_]+$/) });
      outcomes.push(isDone);
      expect(spare).toBeLessThan(40);
    }
    if (kind === 'upsert') expect(outcomes.length).toBeGreaterThan(1);
  });

  test.skipIf(lacks).each(KINDS)('%s with files that may not grow', async (kind) => {
    for (const bytes of [0, 100, 4096, 20_000]) {
      const { isDone, failure, store } = await limited(kind, () => `--fsize=${bytes}:`, true);
      if (failure !== undefined) expectTyped(failure, store);
      // The commit thread opens the index, and finds the limit before anything is written.
      if (bytes === 0) expect({ isDone, code: failure?.code }).toEqual({ isDone: false, code: 'IO_ERROR' });
    }
  });
});

/** The limit that leaves a process so many descriptors to open. */
function descriptorsFor(pid: number, spare: number): number {
  const open = new Set(readdirSync(`/proc/${pid}/fd`).map(Number));
  let limit = 0;
  for (let free = 0; open.has(limit) || free++ < spare; ) limit++;
  return limit;
}

describe('a file system of 8 MB and 64 inodes', () => {
  const lacks = missing('root', 'unshare');
  // Mounted in a namespace that scripts/torture.mjs made: whatever happens, nothing stays mounted.
  const isMounted = !lacks && process.env.TORTURE_NAMESPACE !== undefined;
  const disk = scratchDirectory();
  const mount = disk.path;
  beforeAll(() => {
    if (isMounted) execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m,nr_inodes=64,mode=700', 'tmpfs', mount]);
  });
  afterAll(() => {
    if (isMounted) execFileSync('umount', [mount]);
    disk.remove();
  });

  test.skipIf(!isMounted).each(['stays open', 'is opened again while the disk is full'])(
    'a lock that a full disk kept from being given back is given back when there is room: the store %s',
    async (how) => {
      const path = join(mount, 'locked');
      const filler = join(mount, 'filler');
      const source = join(directory.path, 'locked.ndjson');
      writeFileSync(source, '{"id":1}\n{"id":2}\n');
      let store = await openStore(path);
      await store.import(source, { key: 'id', mode: 'upsert' });
      const fillAtMerge = ({ stage }: ImportProgress) => {
        if (stage === 'merge') fill(filler, 4096);
      };
      const failed = store.import(source, { key: 'id', mode: 'upsert', onProgress: fillAtMerge });
      await expect(failed).rejects.toMatchObject({ code: 'DISK_FULL' });
      if (how !== 'stays open') {
        await store.close();
        store = await openStore(path);
      }
      const catalog = await LmdbCatalog.open(path, { create: false, readOnly: true });
      expect(catalog.lock()).toMatchObject({ pid: process.pid });
      rmSync(filler);
      for (; catalog.lock() !== undefined; catalog.refresh()) await setTimeout(20);
      await catalog.close();
      await store.close();
      await expectClean(path);
      rmSync(path, { recursive: true });
    },
  );

  test.skipIf(!isMounted)(
    'a store in use on another disk, whose files have the same numbers, is no other store',
    async () => {
      const other = scratchDirectory();
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m,mode=700', 'tmpfs', other.path]);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m,mode=700', 'tmpfs', mount]);
      try {
        const [mine, theirs] = [join(mount, 'store'), join(other.path, 'store')];
        await (await openStore(mine)).close();
        const open = await openStore(theirs);
        const numberOf = (store: string) => statSync(join(store, 'index/lock.mdb')).ino;
        expect(numberOf(mine)).toBe(numberOf(theirs));
        expect(await repairStore(mine, { workers: 1 })).toMatchObject({ lost: [] });
        await expect(repairStore(theirs, { workers: 1 })).rejects.toMatchObject({ code: 'STORE_BUSY' });
        await open.close();
      } finally {
        for (const path of [mount, other.path]) unmount(path);
        other.remove();
      }
    },
  );

  test.skipIf(!isMounted)('no room: DISK_FULL, and the old state is served; with room again it goes on', async () => {
    const store = join(mount, 'store');
    const filler = join(mount, 'filler');
    const history = new History('full');
    let writer = new Writer(store, history);
    let full = 0;
    await writer.run(1);
    for (let n = 2; n < 16; n++) {
      // Ever less room for each.
      fill(filler, n * 32_768);
      await writer.run(n);
      const [failure] = writer.failures.splice(0);
      if (failure !== undefined) {
        full++;
        expectTyped(failure, store);
        const stands = await checkAfterCrash(store, history, writer.acknowledged);
        rmSync(filler);
        const { acknowledged } = writer;
        await writer.kill();
        writer = new Writer(store, history);
        writer.acknowledged = acknowledged;
        if (stands !== n) await writer.run(n);
        expect(writer.failures).toEqual([]);
      }
      rmSync(filler, { force: true });
    }
    await writer.kill();
    expect(full).toBeGreaterThan(0);
  });

  test.skipIf(!isMounted)('no inodes: DISK_FULL, nothing left behind', async () => {
    const store = join(mount, 'inodes');
    const history = new History('inodes', ['replace', 'upsert']);
    const writer = new Writer(store, history);
    await writer.run(1);
    mkdirSync(join(mount, 'many'));
    for (let i = 0; i < 64; i++) {
      try {
        writeFileSync(join(mount, 'many', String(i)), '');
      } catch {
        break;
      }
    }
    await writer.run(2);
    expect(writer.failures).toMatchObject([{ code: 'DISK_FULL' }]);
    rmSync(join(mount, 'many'), { recursive: true });
    await writer.run(2);
    expect(writer.acknowledged.n).toBe(2);
    await writer.kill();
    await checkAfterCrash(store, history, writer.acknowledged);
  });
});

/** Takes all of a file system but so many bytes. */
function fill(path: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(dirname(path));
  writeFileSync(path, Buffer.alloc(Math.max(0, bavail * bsize - bytes)));
}
