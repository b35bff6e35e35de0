// Goal: `export` and `share` that the system refuses something, a directory, a shard or room on the disk, say what, and leave
// nothing behind; what was shared before stays. Another user who may read a store gets copies of it that are its own.
// Method: real processes, as another user, which needs root, and with a limit on the size of files for a full disk.
// @node all: codes of files' errors

import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { CLI } from '../support/cli.js';
import { fileWith, scratch } from '../support/import-files.js';
import { isRoot, newStore, OTHER } from '../support/other-user.js';

const NOBODY = { uid: OTHER, gid: OTHER };
/** The other user has to be able to read the program. */
const hasOther = isRoot && spawnSync(process.execPath, [CLI, '--version'], NOBODY).status === 0;

test.skipIf(!hasOther)('another user: refused where it has no right, and else its own files', async () => {
  const store = await newStore();
  const folder = join(store, '..');
  const [closed, own] = [join(folder, 'closed'), join(folder, 'own')];
  for (const path of [closed, own]) mkdirSync(path, { mode: 0o700 });
  chmodSync(closed, 0o755);
  chownSync(own, OTHER, OTHER);
  for (const path of [folder, store, join(store, 'shards'), join(store, 'index')]) chmodSync(path, 0o755);
  const files = readdirSync(store, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  // A reader writes to LMDB's locks.
  for (const { parentPath, name } of files) chmodSync(join(parentPath, name), /lock|gate/.test(name) ? 0o666 : 0o644);
  const run = (...args: readonly string[]) => {
    const all = [CLI, ...args, '--store', store];
    const { status, stderr } = spawnSync(process.execPath, all, { ...NOBODY, encoding: 'utf8' });
    return { status, stderr };
  };
  const refused = (path: string) => ({ status: 5, stderr: expect.stringMatching(`IO_ERROR: .*${path}.*EACCES`) });

  expect(run('export', '--out', join(closed, 'all.ndjson'))).toEqual(refused(closed));
  expect(run('share', '--out', join(closed, 'live'))).toEqual(refused(closed));
  expect(readdirSync(closed)).toEqual([]);

  // A link to a file that is not its own could be one that it may not write, so the system may refuse it: then it is a copy.
  expect(run('share', '--out', join(own, 'live'))).toMatchObject({ status: 0 });
  const [shared] = readdirSync(join(own, 'live', 'records')) as [string];
  expect(readFileSync(join(own, 'live', 'records', shared)).equals(readFileSync(join(store, 'shards', shared)))).toBe(
    true,
  );

  const before = readdirSync(own).sort();
  chmodSync(join(store, 'shards', shared), 0o600);
  expect(run('export', '--out', join(own, 'all.ndjson'))).toEqual(refused(shared));
  expect(run('share', '--out', join(own, 'live'))).toEqual(refused(shared));
  expect(readdirSync(own).sort()).toEqual(before);
});

test('share without room for a file: exit code 5, nothing is left of it, and the state before is still shown', async () => {
  const folder = scratch();
  const [directory, live] = [join(folder, 'store'), join(folder, 'live')];
  const store = await openStore(directory, { config: false, hotSet: false });
  // Nothing that compresses well: the limit has to let pass what LMDB has mapped.
  const rows = Array.from({ length: 400 }, (_, id) =>
    JSON.stringify({ id, text: randomBytes(6_000).toString('base64') }),
  );
  await store.import(fileWith(rows.join('\n'), 'rows.ndjson', folder), { key: 'id', workers: 1 });
  await store.share(live);
  await store.transaction((tx) => tx.collection('records').delete(7));
  await store.close();
  const [before, shown] = [readdirSync(folder).sort(), realpathSync(live)];
  const limited = ['-c', 'ulimit -f 1024; exec "$@"', 'bash', process.execPath, CLI];
  const args = [...limited, 'share', '--out', live, '--store', directory];
  const { status, stderr } = spawnSync('bash', args, { encoding: 'utf8' });
  expect([status, stderr]).toEqual([5, expect.stringContaining('DISK_FULL')]);
  expect(readdirSync(folder).sort()).toEqual(before);
  expect(realpathSync(live)).toBe(shown);
  expect(statSync(join(live, 'records', readdirSync(join(live, 'records'))[0]!)).nlink).toBe(2);
});
