// Goal: a backup or an export does not go where others could put something else in its place, unless that is allowed.
// Method: directories with the modes of shared volumes, and links; the library and the command line. What needs a group or
// a second user needs root.

import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { gristmill, gristmillIn } from '../support/cli.js';
import { scratch } from '../support/import-files.js';
import { isRoot, newStore, OTHER } from '../support/other-user.js';

/** A directory with this mode, and perhaps of another group. */
function directoryOf(mode: number, group?: number): string {
  const path = join(scratch(), 'shared');
  mkdirSync(path);
  if (group !== undefined) chownSync(path, 0, group);
  chmodSync(path, mode);
  return path;
}

async function backup(target: string, trustShared = false) {
  const store = await openStore(await newStore(), { config: false, readOnly: true, trustShared });
  try {
    return await store.backup(target);
  } finally {
    await store.close();
  }
}

test('what all users can write to is refused, allowed or not; a sticky directory is not', async () => {
  const store = await newStore();
  const shared = directoryOf(0o777);
  for (const target of [join(shared, 'copy'), join(shared, 'deeper', 'copy')]) {
    for (const trustShared of [false, true]) {
      await expect(backup(target, trustShared)).rejects.toMatchObject({
        code: 'STORE_NOT_TRUSTED',
        message: expect.stringContaining(`all users can replace files in ${shared}`),
      });
    }
  }
  const out = ['export', '--store', store, '--out', join(shared, 'all.ndjson')];
  for (const words of [out, [...out, '--trust-shared']]) {
    expect(await gristmill(...words)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('all users can replace'),
    });
  }
  expect(readdirSync(shared)).toEqual([]);
  chmodSync(shared, 0o1777);
  await backup(join(shared, 'copy'));
  expect(await gristmill(...out)).toMatchObject({ code: 0 });
  expect(readdirSync(shared).sort()).toEqual(['all.ndjson', 'copy']);
  for (const name of readdirSync(shared)) expect(statSync(join(shared, name)).mode & 0o077).toBe(0);
});

test('a backup is made at no link; an empty directory that it replaces becomes private', async () => {
  const path = scratch();
  mkdirSync(join(path, 'empty'));
  chmodSync(join(path, 'empty'), 0o777);
  for (const [link, target] of [
    ['link', 'empty'],
    ['dangling', 'missing'],
  ] as const) {
    symlinkSync(join(path, target), join(path, link));
    await expect(backup(join(path, link))).rejects.toMatchObject({
      code: 'BACKUP_TARGET_NOT_EMPTY',
      message: expect.stringContaining('is a symbolic link'),
    });
  }
  await backup(join(path, 'empty'));
  expect(statSync(join(path, 'empty')).mode & 0o777).toBe(0o700);
  expect(existsSync(join(path, 'missing'))).toBe(false);
});

describe.runIf(isRoot)('with a second user (skipped where this user is not root)', () => {
  test('a directory that its group can write to needs the option', async () => {
    const store = await newStore();
    const shared = directoryOf(0o2775, OTHER);
    await expect(backup(join(shared, 'copy'))).rejects.toMatchObject({
      code: 'STORE_NOT_TRUSTED',
      message: expect.stringMatching(/the users of its group can replace files.*trustShared: true/),
    });
    await expect(backup(join(shared, 'copy'), true)).resolves.toMatchObject({ collections: 1 });
    for (const [code, words] of [
      [4, ['backup', join(shared, 'again')]],
      [2, ['export', '--out', join(shared, 'all.ndjson')]],
    ] as const) {
      const refused = await gristmill(...words, '--store', store);
      expect(refused).toMatchObject({
        code,
        stderr: expect.stringMatching(/group can replace files.*give --trust-shared/),
      });
      expect(await gristmill(...words, '--store', store, '--trust-shared')).toMatchObject({ code: 0 });
    }
    // Where the option is set does not matter.
    const variable = { GRISTMILL_TRUST_SHARED: 'true' };
    const words = ['export', '--out', join(shared, 'more.ndjson'), '--store', store];
    expect(await gristmillIn(shared, words, variable)).toMatchObject({ code: 0 });
    expect(readdirSync(shared).sort()).toEqual(['again', 'all.ndjson', 'copy', 'more.ndjson']);
  });

  test('an export follows a link of its own user, and none of another one', async () => {
    const store = await newStore();
    const path = scratch();
    const link = join(path, 'link');
    writeFileSync(join(path, 'file'), 'before');
    symlinkSync(join(path, 'file'), link);
    const words = ['export', '--store', store, '--out', link];
    lchownSync(link, OTHER, OTHER);
    expect(await gristmill(...words)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('symbolic link of another'),
    });
    expect(statSync(join(path, 'file')).size).toBe('before'.length);
    lchownSync(link, 0, 0);
    expect(await gristmill(...words)).toMatchObject({ code: 0 });
    expect(statSync(join(path, 'file')).size).toBe('{"id":1}\n'.length);
  });
});
