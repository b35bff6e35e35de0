// Goal: whoever opens a store without the rights or on a mount that does not allow writing gets right answers or a typed
// refusal; never a wrong answer, a false CHECKSUM_MISMATCH or a crash; and does no harm to who writes meanwhile.
// Method: a writer changes pairs of records that add up to 0; a second user, and root on a read-only mount, read beside it,
// with the library and with every command.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { accessSync, chmodSync, chownSync, constants, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { missing, scratchDirectory } from './harness.js';
import { createPairs, PAIRS } from './pairs.mjs';

const program = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const CLI = program('../../dist/src/cli/main.js');
/** `nobody`, everywhere. */
const OTHER = { uid: 65_534, gid: 65_534 };
const MILLISECONDS = Number(process.env.TORTURE_MISUSE_MS ?? 1500);

const directory = scratchDirectory();
chmodSync(directory.path, 0o711);
afterAll(() => directory.remove());
let stores = 0;

/** A store of pairs, in a folder of its own that others may enter. */
async function newStore(): Promise<string> {
  const path = join(directory.path, `${++stores}`, 'store');
  mkdirSync(dirname(path), { mode: 0o755 });
  await createPairs(path);
  return path;
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

function run(args: readonly string[], options: { readonly uid?: number; readonly gid?: number } = {}) {
  // A directory that the other user may be in.
  const child = spawn(args[0]!, args.slice(1), { ...options, cwd: '/', stdio: 'pipe' });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, output }));
  });
  return { child, ended };
}

async function startWriter(store: string): Promise<() => Promise<void>> {
  const { child, ended } = run([process.execPath, program('pairs.mjs'), store]);
  onTestFinished(() => void child.kill('SIGKILL'));
  await Promise.race([heard(child, /ready/), ended.then(({ output }) => Promise.reject(new Error(output)))]);
  return async () => {
    child.stdin!.end();
    const { code, output } = await ended;
    expect(output).toMatch(/^ready\nchanged \d+\n$/);
    expect(code).toBe(0);
  };
}

function heard(child: ChildProcess, line: RegExp): Promise<void> {
  return new Promise((resolve) => {
    child.stdout!.on('data', (text) => line.test(String(text)) && resolve());
  });
}

/** Right answers, or a refusal; and what the writer wrote is as it should be. */
async function misused(store: string, seenAs: string, who: typeof OTHER | undefined) {
  const end = await startWriter(store);
  const results: string[] = [];
  for (const how of [[], ['write']]) {
    const command = [process.execPath, program('misuser.mjs'), seenAs, String(MILLISECONDS), ...how];
    const { code, signal, output } = await run(command, who).ended;
    results.push(output.trim());
    expect({ code, signal, output }).toMatchObject({ code: 0, output: expect.stringMatching(/^(refused|read) .*\n$/) });
  }
  const commands = [
    ['get', '1', '--collection', 'pairs'],
    ['range', '--collection', 'pairs', '--limit', '3'],
    ['export', '--collection', 'pairs'],
    ['stat'],
    ['put', '{"id":1000,"n":0}', '--collection', 'other', '--key', 'id'],
    ['compact'],
    ['verify', '--quiet', '--workers', '1'],
    ['repair', '--workers', '1'],
    ['backup', join(directory.path, 'nowhere', 'backup')],
  ];
  for (const [name, ...rest] of commands) {
    const { code, signal, output } = await run([process.execPath, CLI, name!, ...rest, '--store', seenAs], who).ended;
    expect({ name, code, signal, output }).toMatchObject({
      code: expect.toSatisfy((code) => [0, 4, 5].includes(code)),
    });
    expect(output).not.toMatch(/CHECKSUM_MISMATCH|COUNT_MISMATCH|INTERNAL/);
    if (code === 0 && name === 'get') expect(JSON.parse(output).id).toBe(1);
  }
  await end();
  await expectWhole(store);
  console.log(`misuse: ${results.join('; ').slice(0, 400)}`);
}

