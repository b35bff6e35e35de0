// Goal: what docs/interop.md says of each tool is so: which lines it reads from shards and from a shared directory, after an import,
// after changes, and after `compact` with `full`; with compression and without.
// Method: each tool that is installed reads the files and counts; one that is not is skipped by its name.
// @node all: Node's own zstd is in the newer ones

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import zlib from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { fileWith, makeDirectory } from '../support/import-files.js';

const RECORDS = 3000;
const DELETED = 40;
const PUT = 5;
const LIVE = RECORDS - DELETED + PUT;

/** The files of which directory hold how many lines. */
const STATES = {
  'shards after an import': RECORDS,
  'shards after changes': RECORDS,
  'a shared directory after changes': LIVE,
  'shards after compact --full': LIVE,
  'a shared directory after compact --full': LIVE,
} as const;
type State = keyof typeof STATES;

interface Tool {
  readonly isThere: boolean;
  /** Lines of all `.ndjson.zst` files of each directory. */
  count(directories: readonly string[]): number[];
}

function numbersOf(command: string, ...args: readonly string[]): number[] {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
  return stdout.trim().split(/\s+/).map(Number);
}
const runs = (command: string, ...args: readonly string[]): boolean => spawnSync(command, args).status === 0;
/** @param pipe gets the text of the files */
const zstdInto = (pipe: string) => (directories: readonly string[]) =>
  numbersOf('sh', '-c', `for d in "$@"; do zstd -dcq "$d"/*.ndjson.zst | ${pipe}; done`, 'sh', ...directories);
/** @param count an expression of the lines in the list `files` */
const python = (module: string, count: string): Tool => ({
  isThere: runs('python3', '-c', `import ${module}`),
  count: (directories) => {
    const loop = `for d in sys.argv[1:]:\n  files = glob.glob(d + '/*.ndjson.zst')\n  print(${count})`;
    return numbersOf('python3', '-c', `import glob, sys, ${module}\n${loop}`, ...directories);
  },
});
const newlines = (text: Uint8Array): number => text.reduce((sum, byte) => sum + Number(byte === 10), 0);
const zstdOfNode = (zlib as { zstdDecompressSync?: (bytes: Uint8Array) => Buffer }).zstdDecompressSync;
const withNode = (directory: string): number =>
  readdirSync(directory).reduce((sum, name) => sum + newlines(zstdOfNode!(readFileSync(join(directory, name)))), 0);

/** The one that the benches install. */
const CHDB = fileURLToPath(new URL('../../bench/node_modules/chdb/index.mjs', import.meta.url));
const withChdb = (directories: readonly string[]): number[] => {
  const queries = directories.map((d) => `SELECT count() FROM file('${d}/*.ndjson.zst', 'JSONAsString')`);
  const each = "for (const text of process.argv.slice(1)) console.log(query(text, 'TSV'))";
  const script = `const { query } = await import(${JSON.stringify(CHDB)}); ${each}`;
  return numbersOf(process.execPath, '--input-type=module', '--eval', script, ...queries);
};

const HAS_ZSTD = runs('zstd', '--version');
const TOOLS: Readonly<Record<string, Tool>> = {
  zstd: { isThere: HAS_ZSTD, count: zstdInto('wc -l') },
  jq: { isThere: HAS_ZSTD && runs('jq', '--version'), count: zstdInto('jq -c .id | wc -l') },
  'DuckDB (Python)': python('duckdb', 'duckdb.read_json(files).count("*").fetchone()[0]'),
  'ClickHouse (chdb)': { isThere: existsSync(CHDB), count: withChdb },
  'zstandard (Python), open': python('zstandard', "sum(1 for f in files for _ in zstandard.open(f, 'rt'))"),
  'zstandard (Python), stream_reader with read_across_frames': python(
    'zstandard',
    "sum(zstandard.ZstdDecompressor().stream_reader(open(f, 'rb'), read_across_frames=True).read().count(b'\\n') for f in files)",
  ),
  'zlib of Node': { isThere: zstdOfNode !== undefined, count: (directories) => directories.map(withNode) },
};
const FIRST_FRAME_ONLY = python(
  'zstandard',
  "sum(zstandard.ZstdDecompressor().decompress(open(f, 'rb').read()).count(b'\\n') for f in files)",
);

describe.each(['zstd', 'none'] as const)('of a store with compression %s', (compression) => {
  const made = makeDirectory();
  afterAll(made.remove);
  /** Copies of what the tools read. */
  const directories = Object.keys(STATES).map((_, i) => join(made.path, `state-${i}`));

  beforeAll(async () => {
    const lines = Array.from({ length: RECORDS }, (_, id) => JSON.stringify({ id, text: `of record ${id}` }));
    const store = await openStore(join(made.path, 'store'), { config: false, hotSet: false });
    const shards = join(made.path, 'store', 'shards');
    const live = join(made.path, 'live');
    const keep = (state: State, directory: string) =>
      cpSync(directory, directories[Object.keys(STATES).indexOf(state)]!, { recursive: true });
    try {
      const source = fileWith(lines.join('\n'), 'rows.ndjson', made.path);
      await store.import(source, { key: 'id', compression, spanBytes: 1 << 15, workers: 1 });
      keep('shards after an import', shards);
      await store.transaction((tx) => {
        for (let id = 0; id < DELETED; id++) tx.collection('records').delete(id);
        for (let id = 0; id < PUT; id++) tx.collection<object>('records').put({ id: RECORDS + id });
      });
      keep('shards after changes', shards);
      await store.share(live);
      keep('a shared directory after changes', join(live, 'records'));
      await store.compact({ full: true });
      keep('shards after compact --full', shards);
      await store.share(live);
      keep('a shared directory after compact --full', join(live, 'records'));
    } finally {
      await store.close();
    }
  });

  for (const [name, { isThere, count }] of Object.entries(TOOLS)) {
    test.skipIf(!isThere)(name, () => {
      const counts = count(directories);
      expect(Object.fromEntries(Object.keys(STATES).map((state, i) => [state, counts[i]]))).toEqual(STATES);
    });
  }

  test.skipIf(!FIRST_FRAME_ONLY.isThere)(
    'zstandard (Python), decompress: the first frame only, without an error',
    () => {
      const [first] = FIRST_FRAME_ONLY.count(directories.slice(-1)) as [number];
      expect(first).toBeGreaterThan(0);
      expect(first).toBeLessThan(LIVE);
    },
  );
});
