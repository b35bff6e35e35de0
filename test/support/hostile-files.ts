// A store in whose place for a file or directory something else stands, and what a command does with it: it ends by itself,
// with an exit code that is no fault of gristmill, and nothing outside of the store is touched.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../dist/src/index.js';
import { CLI } from './cli.js';

/** Only what hangs takes so long. */
const PATIENCE_MILLISECONDS = 60_000;
/** As docs/errors.md has them: no crash, no fault of gristmill. */
const CODES: readonly unknown[] = [0, 1, 3, 4, 5];

const FILES = [
  ...['index/data.mdb', 'index/lock.mdb', 'index/gate.mdb', 'index/gate.mdb-lock'],
  ...['hot-set.ndjson', 'hot-set.ndjson.new'],
];
/** Of a plain store, and of an encrypted one. */
const FILES_OF = {
  plain: [...FILES, 'shards/00000001.ndjson.zst'],
  encrypted: [...FILES, 'shards/00000001.sealed', 'keys.json'],
};
export type StoreKind = keyof typeof FILES_OF;
/** Beside the store. */
const KEY_FILE = 'store.key';
const DIRECTORIES = ['index', 'shards', 'tmp', 'quarantine', 'repair', 'repair.partial'];

type Make = (path: string, outside: string) => void;

const FIFO: Make = (path) => void spawnSync('mkfifo', [path]);
const IN_FILES: Readonly<Record<string, Make>> = {
  'a symbolic link': (path, outside) => symlinkSync(join(outside, 'file'), path),
  'a hard link': (path, outside) => linkSync(join(outside, 'file'), path),
  'a pipe': FIFO,
  'a directory': (path) => mkdirSync(path),
  text: (path) => writeFileSync(path, 'Call me Ishmael.\n', { mode: 0o600 }),
};
const IN_DIRECTORIES: Readonly<Record<string, Make>> = {
  'a symbolic link': (path, outside) => symlinkSync(join(outside, 'directory'), path),
  'a link to its own content elsewhere': (path, outside) => symlinkSync(join(outside, 'twin'), path),
  'a pipe': FIFO,
  text: IN_FILES.text as Make,
};

const COMMANDS: Readonly<Record<string, (directory: string) => string[]>> = {
  get: () => ['get', '1'],
  put: () => ['put', '{"id":2}'],
  repair: () => ['repair', '--workers', '1'],
  'backup --copy': (directory) => ['backup', join(directory, 'backup'), '--copy'],
  verify: () => ['verify', '--workers', '1'],
  compact: () => ['compact'],
  import: (directory) => ['import', join(directory, 'source.ndjson'), '--key', 'id', '--workers', '1'],
  backup: (directory) => ['backup', join(directory, 'backup')],
  export: () => ['export'],
  stat: () => ['stat'],
  range: () => ['range'],
  delete: () => ['delete', '1'],
  patch: () => ['patch', '1', '{"a":1}'],
};

export interface Case {
  readonly place: string;
  readonly kind: string;
  readonly command: string;
  readonly make: Make;
}

/** All of them: what stands where, and which command meets it. */
export function allCases(kind: StoreKind = 'plain'): Case[] {
  const places = [
    ...FILES_OF[kind].map((place) => [place, IN_FILES] as const),
    ...DIRECTORIES.map((place) => [place, IN_DIRECTORIES] as const),
  ];
  return places.flatMap(([place, kinds]) =>
    Object.entries(kinds).flatMap(([kind, make]) =>
      Object.keys(COMMANDS).map((command) => ({ place, kind, command, make })),
    ),
  );
}

/** A sound store, and beside it the source of an import and what must not be touched. */
export async function prepare(directory: string, kind: StoreKind = 'plain'): Promise<void> {
  writeFileSync(join(directory, 'source.ndjson'), '{"id":1}\n{"id":3}\n');
  const keyFile = join(directory, KEY_FILE);
  if (kind === 'encrypted') writeFileSync(keyFile, Buffer.alloc(32, 7), { mode: 0o600 });
  const how = kind === 'encrypted' ? ({ encryption: { keyFile }, keys: 'plaintext' } as const) : {};
  const store = await openStore(join(directory, 'store'), { config: false, ...how });
  await store.import(join(directory, 'source.ndjson'), { key: 'id', workers: 1 });
  await store.collection().put({ id: 4 });
  await store.close();
  const outside = join(directory, 'outside');
  mkdirSync(join(outside, 'directory'), { recursive: true });
  mkdirSync(join(outside, 'twin/index'), { recursive: true, mode: 0o700 });
  cpSync(join(directory, 'store/index'), join(outside, 'twin/index'), { recursive: true });
  cpSync(join(directory, 'store/shards'), join(outside, 'twin'), { recursive: true });
  cpSync(join(directory, 'store/index'), join(outside, 'twin'), { recursive: true });
  for (const name of ['file', 'directory/file', 'twin/journal'])
    writeFileSync(join(outside, name), `this is ${name}\n`);
}

/** What is wrong with how a command ended; undefined where nothing is. @param prepared by `prepare`; it is copied */
export async function faultOf(
  { place, kind, command, make }: Case,
  prepared: string,
  directory: string,
): Promise<string | undefined> {
  cpSync(prepared, directory, { recursive: true, preserveTimestamps: true });
  const [store, outside, path] = [
    join(directory, 'store'),
    join(directory, 'outside'),
    join(directory, 'store', place),
  ];
  rmSync(path, { recursive: true, force: true });
  make(path, outside);
  const before = stateOf(outside);
  const words = (COMMANDS[command] as (directory: string) => string[])(directory);
  const keyFile = join(directory, KEY_FILE);
  const keyed = existsSync(keyFile) ? ['--key-file', keyFile] : [];
  const child = spawn(
    process.execPath,
    [CLI, ...words, '--store', store, ...keyed, ...(command === 'repair' ? [] : ['--no-config'])],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: PATIENCE_MILLISECONDS,
      killSignal: 'SIGKILL',
    },
  );
  const { code, signal, stderr } = await endOf(child);
  const what = `${command} with ${kind} as ${place} ended with ${signal ?? code}: ${stderr}`;
  if (signal !== null || !CODES.includes(code)) return what;
  if (stateOf(outside) !== before) return `${what}\nsomething outside of the store was changed`;
  rmSync(directory, { recursive: true, force: true });
  return undefined;
}

async function endOf(child: ChildProcess): Promise<{ code: number | null; signal: string | null; stderr: string }> {
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stderr }));
  });
}

/** Names, bytes, times and rights of all that is in a directory. */
function stateOf(directory: string): string {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();
  const states = names.map((name) => {
    const path = join(directory, name);
    const { mode, mtimeMs, size } = lstatSync(path);
    return [name, mode, mtimeMs, size, lstatSync(path).isFile() ? readFileSync(path, 'base64') : ''];
  });
  return JSON.stringify(states);
}
