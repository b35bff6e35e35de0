// Goal: the schema of a collection holds in all processes from the transaction on that sets it, and nothing that is not valid slips in
// beside it; a process that dies while it sets one leaves the old or the new state.
// Method: another process that puts records without a pause, and says what it could put; commands that are killed.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { openStore, type Store } from '../../dist/src/index.js';
import { CLI } from '../support/cli.js';
import { partOf } from '../support/effort.js';
import { fileWith, scratch } from '../support/import-files.js';

const CHILD = fileURLToPath(new URL('../support/schema-writer.mjs', import.meta.url));
const SCHEMA = { type: 'object', properties: { n: { type: 'integer' } } };
const LINES = Array.from({ length: 1000 }, (_, id) => `{"id":${id},"n":${id}}\n`).join('');

async function users(): Promise<Store> {
  const store = await openStore(scratch());
  onTestFinished(() => store.close());
  await store.import(fileWith(LINES), { key: 'id', workers: 1 });
  return store;
}

test('another process that has the store open is held to it at its next put; and again to none', async () => {
  const store = await users();
  const child = spawn(process.execPath, [CHILD, store.directory, 'asked'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  const put = async (record: object) => {
    child.stdin.write(`${JSON.stringify(record)}\n`);
    return (await answers.next()).value as string;
  };
  expect(await put({ id: 'a', n: 'x' })).toBe('put');
  await store.collection().delete('a');
  await store.setSchema('records', SCHEMA);
  expect(await put({ id: 'a', n: 'x' })).toBe('SCHEMA_VIOLATION');
  expect(await put({ id: 'a', n: 1 })).toBe('put');
  await store.setSchema('records', {});
  expect(await put({ id: 'a', n: 'x' })).toBe('put');
  await expect(store.setSchema('records', SCHEMA)).rejects.toMatchObject({ violations: [{ key: 'a' }] });
  child.stdin.end();
  await once(child, 'exit');
});

test('while another process puts and deletes records that are not valid: none is left once the schema is set', async () => {
  const store = await users();
  const child = spawn(process.execPath, [CHILD, store.directory, 'busy'], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const outcomes = { set: 0, refused: 0 };
  for (let i = 0; i < 40 && outcomes.set < 2; i++) {
    try {
      await store.setSchema('records', SCHEMA);
      outcomes.set++;
      for (const { value } of store.collection<{ n: unknown }>().rangeSync()) expect(value.n).toBeTypeOf('number');
      await store.unsetSchema('records');
    } catch (error) {
      expect(error).toMatchObject({ code: 'SCHEMA_VIOLATION' });
      outcomes.refused++;
    }
  }
  expect(outcomes.set).toBeGreaterThan(0);
  child.stdin.end();
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
});

const KILLS = [
  ['schema.set', 'old'],
  ['catalog.commit', 'old'],
  ['lock.release', 'new'],
] as const;

test.each(partOf(KILLS))('killed at %s: the %s state', async (point, state) => {
  const store = await users();
  const { directory } = store;
  const file = join(scratch(), 'schema.json');
  writeFileSync(file, JSON.stringify(SCHEMA));
  const killed = spawnSync(process.execPath, [CLI, 'schema', 'set', 'records', file, '--store', directory], {
    env: { ...process.env, GRISTMILL_FAILPOINTS: `${point}=kill` },
  });
  expect(killed.signal).toBe('SIGKILL');
  const put = store.collection().put({ id: 1, n: 'x' });
  if (state === 'old') await put;
  else await expect(put).rejects.toMatchObject({ code: 'SCHEMA_VIOLATION' });
  expect(store.getSchema('records')?.schema).toEqual(state === 'old' ? undefined : SCHEMA);
  expect((await store.verify({ workers: 1 })).faults).toEqual([]);
  // The next writer takes over from the dead one.
  await store.setSchema('records', {});
});
