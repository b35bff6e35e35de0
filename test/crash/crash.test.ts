// Goal: a process that dies costs nothing that was acknowledged, and readers never see half of anything. The few seconds of
// the torture suite (npm run test:torture) that are worth running every time.
// Method: a writer is killed at random moments and at named ones, while readers in other processes check what they see.
// @node all: processes that are killed

import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { expectClean } from '../torture/check.mjs';
import { Reader, scratchDirectory, Template, Writer } from '../torture/harness.js';
import { readersAgainstKills } from '../torture/kills.js';
import { History } from '../torture/model.mjs';

const cli = (...args: readonly string[]) => promisify(execFile)(process.execPath, ['dist/src/cli/main.js', ...args]);

const directory = scratchDirectory();
afterAll(() => directory.remove());

test('readers against a writer that is killed again and again', async () => {
  await readersAgainstKills(join(directory.path, 'kills'), 4);
});

test.each([
  ['publish.commit', 'upsert', 'old'],
  ['publish.committed', 'replace', 'new'],
  ['transaction.commit', 'transaction', 'old'],
  ['catalog.committed', 'transaction', 'new'],
  ['garbage.unlink', 'replace', 'new'],
] as const)('killed at %s of %s: the %s state, and nothing left over', async (name, kind, state) => {
  const own = scratchDirectory();
  onTestFinished(() => own.remove());
  const template = await Template.make(own.path, kind);
  const { store, writer } = await template.waiting({ env: { GRISTMILL_FAILPOINTS: `${name}=kill` } });
  await writer.run(template.n);
  expect(writer.process.signalCode).toBe('SIGKILL');
  expect(await template.check(store, writer)).toBe(state === 'old' ? template.n - 1 : template.n);
  await expectClean(store);
});

test('a reader that was stopped is seen in stat, with its process', async () => {
  const store = join(directory.path, 'stopped');
  const history = new History('stopped');
  const writer = new Writer(store, history);
  onTestFinished(() => void writer.process.kill('SIGKILL'));
  await writer.run(1);
  const reader = new Reader(store, history, 'hold');
  onTestFinished(() => void reader.process.kill('SIGKILL'));
  await reader.heard(/^held/);
  reader.process.kill('SIGSTOP');
  await writer.run(2);
  const stat = async () => JSON.parse((await cli('stat', '--json', '--store', store)).stdout);
  const { readers } = await stat();
  expect(readers).toMatchObject({ count: expect.any(Number), oldest: { pid: reader.pid } });
  expect(readers.count).toBeGreaterThanOrEqual(2);
  const text = `the oldest is process ${reader.pid}, ${readers.oldest.behind} transactions behind`;
  expect((await cli('stat', '--store', store)).stdout).toContain(text);
  await writer.run(3);
  expect((await stat()).readers.oldest.behind).toBeGreaterThan(readers.oldest.behind);
  await reader.kill();
  expect((await stat()).readers.oldest?.pid).not.toBe(reader.pid);
});

test.each(['store.create', 'store.header'])('a store whose making was killed at %s can be completed', async (name) => {
  const own = scratchDirectory();
  onTestFinished(() => own.remove());
  const store = join(own.path, 'store');
  const killed = new Writer(store, new History('half'), { env: { GRISTMILL_FAILPOINTS: `${name}=kill` } });
  await killed.run(1);
  expect(killed.process.signalCode).toBe('SIGKILL');
  for (const how of [{ create: false }, { readOnly: true }]) {
    const message = expect.stringContaining('interrupted');
    await expect(openStore(store, how)).rejects.toMatchObject({ code: 'STORE_NOT_A_STORE', message });
  }
  await (await openStore(store)).close();
  await (await openStore(store, { create: false })).close();
});

test('a failpoint that does not exist is refused', () => {
  const env = { ...process.env, GRISTMILL_FAILPOINTS: 'no.such=kill' };
  const { status, stderr } = spawnSync(process.execPath, ['dist/src/cli/main.js', 'stat', '--store', directory.path], {
    env,
    encoding: 'utf8',
  });
  expect(status).not.toBe(0);
  expect(stderr).toContain('no.such=kill');
});
