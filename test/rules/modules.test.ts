// Goal: an import notices that what the module of option transform imports has changed; a function that never returns can be
// stopped.
// Method: modules that import others, changed between imports of one process and between synchronisations; a process whose
// function says by a file that it has begun, and then runs for ever.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratch, start } from '../support/cli.js';
import { testStore } from '../support/import-store.js';
import { syncedStore } from '../support/sync.js';
import { until } from '../support/until.js';

test('a module that another one imports is part of what decides whether an import is the same', async () => {
  const folder = scratch();
  mkdirSync(join(folder, 'lib'));
  const source = join(folder, 'a.ndjson');
  writeFileSync(source, '{"id":1}\n{"id":2}\n');
  const transform = join(folder, 'transform.mjs');
  writeFileSync(transform, "import { add } from './lib/add.mjs';\nexport default (row) => add(row);\n");
  writeFileSync(
    join(folder, 'lib', 'add.mjs'),
    "import n from './n.cjs';\nexport const add = (row) => ({ ...row, n });\n",
  );
  const number = join(folder, 'lib', 'n.cjs');
  const { store, texts } = await testStore();
  const options = { key: 'id', transform };
  for (const n of [1, 2]) {
    writeFileSync(number, `module.exports = ${n};\n`);
    await store.import(source, options);
    expect(await texts()).toEqual([`{"id":1,"n":${n}}`, `{"id":2,"n":${n}}`]);
  }
  const synced = await syncedStore('on disk');
  await synced.sync(source, options);
  expect((await synced.sync(source, options)).changed).toBe(0);
  writeFileSync(number, 'module.exports = 3;\n');
  await synced.sync(source, options);
  expect([1, 2].map((id) => synced.store.collection('records').getSync(id))).toEqual([
    { id: 1, n: 3 },
    { id: 2, n: 3 },
  ]);
});

test('Ctrl-C twice ends an import whose function never returns; the store is as it was', async () => {
  const folder = scratch();
  const [begun, source, transform] = ['begun', 'a.ndjson', 'endless.mjs'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(source, '{"id":1}\n');
  const code = `import { writeFileSync } from 'node:fs';
    export default function* (row) { writeFileSync(${JSON.stringify(begun)}, ''); for (;;) yield* []; }`;
  writeFileSync(transform, code);
  const store = join(folder, 'store');
  const importing = start(['import', source, '--store', store, '--key', 'id', '--transform', transform]);
  await until(() => existsSync(begun));
  importing.child.kill('SIGINT');
  await importing.sees('press Ctrl-C again');
  importing.child.kill('SIGINT');
  expect(await importing.ended).toMatchObject({ code: 130 });
  const again = await start(['import', source, '--store', store, '--key', 'id']).ended;
  expect(again).toMatchObject({ code: 0 });
});
