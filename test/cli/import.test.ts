// Goal: an import from the command line reports, fails and cancels the way scripts and people can rely on.
// Method: real processes; after every failure the store is looked at: it has to be as it was, with no leftovers.

import { closeSync, existsSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeDataset } from '../../datasets/index.js';
import { gristmill, parseLines, scratch, start } from '../support/cli.js';
import { until } from '../support/until.js';

const GOOD = '[{"id":1,"tag":"a"},{"id":2,"tag":["b","a"]},{"id":12345678901234567890,"n":1.50}]';

function fileWith(text: string | Uint8Array, folder = scratch()): { readonly file: string; readonly store: string } {
  const file = join(folder, 'source.json');
  writeFileSync(file, text);
  return { file, store: join(folder, 'store') };
}

/** A store with GOOD in it, and another source beside it. */
async function storeAndSource(text: string | Uint8Array) {
  const { file, store } = fileWith(GOOD);
  expect(await gristmill('import', file, '--store', store, '--key', 'id')).toMatchObject({
    code: 0,
    signal: null,
    stderr: '',
  });
  writeFileSync(file, text);
  return { file, store, before: contentsOf(store) };
}

/** Names and sizes of what a store keeps; the LMDB files are compared through `export`. */
const contentsOf = (store: string) =>
  readdirSync(store, { recursive: true })
    .map(String)
    .filter((path) => !path.startsWith('index'))
    .sort();

