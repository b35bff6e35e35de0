// Goal: changes that are acknowledged while an import runs are in what it publishes. An import that is killed leaves them as they
// were, or made to the new records. A watched folder and the command line keep them, too.
// Method: an import in another process, beside which this one changes records; imports killed at failpoints; real commands.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { CLI, gristmill } from '../support/cli.js';
import { edited, held, KEPT, KEYED, opened, type Row, rows } from '../support/edited-rows.js';
import { fileWith, scratch } from '../support/import-files.js';
import { until } from '../support/until.js';

/** Rows enough for an import that takes a while. */
const MANY = 60_000;

test('what is acknowledged while another process imports is in what it publishes', async () => {
  const directory = scratch();
  const source = fileWith(
    rows('import', MANY)
      .map((row) => JSON.stringify(row))
      .join('\n'),
    'a.ndjson',
  );
  const store = await opened(directory);
  await store.import(source, { key: 'id' });
  const collection = store.collection<Row>('records');
  const child = spawn(process.execPath, [CLI, 'import', source, '--store', directory, '--key', 'id', '--quiet'], {
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  const acknowledged = new Map<number, unknown>();
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  for (let id = 0; !isOver || acknowledged.size < 10; id += 3) {
    await collection.put({ id, text: `put ${id}` });
    acknowledged.set(id, { id, text: `put ${id}` });
    await collection.patch(id + 1, { patched: id });
    acknowledged.set(id + 1, { id: id + 1, text: 'import', patched: id });
    await collection.delete(id + 2);
    acknowledged.set(id + 2, undefined);
  }
  expect(await ended).toEqual([0, null]);
  const keys = [...acknowledged.keys()].filter((key) => key < MANY);
  expect(await collection.getMany(keys)).toEqual(keys.map((key) => acknowledged.get(key)));
});

test.each([
  ['publish.commit', 'first'],
  ['catalog.commit', 'first'],
  ['catalog.committed', undefined],
  ['publish.committed', 'second'],
] as const)(
  'an import that is killed at %s leaves the changes as they were, or made to the new records',
  async (failpoint, state) => {
    const directory = scratch();
    const store = await openStore(directory);
    await edited(store);
    const before = await held(store);
    await store.close();
    const source = fileWith(
      rows('second')
        .map((row) => JSON.stringify(row))
        .join('\n'),
      'a.ndjson',
    );
    const env = { ...process.env, GRISTMILL_FAILPOINTS: `${failpoint}=kill` };
    const args = [CLI, 'import', source, '--store', directory, '--key', 'id', '--index', 'text'];
    const child = spawn(process.execPath, args, { env, stdio: 'ignore' });
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
    const again = await opened(directory);
    const found = await held(again);
    expect([before, KEPT]).toContainEqual(found);
    if (state !== undefined) expect(found).toEqual(state === 'first' ? before : KEPT);
    await again.import(source, KEYED);
    expect(await held(again)).toEqual(KEPT);
    expect((await again.verify()).faults).toEqual([]);
  },
);

test('a folder that is watched keeps them too, in files that change and in files that do not', async () => {
  const store = await opened();
  const folder = scratch();
  const write = (name: string, text: string, from: number) =>
    writeFileSync(
      join(folder, name),
      rows(text, from + 2)
        .slice(from)
        .map((row) => `${JSON.stringify(row)}\n`)
        .join(''),
    );
  write('a.ndjson', 'first', 0);
  write('b.ndjson', 'first', 2);
  const watcher = await store.watch(folder, { key: 'id' });
  const collection = store.collection<Row>('records');
  await collection.patch(0, { patched: true });
  await collection.delete(1);
  await collection.put({ id: 2, text: 'put' });
  write('a.ndjson', 'second', 0);
  await until(async () => (await collection.get(0))?.text === 'second');
  expect(await held(store)).toEqual([
    { id: 0, text: 'second', patched: true },
    { id: 2, text: 'put' },
    { id: 3, text: 'first' },
  ]);
  await watcher.close();
});

test('the command line: --changes, its error and its report', async () => {
  const directory = scratch();
  const source = fileWith(
    rows('first')
      .map((row) => JSON.stringify(row))
      .join('\n'),
    'a.ndjson',
  );
  const common = [source, '--store', directory, '--key', 'id'];
  expect((await gristmill('import', ...common)).code).toBe(0);
  expect((await gristmill('delete', '1', '--store', directory)).code).toBe(0);
  const refused = await gristmill('import', ...common, '--changes', 'refuse');
  expect(refused).toMatchObject({ code: 4, stderr: expect.stringContaining('--changes') });
  const kept = await gristmill('import', ...common);
  expect(kept.stdout).toMatch(/changes +by transactions: kept for 1 record/);
});
