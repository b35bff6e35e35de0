// Goal: readers see complete states, in order, whatever becomes of writers; writers are not held up by what becomes of
// readers, and what a killed reader held goes away.
// Method: a writer is killed and started again for a while, three processes read all the time and check what they see;
// a reader in the middle of an iteration is killed, or stopped.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { expectClean, readStore } from './check.mjs';
import { Reader, scratchDirectory, Writer } from './harness.js';
import { readersAgainstKills } from './kills.js';
import { History } from './model.mjs';

const SECONDS = Number(process.env.TORTURE_SECONDS ?? 60);

const directory = scratchDirectory();
afterAll(() => directory.remove());

/** A store that stands at the first operation. */
async function begun(name: string) {
  const store = join(directory.path, name);
  const history = new History(name);
  const writer = new Writer(store, history);
  await writer.run(1);
  return { store, history, writer };
}

test(`${SECONDS} seconds of readers against a writer that is killed again and again`, async () => {
  console.log(await readersAgainstKills(join(directory.path, 'killed'), SECONDS));
});

test('a reader that was killed in the middle of an iteration keeps nothing from being removed', async () => {
  const { store, history, writer } = await begun('dead-reader');
  const reader = new Reader(store, history, 'hold');
  await reader.heard(/^held/);
  const before = shardsOf(store);
  await reader.kill();
  for (let n = 2; n <= history.round.length + 1; n++) await writer.run(n);
  expect(writer.acknowledged.n).toBe(history.round.length + 1);
  expect(shardsOf(store)).not.toEqual(expect.arrayContaining(before));
  await writer.kill();
});

test('a reader that was stopped keeps what it reads, and nobody from publishing', async () => {
  const { store, history, writer } = await begun('stopped-reader');
  const reader = new Reader(store, history, 'hold');
  await reader.heard(/^held/);
  const before = shardsOf(store);
  reader.process.kill('SIGSTOP');
  for (let n = 2; n <= history.round.length + 1; n++) await writer.run(n);
  expect(writer.failures).toEqual([]);
  expect(writer.acknowledged.n).toBe(history.round.length + 1);
  // What it may still read is there until it is gone.
  expect(shardsOf(store)).toEqual(expect.arrayContaining(before));
  await reader.kill();
  await writer.kill();
  await readStore(store);
  await expectClean(store);
});

function shardsOf(store: string): string[] {
  return readdirSync(join(store, 'shards'));
}
