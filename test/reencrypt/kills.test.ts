// Goal: whenever an exchange of data keys dies or fails, the store opens with its key, shows what it showed, and can be changed;
// running it again completes it. Then one data key is left, and nothing is sealed with another one.
// Method: it runs in a process of its own, which each of its failpoints kills or fails (a part of them, all at EFFORT=1).

import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encryptStore, openStore, reencryptStore } from '../../dist/src/index.js';
import { CLI } from '../support/cli.js';
import { build, COLLECTION, shown, WORD } from '../support/convertible.js';
import { partOf } from '../support/effort.js';
import { makeDirectory, scratch } from '../support/import-files.js';
import { dataKeysOf, saltsOf } from '../support/sealed-keys.js';

const POINTS = [
  ...[
    'reencrypt.ring',
    'reencrypt.active',
    'reencrypt.file',
    'reencrypt.values',
    'reencrypt.drop',
    'reencrypt.dropped',
  ],
  ...['keys.written', 'keys.placed', 'catalog.commit', 'compact.join', 'garbage.unlink', 'lock.release'],
];
const made = makeDirectory();
afterAll(made.remove);
const keyFile = join(made.path, 'key');
const encryption = { keyFile };
const template = join(made.path, 'store');
let before: unknown;

beforeAll(async () => {
  writeFileSync(keyFile, Buffer.alloc(32, 7), { mode: 0o600 });
  await build(template, made.path);
  before = await shown(template, {}, false);
  await encryptStore(template, { encryption, workers: 1 });
});

function run(directory: string, failpoint: string) {
  return spawnSync(process.execPath, [CLI, 'key', 'reencrypt', '--store', directory, '--key-file', keyFile], {
    env: { ...process.env, GRISTMILL_FAILPOINTS: failpoint },
    encoding: 'utf8',
  });
}

const numbersIn = (directory: string): number[] =>
  JSON.parse(readFileSync(join(directory, 'keys.json'), 'utf8')).dataKeys.map(
    ({ number }: { number: number }) => number,
  );

/** It shows what it showed, takes a change, and takes it back. */
async function check(directory: string): Promise<void> {
  expect(await shown(directory, { encryption }, false)).toEqual(before);
  const store = await openStore(directory, { encryption });
  const records = store.collection<{ id: string }>(COLLECTION);
  await records.put({ id: `${WORD}more` });
  expect(records.getSync(`${WORD}more`)?.id).toBe(`${WORD}more`);
  await records.delete(`${WORD}more`);
  expect(await store.audit.verify()).toMatchObject({ isSound: true });
  await store.close();
}

describe.each(['kill', 'error'] as const)('%s', (action) => {
  test.each(partOf(POINTS, action === 'kill' ? 0 : 1))(
    'at %s',
    async (point) => {
      const directory = join(scratch(), 'store');
      cpSync(template, directory, { recursive: true });
      const ended = run(directory, `${point}=${action}`);
      if (action === 'kill') expect(ended.signal, ended.stderr).toBe('SIGKILL');
      else if (point !== 'lock.release') expect({ ...ended, status: 0 }, ended.stderr).not.toEqual(ended);
      // Not yet, both, or the new one alone: never one that anything needs and that is not there.
      expect([[1], [1, 2], [2]]).toContainEqual(numbersIn(directory));
      for (const number of await dataKeysOf(directory)) expect(numbersIn(directory)).toContain(number);
      await check(directory);
      const again = run(directory, '');
      expect({ status: again.status }, again.stderr).toEqual({ status: 0 });
      const [last, ...others] = numbersIn(directory);
      expect(others).toEqual([]);
      expect(last).toBeGreaterThan(1);
      expect(await dataKeysOf(directory)).toEqual([last]);
      await check(directory);
    },
    120_000,
  );
});

test('free pages of the index have nothing either that was sealed with the old data key', async () => {
  const directory = join(scratch(), 'store');
  cpSync(template, directory, { recursive: true });
  const salts = await saltsOf(directory);
  const left = () => {
    const bytes = readFileSync(join(directory, 'index', 'data.mdb'));
    return salts.filter((salt) => bytes.includes(salt)).length;
  };
  expect(left()).toBe(salts.length);
  await reencryptStore(directory, { encryption });
  expect(left()).toBe(0);
});

test('the old ring does not open what was written since, and the new one opens all', async () => {
  const directory = join(scratch(), 'store');
  cpSync(template, directory, { recursive: true });
  await reencryptStore(directory, { encryption });
  const old = join(scratch(), 'store');
  cpSync(directory, old, { recursive: true });
  cpSync(join(template, 'keys.json'), join(old, 'keys.json'));
  await expect(openStore(old, { encryption })).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
  await check(directory);
});
