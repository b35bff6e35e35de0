// Goal: whenever a conversion dies or fails, the store opens as it was or converted, and running the conversion again completes it
// with the files that it has made. Nothing plain is left then.
// Method: the conversion runs in a process of its own, which each of its failpoints kills (a part of them, all at EFFORT=1).
// Then the store is opened in the way that it says it is, compared with what it showed before, and converted again.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DecryptOptions, decryptStore, encryptStore, openStore, reencryptStore } from '../../dist/src/index.js';
import { CLI } from '../support/cli.js';
import { build, shown } from '../support/convertible.js';
import { partOf } from '../support/effort.js';
import { makeDirectory, scratch } from '../support/import-files.js';

const KINDS = ['encrypt', 'decrypt', 'reencrypt'] as const;
type Kind = (typeof KINDS)[number];
const POINTS = ['shard', 'decide', 'decided', 'index', 'shards', 'clean', 'placed'] as const;
const made = makeDirectory();
afterAll(made.remove);
const keyFile = join(made.path, 'key');
const encryption = { keyFile };
const sealed = join(made.path, 'encrypted');
const templates = { encrypt: join(made.path, 'plain'), decrypt: sealed, reencrypt: sealed };
let before: unknown;

beforeAll(async () => {
  writeFileSync(keyFile, Buffer.alloc(32, 7), { mode: 0o600 });
  await build(templates.encrypt, made.path);
  before = await shown(templates.encrypt, {}, false);
  cpSync(templates.encrypt, templates.decrypt, { recursive: true });
  await encryptStore(templates.decrypt, { encryption, workers: 1 });
});

const anew = (directory: string, options: DecryptOptions) => reencryptStore(directory, { ...options, closed: true });

function run(kind: Kind, directory: string, failpoint: string) {
  const words = kind === 'reencrypt' ? ['key', kind, '--closed'] : [kind];
  return spawnSync(process.execPath, [CLI, ...words, '--store', directory, '--key-file', keyFile, '--workers', '1'], {
    env: { ...process.env, GRISTMILL_FAILPOINTS: failpoint },
    encoding: 'utf8',
  });
}

describe.each(KINDS)('%s', (kind) => {
  const isLeftToDo = (point: string) => point === 'shard' || point === 'decide';

  async function check(directory: string, isConverted: boolean): Promise<void> {
    const isEncrypted = kind === 'reencrypt' || (kind === 'encrypt') === isConverted;
    // With or without a key: whoever opens it first finishes what was decided.
    if (isEncrypted) await expect(openStore(directory)).rejects.toMatchObject({ code: 'KEY_NEEDED' });
    else await expect(openStore(directory, { encryption })).rejects.toMatchObject({ code: 'NOT_ENCRYPTED' });
    expect(await shown(directory, isEncrypted ? { encryption } : {}, false)).toEqual(before);
    const ending = isEncrypted ? '.sealed' : '.zst';
    expect(readdirSync(join(directory, 'shards')).filter((file) => !file.endsWith(ending))).toEqual([]);
    expect(existsSync(join(directory, kind))).toBe(false);
  }

  test.each(partOf(POINTS, KINDS.indexOf(kind)))('killed at convert.%s', async (point) => {
    const directory = join(scratch(), 'store');
    cpSync(templates[kind], directory, { recursive: true });
    const killed = run(kind, directory, `convert.${point}=kill`);
    expect(killed.signal, killed.stderr).toBe('SIGKILL');
    if (!isLeftToDo(point)) {
      await expect(openStore(directory, { readOnly: true })).rejects.toMatchObject({ code: 'STORE_BUSY' });
    }
    await check(directory, !isLeftToDo(point));
    if (!isLeftToDo(point)) return;
    const again = { encrypt: encryptStore, decrypt: decryptStore, reencrypt: anew }[kind];
    const { files } = await again(directory, { encryption, workers: 1 });
    expect(files.kept).toBeGreaterThan(0);
    await check(directory, true);
  });

  test('killed when it was decided, and run again', async () => {
    const directory = join(scratch(), 'store');
    cpSync(templates[kind], directory, { recursive: true });
    run(kind, directory, 'convert.index=kill');
    const { status, stderr, stdout } = run(kind, directory, '');
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(stdout).toContain(`is ${kind === 'decrypt' ? 'plain' : 'encrypted'}`);
    await check(directory, true);
  });

  test('fails', async () => {
    const directory = join(scratch(), 'store');
    cpSync(templates[kind], directory, { recursive: true });
    for (const point of ['shard', 'decide']) {
      const failed = run(kind, directory, `convert.${point}=error`);
      expect({ status: failed.status, signal: failed.signal }, failed.stderr).not.toMatchObject({ status: 0 });
      expect(failed.stderr).toContain('IO_ERROR');
      await check(directory, false);
    }
  });
});
