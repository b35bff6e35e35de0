// Goal: whose store is opened is asked: one's own and those of root are, another user's only when that user is named.
// Method: stores, and files in them, that are given to another user; the library and every command as real processes. Needs root.

import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openStore, repairStore } from '../../dist/src/index.js';
import { CLI, gristmill } from '../support/cli.js';
import { partOf } from '../support/effort.js';
import { scratch } from '../support/import-files.js';
import { give, isRoot, newStore, OTHER } from '../support/other-user.js';

const OPTIONS = { config: false, hotSet: false } as const;

const COMMANDS: readonly string[][] = [
  ...[['get', '1'], ['range'], ['export'], ['stat'], ['verify', '--workers', '1'], ['compact'], ['delete', '1']],
  ...[
    ['put', '{"id":2}'],
    ['patch', '1', '{"a":1}'],
    ['repair', '--workers', '1'],
    ['backup', 'BACKUP'],
    ['import', 'SOURCE', '--key', 'id'],
  ],
];

describe.runIf(isRoot)("another user's store (skipped where this user is not root)", () => {
  test('is refused: the message names the owner and the option; with that it is opened', async () => {
    const store = await newStore();
    give(store);
    const refused = {
      code: 'STORE_NOT_TRUSTED',
      file: store,
      message: expect.stringMatching(/id 65534.*trustOwner: 65534/),
    };
    for (const readOnly of [true, false]) {
      await expect(openStore(store, { ...OPTIONS, readOnly })).rejects.toMatchObject(refused);
      await expect(openStore(store, { ...OPTIONS, readOnly, trustOwner: 1 })).rejects.toMatchObject(refused);
    }
    await expect(repairStore(store)).rejects.toMatchObject(refused);
    const opened = await openStore(store, { ...OPTIONS, trustOwner: OTHER });
    expect(await opened.collection().get(1)).toEqual({ id: 1 });
    expect(await opened.verify()).toMatchObject({ isSound: true });
    await opened.close();
    await expect(repairStore(store, { trustOwner: OTHER })).resolves.toMatchObject({ from: 'catalog', lost: [] });
  });

  test.each(partOf(COMMANDS))('%s: refused, nothing is written; with the flag it goes on', async (...words) => {
    const store = await newStore();
    give(store);
    const command = words.map((word) => ({ BACKUP: `${store}.backup`, SOURCE: `${store}.ndjson` })[word] ?? word);
    const before = readFileSync(join(store, 'index/data.mdb'));
    const refused = await gristmill(...command, '--store', store);
    expect(refused).toMatchObject({ code: 4, stderr: expect.stringContaining('--trust-owner 65534') });
    expect(readFileSync(join(store, 'index/data.mdb')).equals(before)).toBe(true);
    const done = await gristmill(...command, '--store', store, '--trust-owner', String(OTHER));
    expect(done).toMatchObject({ code: 0, signal: null });
  });

  test.each(['index/data.mdb', 'index/lock.mdb', 'index/gate.mdb', 'index', 'shards'])('of %s alone', async (name) => {
    const store = await newStore();
    chownSync(join(store, name), OTHER, OTHER);
    await expect(openStore(store, OPTIONS)).rejects.toMatchObject({
      code: 'STORE_NOT_TRUSTED',
      file: join(store, name),
    });
  });

  test('of a shard alone, or one that others can write to: it is not read', async () => {
    const store = await newStore();
    const [name] = readdirSync(join(store, 'shards'));
    const shard = join(store, 'shards', name!);
    for (const spoil of [
      () => chownSync(shard, OTHER, OTHER),
      () => {
        chownSync(shard, 0, 0);
        chmodSync(shard, 0o666);
      },
    ]) {
      spoil();
      const opened = await openStore(store, OPTIONS);
      await expect(opened.collection().get(1)).rejects.toMatchObject({ code: 'STORE_NOT_TRUSTED', file: shard });
      expect(await opened.verify()).toMatchObject({ isSound: false });
      await expect(opened.backup(`${store}.backup`, { copy: true })).rejects.toMatchObject({
        code: 'STORE_NOT_TRUSTED',
      });
      await opened.close();
    }
  });

  test('stat names the directories above in which others could replace the store', async () => {
    const open = join(scratch(), 'open');
    mkdirSync(open);
    chmodSync(open, 0o777);
    const store = await openStore(join(open, 'store'), OPTIONS);
    expect(store.stat().exposed).toEqual([`${open} can be written by other users`]);
    chmodSync(open, 0o1777);
    expect(store.stat().exposed).toEqual([]);
    chownSync(open, OTHER, OTHER);
    expect(store.stat().exposed).toEqual([`${open} belongs to another user (id 65534)`]);
    await store.close();
  });
});

describe.runIf(isRoot)('a config file in the working directory (skipped where this user is not root)', () => {
  test.each(['gristmill.config.js', 'gristmill.config.json'])(
    '%s: only one that nobody else can have written',
    (name) => {
      const directory = scratch();
      const file = join(directory, name);
      const mark = join(directory, 'ran');
      const code = `require('node:fs').writeFileSync(${JSON.stringify(mark)}, ''); module.exports = {};`;
      writeFileSync(file, name.endsWith('.js') ? code : '{}');
      const config = (...words: string[]) =>
        spawnSync(process.execPath, [CLI, 'config', ...words], { cwd: directory, encoding: 'utf8' });
      const hasRun = () => readdirSync(directory).includes('ran');
      const spoiled: [() => void, () => void][] = [
        [() => chownSync(file, OTHER, 0), () => chownSync(file, 0, 0)],
        [() => chmodSync(file, 0o666), () => chmodSync(file, 0o644)],
        [() => chownSync(directory, OTHER, 0), () => chownSync(directory, 0, 0)],
        [() => chmodSync(directory, 0o777), () => chmodSync(directory, 0o755)],
      ];
      for (const [spoil, mend] of spoiled) {
        spoil();
        expect(config()).toMatchObject({
          status: 2,
          stderr: expect.stringMatching(/CONFIG_INVALID.*--config.*--no-config/),
        });
        expect(config('--no-config').status).toBe(0);
        expect(hasRun()).toBe(false);
        mend();
      }
      chownSync(file, OTHER, 0);
      expect(config('--config', file).status).toBe(0);
      expect(hasRun()).toBe(name.endsWith('.js'));
    },
  );
});
