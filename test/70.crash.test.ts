// Goal: a process that dies costs nothing that was acknowledged, and readers never see half of anything. The few seconds of
// the torture suite (npm run test:torture) that are worth running every time.
// Method: a writer is killed at random moments and at named ones, while readers in other processes check what they see.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { expectClean } from './torture/check.mjs';
import { scratchDirectory, Template } from './torture/harness.js';
import { readersAgainstKills } from './torture/kills.js';

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

test('a failpoint that does not exist is refused', () => {
  const env = { ...process.env, GRISTMILL_FAILPOINTS: 'no.such=kill' };
  const { status, stderr } = spawnSync(process.execPath, ['dist/src/cli/main.js', 'stat', '--store', directory.path], {
    env,
    encoding: 'utf8',
  });
  expect(status).not.toBe(0);
  expect(stderr).toContain('no.such=kill');
});
