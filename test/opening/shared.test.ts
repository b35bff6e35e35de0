// Goal: a store that its group can write to, or that is behind a symbolic link, is read as any other; it is changed only
// with an option that says so. What all users can write to is refused always.
// Method: stores with the modes that Kubernetes gives a volume (fsGroup), and links; the library, and every command that
// changes a store, as root and as another user.

import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openStore, repairStore } from '../../dist/src/index.js';
import { CLI, gristmill } from '../support/cli.js';
import { partOf } from '../support/effort.js';
import { scratch } from '../support/import-files.js';
import { isRoot, newStore, OTHER } from '../support/other-user.js';

const OPTIONS = { config: false, hotSet: false } as const;
const READING = [['get', '1'], ['range'], ['export'], ['stat'], ['verify', '--workers', '1'], ['backup', 'BACKUP']];
const WRITING = [
  ...[['put', '{"id":2}'], ['patch', '1', '{"a":1}'], ['delete', '1'], ['compact'], ['repair', '--workers', '1']],
  ['import', 'SOURCE', '--key', 'id', '--workers', '1'],
  ...[
    ['index', 'add', 'name'],
    ['clear', 'records', '--yes'],
    ['rename', 'records', 'others'],
  ],
];

/** As a volume with fsGroup: directories 2770, files 0660, all of one group. */
function shareWithGroup(store: string): void {
  for (const name of ['', ...readdirSync(store, { recursive: true, encoding: 'utf8' })]) {
    if (isRoot) chownSync(join(store, name), 0, OTHER);
    chmodSync(join(store, name), name.includes('.') ? 0o660 : 0o2770);
  }
}

function behindLink(store: string): string {
  const link = `${store}.link`;
  symlinkSync(store, link);
  return link;
}

const WAYS: readonly [string, (store: string) => string, RegExp][] = [
  [
    'that its group can write to',
    (store) => {
      shareWithGroup(store);
      return store;
    },
    /by the users of its group.*trustShared: true/,
  ],
  ['behind a symbolic link', behindLink, /is a symbolic link.*trustShared: true/],
];

describe.each(WAYS)('a store %s', (_what, share, refusal) => {
  test('is read without an option, and changed with it', async () => {
    const path = share(await newStore());
    await expect(openStore(path, OPTIONS)).rejects.toMatchObject({
      code: 'STORE_NOT_A_STORE',
      message: expect.stringMatching(refusal),
    });
    await expect(repairStore(path)).rejects.toMatchObject({ message: expect.stringMatching(refusal) });
    const read = await openStore(path, { ...OPTIONS, readOnly: true });
    expect(await read.collection().get(1)).toEqual({ id: 1 });
    expect(await read.verify()).toMatchObject({ isSound: true });
    await read.close();
    const store = await openStore(path, { ...OPTIONS, trustShared: true });
    await store.collection().put({ id: 2 });
    expect(await store.collection().get(2)).toEqual({ id: 2 });
    await store.close();
    await expect(repairStore(path, { trustShared: true })).resolves.toMatchObject({ lost: [] });
  });

  test('of each command: the flag is named, and is what it needs', async () => {
    const store = await newStore();
    const path = share(store);
    const filled = (words: readonly string[]) => [
      ...words.map((word) => ({ BACKUP: `${store}.backup`, SOURCE: `${store}.ndjson` })[word] ?? word),
      ...['--store', path],
    ];
    for (const words of partOf(READING)) expect(await gristmill(...filled(words))).toMatchObject({ code: 0 });
    for (const words of partOf(WRITING, 1)) {
      const before = readFileSync(join(store, 'index/data.mdb'));
      expect(await gristmill(...filled(words))).toMatchObject({
        code: 4,
        stderr: expect.stringContaining('--trust-shared'),
      });
      expect(readFileSync(join(store, 'index/data.mdb')).equals(before)).toBe(true);
      expect(await gristmill(...filled(words), '--trust-shared')).toMatchObject({ code: 0 });
      if (path === store) shareWithGroup(store);
    }
  });
});

test('what all users can write to is refused, whatever is trusted', async () => {
  const path = await newStore();
  for (const name of ['', 'shards', 'index']) {
    chmodSync(join(path, name), 0o777);
    for (const options of [{ readOnly: true }, { trustShared: true }]) {
      await expect(openStore(path, { ...OPTIONS, ...options })).rejects.toMatchObject({ code: 'STORE_NOT_A_STORE' });
    }
    chmodSync(join(path, name), 0o700);
  }
});

test('a file that its group can write to, in a directory that it cannot, is not read', async () => {
  const path = await newStore();
  const [shard] = readdirSync(join(path, 'shards'));
  chmodSync(join(path, 'shards', shard!), 0o660);
  const store = await openStore(path, { ...OPTIONS, trustShared: true });
  await expect(store.collection().get(1)).rejects.toMatchObject({ code: 'STORE_NOT_TRUSTED' });
  await store.close();
});

test('a link that leads nowhere is no store, and none is made there', async () => {
  const link = join(scratch(), 'link');
  symlinkSync(`${link}.none`, link);
  for (const options of [{ readOnly: true }, { trustShared: true }]) {
    await expect(openStore(link, { ...OPTIONS, ...options })).rejects.toMatchObject({ code: 'STORE_NOT_FOUND' });
  }
});

describe.runIf(isRoot)('as another user (skipped where this one is not root)', () => {
  test('a volume of root and a group: a store is made in it, and changed after the group got its rights', () => {
    const volume = join(scratch(), 'volume');
    mkdirSync(volume);
    chmodSync(join(volume, '..'), 0o755);
    chownSync(volume, 0, OTHER);
    chmodSync(volume, 0o2775);
    const store = join(volume, 'store');
    const run = (...words: string[]) =>
      spawnSync(process.execPath, [CLI, ...words, '--store', store], { encoding: 'utf8', uid: OTHER, gid: OTHER });
    expect(run('put', '{"id":1}', '--key', 'id')).toMatchObject({ status: 0, stderr: '' });
    for (const name of ['', ...readdirSync(store, { recursive: true, encoding: 'utf8' })]) {
      chmodSync(join(store, name), name.includes('.') ? 0o660 : 0o2770);
    }
    expect(run('get', '1')).toMatchObject({ status: 0, stdout: '{"id":1}\n' });
    expect(run('put', '{"id":2}')).toMatchObject({ status: 4, stderr: expect.stringContaining('--trust-shared') });
    expect(run('put', '{"id":2}', '--trust-shared')).toMatchObject({ status: 0, stderr: '' });
  });

  test("a link of another user is not followed, unless that user's stores are trusted", async () => {
    const path = behindLink(await newStore());
    spawnSync('chown', ['-h', String(OTHER), path]);
    const refused = { code: 'STORE_NOT_TRUSTED', file: path };
    await expect(openStore(path, { ...OPTIONS, readOnly: true })).rejects.toMatchObject(refused);
    await expect(openStore(path, { ...OPTIONS, trustShared: true })).rejects.toMatchObject(refused);
    const trusting = { ...OPTIONS, trustShared: true, trustOwner: OTHER };
    await (await openStore(path, trusting)).close();
  });
});