describe('gristmill import', () => {
  test('prints the report as a table, progress nowhere', async () => {
    const { file, store } = fileWith(GOOD);
    const { code, stdout, stderr } = await gristmill('import', file, '--store', store, '--key', 'id', '--index', 'tag');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^collection +records \(replace\)$/m);
    expect(stdout).toMatch(/^layout +array$/m);
    expect(stdout).toMatch(/^records read +3$/m);
    expect(stdout).toMatch(/^index tag +3 entries in 1 pages$/m);
  });

  test('--json prints one object with every count', async () => {
    const { file, store } = fileWith(GOOD);
    const { code, stdout, stderr } = await gristmill('import', file, '--store', store, '--key', 'id', '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(parseLines(stdout)).toHaveLength(1);
    expect(JSON.parse(stdout)).toMatchObject({
      collection: 'records',
      layout: 'array',
      records: { read: 3, stored: 3, rejected: 0, replaced: 0 },
      bytes: { source: GOOD.length, stored: expect.any(Number) },
      shards: 1,
      seconds: expect.any(Number),
      workers: expect.any(Number),
      peakAnonBytes: expect.any(Number),
    });
  });

  test('every option reaches the import', async () => {
    const { file, store } = fileWith('{"data":{"items":[{"id":1},{"id":1},{"id":"x","y":2},7]}}');
    const options = [
      '--collection',
      'things',
      '--key',
      'id',
      '--index',
      'y',
      '--select',
      '/data/items',
      '--layout',
      'array',
    ];
    const modes = ['--mode', 'replace', '--on-duplicate', 'first', '--on-bad-record', 'quarantine', '--max-bad', '1'];
    const sizes = [
      '--span-bytes',
      '64k',
      '--window-bytes',
      '64k',
      '--max-record-bytes',
      '1m',
      '--max-bad-ratio',
      '50%',
    ];
    const run = ['--workers', '1', '--level', '3', '--access', 'read', '--quiet', '--json'];
    const { code, stdout, stderr } = await gristmill(
      'import',
      file,
      '--store',
      store,
      ...options,
      ...modes,
      ...sizes,
      ...run,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      collection: 'things',
      workers: 1,
      records: { read: 4, stored: 2, rejected: 1, replaced: 1 },
    });
    const [rejected] = parseLines(readFileSync(report.quarantine, 'utf8'));
    expect(rejected).toMatchObject({ reason: 'KEY_MISSING' });
  });

  test('takes many sources, in order', async () => {
    const folder = scratch();
    const files = ['{"id":1}\n{"id":2}', '{"id":3}\n', '{"id":1,"last":true}'].map((text, i) => {
      const path = join(folder, `${i}.ndjson`);
      writeFileSync(path, text);
      return path;
    });
    const store = join(folder, 'store');
    const { stdout } = await gristmill('import', ...files, '--store', store, '--key', 'id', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ sources: files, records: { read: 4, stored: 3, replaced: 1 } });
    expect((await gristmill('get', '1', '--store', store)).stdout).toBe('{"id":1,"last":true}\n');
  });

  test.each<[string, string | Uint8Array, ...string[]]>([
    ['SOURCE_EMPTY', ''],
    ['SOURCE_NOT_JSON', 'id,name\n1,Ada\n'],
    ['SOURCE_UTF16', Buffer.from('\ufeff[{"id":1}]', 'utf16le')],
    ['SOURCE_TRUNCATED', '[{"id":1},{"id":2},'],
    ['SOURCE_TRAILING_BYTES', '[{"id":1}] [{"id":2}]', '--layout', 'array'],
    ['BAD_RECORD', '[{"id":1},{"id":02},{"id":3}]'],
  ])('%s ends with exit code 3 and leaves the store as it was', async (errorCode, text, ...options) => {
    const { file, store, before } = await storeAndSource(text);
    const { code, stdout, stderr } = await gristmill('import', file, '--store', store, '--key', 'id', ...options);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^gristmill: ${errorCode}: .`));
    expect(contentsOf(store)).toEqual(before);
    expect((await gristmill('export', '--store', store)).stdout).toBe(
      '{"id":1,"tag":"a"}\n{"id":2,"tag":["b","a"]}\n{"id":12345678901234567890,"n":1.50}\n',
    );
  });

  test('a failed first import leaves no store behind', async () => {
    const { file, store } = fileWith('[1,2');
    expect((await gristmill('import', file, '--store', store)).code).toBe(3);
    expect(existsSync(store)).toBe(false);
  });

  test('a bad record is named with its place, and what it holds cannot touch the terminal', async () => {
    const { file, store } = fileWith(Buffer.from('{"id":1}\n{"id":2,"x":"\u001b[31mred"}\n{"id":3}\n'));
    const text = await gristmill('import', file, '--store', store, '--key', 'id');
    expect(text.code).toBe(3);
    expect(text.stderr).toContain(file);
    expect(text.stderr).toMatch(/byte 22\b/);
    expect(text.stderr).toMatch(/line 2\b/);
    expect(text.stderr).toMatch(/record 1\b/);
    expect(text.stderr).not.toContain('\u001b');

    const json = await gristmill('import', file, '--store', store, '--key', 'id', '--json');
    expect(json).toMatchObject({ code: 3, stdout: '' });
    expect(JSON.parse(json.stderr)).toMatchObject({
      code: 'BAD_RECORD',
      message: expect.any(String),
      file,
      offset: 22,
      line: 2,
      record: 1,
      reason: 'CONTROL_CHARACTER',
      snippet: expect.any(String),
      exit: 3,
    });
  });

  test('a missing source is exit code 3, a directory that is no store 4', async () => {
    const folder = scratch();
    const { file } = fileWith(GOOD, folder);
    expect((await gristmill('import', join(folder, 'none'), '--store', join(folder, 's'))).stderr).toMatch(
      /SOURCE_NOT_FOUND/,
    );
    const { code, stderr } = await gristmill('import', file, '--store', folder);
    expect(stderr).toMatch(/STORE_NOT_A_STORE/);
    expect(code).toBe(4);
  });

  test('two members with one key follow --on-duplicate', async () => {
    const { file, store } = fileWith('[{"id":1,"v":1},{"id":1,"v":2}]');
    const common = ['import', file, '--store', store, '--key', 'id', '--on-duplicate'];
    const failed = await gristmill(...common, 'error');
    expect(failed.stderr).toMatch(/DUPLICATE_KEY/);
    expect(failed.code).toBe(3);
    for (const [which, v] of [
      ['first', 1],
      ['last', 2],
    ] as const) {
      expect((await gristmill(...common, which)).code).toBe(0);
      expect((await gristmill('get', '1', '--store', store)).stdout).toBe(`{"id":1,"v":${v}}\n`);
    }
  });
});

/** NDJSON of so many bytes, nearly all of them blank lines, which take no time to import; returns its records. */
function writeSparse(file: string, bytes: number): number {
  const blanks = Buffer.alloc(2 ** 20, '\n');
  const fd = openSync(file, 'w');
  let records = 0;
  for (let at = 0; at < bytes; records++) {
    at += writeSync(fd, `{"id":${records}}\n`);
    at += writeSync(fd, blanks);
  }
  closeSync(fd);
  return records;
}

describe('resuming', () => {
  test('--resume with nothing to resume is exit code 4; --no-resume imports', async () => {
    const { file, store } = fileWith(GOOD);
    const args = ['import', file, '--store', store, '--key', 'id'];
    const { code, stderr } = await gristmill(...args, '--resume');
    expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringContaining('gristmill: NOTHING_TO_RESUME: ') });
    expect(await gristmill(...args, '--no-resume')).toMatchObject({ code: 0, stderr: '' });
  });

  test('a killed import goes on where it was, by itself', async () => {
    const folder = scratch();
    const [file, store] = [join(folder, 'big.json'), join(folder, 'store')];
    const records = writeSparse(file, 2 ** 30);
    const args = ['import', file, '--store', store, '--key', 'id', '--span-bytes', '4m', '--json'];
    const killed = start(args);
    const journal = () => {
      for (const id of existsSync(join(store, 'tmp')) ? readdirSync(join(store, 'tmp')) : []) {
        const path = join(store, 'tmp', id, 'journal');
        if (existsSync(path)) return readFileSync(path, 'latin1').split('\n').length - 2;
      }
      return 0;
    };
    await until(() => journal() >= 3);
    killed.child.kill('SIGKILL');
    await killed.ended;
    const { code, stdout } = await gristmill(...args, '--resume');
    expect(code).toBe(0);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ records: { read: records }, warnings: [] });
    expect(report.resumed.spans).toBeGreaterThanOrEqual(3);
    expect(readdirSync(store).sort()).toEqual(['index', 'shards']);
  });
});

describe('a signal', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s cancels and leaves the store as it was', async (signal) => {
    const { file, store, before } = await storeAndSource('');
    const big = `${file}.big`;
    writeDataset(big, { name: 'flat', bytes: 16 * 2 ** 20, form: 'array' });
    // The slowest level: the import must still be running when the signal comes.
    const args = ['import', big, '--store', store, '--key', 'id', '--level', '19', '--span-bytes', '1m'];
    const events = watch(join(store, 'shards'));
    const written = events[Symbol.asyncIterator]();
    const firstShard = written.next(); // begins to watch
    const running = start(args);
    await firstShard; // the workers are busy
    running.child.kill(signal);
    const ended = await running.ended;
    await written.return?.();
    expect(ended).toMatchObject({ code: 130, signal: null, stdout: '' });
    expect(ended.stderr).toMatch(/gristmill: CANCELLED: /);
    expect(contentsOf(store)).toEqual(before);
    expect((await gristmill('get', '1', '--store', store)).code).toBe(0);
  });
});