async function expectWhole(store: string) {
  const opened = await openStore(store, { config: false, trustOwner: statSync(store).uid });
  try {
    const pairs: { id: number; n: number }[] = [];
    for await (const { value } of opened.collection<{ id: number; n: number }>('pairs').scan()) pairs.push(value);
    expect(pairs.length).toBe(PAIRS);
    expect(pairs.reduce((sum, { n }) => sum + n, 0)).toBe(0);
    expect(await opened.verify({ workers: 1 })).toMatchObject({ isSound: true });
  } finally {
    await opened.close();
  }
}

/** Whether the other user can run this program at all. */
function othersMayRead(): string | undefined {
  const lacks = missing('root');
  if (lacks) return lacks;
  for (let path = CLI; path !== '/'; path = dirname(path)) {
    accessSync(path, constants.R_OK);
    const script = `require('fs').accessSync(${JSON.stringify(path)})`;
    try {
      execFileSync(process.execPath, ['-e', script], { ...OTHER, cwd: '/', stdio: 'ignore' });
    } catch {
      return 'needs a checkout that other users may read';
    }
  }
  return undefined;
}

function everything(store: string): string[] {
  return [store, ...readdirSync(store, { recursive: true }).map((name) => join(store, String(name)))];
}

/** Sets rights: of directories, of files, of those in the index. */
function setRights(store: string, directories: number, files: number, ofIndex: Record<string, number> = {}) {
  for (const path of everything(store)) {
    const name = path.slice(store.length + 1);
    chmodSync(path, ofIndex[name] ?? (/\.[a-z0-9-]+$/.test(name) ? files : directories));
  }
}

/** What a reader of another user needs to write (docs/reliability.md). */
const SHARED = { 'index/lock.mdb': 0o666, 'index/gate.mdb': 0o666, 'index/gate.mdb-lock': 0o666 };

const lacksOther = othersMayRead();

describe.skipIf(lacksOther)(`another user${lacksOther ? ` (${lacksOther})` : ''}`, () => {
  test.each([
    ['no right at all', 0o700, 0o600, {}],
    ['the right to read everything', 0o755, 0o644, {}],
    ['the right to read, and to write the lock file', 0o755, 0o644, { 'index/lock.mdb': 0o666 }],
    ['the right to read everything, and to write what readers share', 0o755, 0o644, SHARED],
    ['the right to read all but shards', 0o755, 0o644, { shards: 0o700 }],
    ['the right to read all but the index', 0o755, 0o644, { index: 0o700 }],
  ] as const)('with %s', async (_, directories, files, index) => {
    const store = await newStore();
    setRights(store, directories, files, index);
    await misused(store, store, OTHER);
  });

  test('whose own store it is, but without the right to write it', async () => {
    const store = await newStore();
    for (const path of everything(store)) chownSync(path, OTHER.uid, OTHER.gid);
    setRights(store, 0o555, 0o444);
    await misused(store, store, OTHER);
  });
});

describe('a read-only mount', () => {
  const lacks = missing('root', 'unshare');
  const isNamespace = !lacks && process.env.TORTURE_NAMESPACE !== undefined;
  const mounted = async (): Promise<[string, string]> => {
    const store = await newStore();
    const seenAs = join(dirname(store), 'mounted');
    mkdirSync(seenAs, { mode: 0o755 });
    execFileSync('mount', ['--bind', dirname(store), seenAs]);
    execFileSync('mount', ['-o', 'remount,ro,bind', seenAs]);
    onTestFinished(() => void execFileSync('umount', [seenAs]));
    return [store, join(seenAs, 'store')];
  };

  test.skipIf(!isNamespace)('of a store that is written elsewhere', async () => {
    const [store, seenAs] = await mounted();
    await misused(store, seenAs, undefined);
  });

  test.skipIf(!isNamespace || lacksOther !== undefined)('the same, as another user', async () => {
    const [store, seenAs] = await mounted();
    setRights(store, 0o755, 0o644);
    await misused(store, seenAs, OTHER);
  });
});
