// Goal: every error that leaves the library is a GristmillError, whatever the file system does; and a repair says why it
// cannot begin.
// Method: places where another user may not read or write, in a process of that user. Needs root.

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { ROOT } from '../support/cli.js';
import { scratch } from '../support/import-files.js';
import { give, isRoot, OTHER } from '../support/other-user.js';

const NOBODY = { uid: OTHER, gid: OTHER };
const LIBRARY = pathToFileURL(join(ROOT, 'dist/src/index.js')).href;
/** The other user has to be able to read the program. */
const hasOther =
  isRoot && spawnSync(process.execPath, ['--check', join(ROOT, 'dist/src/index.js')], NOBODY).status === 0;

/** Name and code of the error that a call ends with, in a process of another user. */
function errorAsOther(call: string): { name: string; code: string; message: string } {
  const program = `
    import { openStore, repairStore } from ${JSON.stringify(LIBRARY)};
    const options = { config: false, hotSet: false, trustOwner: 0 };
    try { await ${call}; console.log('{}'); }
    catch ({ name, code, message }) { console.log(JSON.stringify({ name, code, message })); }`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    ...NOBODY,
    cwd: '/',
  });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}

async function madeStore(): Promise<string> {
  const directory = scratch();
  chmodSync(directory, 0o755);
  const path = join(directory, 'store');
  const store = await openStore(path, { config: false, hotSet: false });
  await store.transaction((tx) => void tx.createCollection('a', { key: 'id' }).put({ id: 1 }));
  await store.close();
  return path;
}

describe.runIf(hasOther)('of a user without rights (skipped where there is no other user)', () => {
  test.each(['', 'store', 'store/index', 'store/shards'])('a directory that may not be entered: "%s"', async (name) => {
    const store = await madeStore();
    chmodSync(join(store, '..', name), 0o000);
    for (const call of [
      `openStore(${JSON.stringify(store)}, options)`,
      `openStore(${JSON.stringify(store)}, { ...options, readOnly: true })`,
      `repairStore(${JSON.stringify(store)}, { trustOwner: 0 })`,
    ]) {
      expect([call, errorAsOther(call).name]).toEqual([call, 'GristmillError']);
    }
  });

  test('a place where no store can be made, and one that is a file', () => {
    const directory = scratch();
    chmodSync(directory, 0o755);
    writeFileSync(join(directory, 'file'), '');
    mkdirSync(join(directory, 'closed'), { mode: 0o700 });
    for (const path of ['new', 'file', 'file/store', 'closed/store']) {
      const call = `openStore(${JSON.stringify(join(directory, path))}, options)`;
      expect([path, errorAsOther(call).name]).toEqual([path, 'GristmillError']);
    }
  });

  test.each([{}, { fromShards: true }])('a repair where nothing can be written says so: %j', async (options) => {
    const store = await madeStore();
    give(store);
    chmodSync(store, 0o500);
    const call = `repairStore(${JSON.stringify(store)}, ${JSON.stringify({ ...options, trustOwner: 0 })})`;
    expect(errorAsOther(call)).toMatchObject({
      code: 'IO_ERROR',
      message: expect.stringMatching(/writes into .*EACCES.*repair a copy/),
    });
  });
});
