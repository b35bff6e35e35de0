// The hot set: what was read most is in memory again after a restart; it is a file that anybody may damage, and many
// processes may save.
// Method: stores opened one after another and beside each other. What is in memory is told by emptying the shards:
// whatever can still be read was there.

import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { JsonNumber, openStore, repairStore, type StoreEvents, type StoreOptions } from '../../dist/src/index.js';
import { encodeKey, type KeyValue } from '../../dist/src/keys/encode.js';
import { READ_WEIGHT } from '../../dist/src/lookup/cache/hot-places.js';
import { readHotSet, writeHotSet } from '../../dist/src/lookup/warm/hot-set-file.js';
import { files } from '../../dist/src/store/files/file-blobs.js';
import { openCatalog, publishRecords, temporaryDirectory } from '../support/build-store.js';
import { ROOT } from '../support/cli.js';
import { eventually } from '../support/until.js';

const run = promisify(execFile);
const COUNT = 1000;
const PER_FRAME = 10;

let directory: string;
let remove: () => void;
const path = (): string => join(directory, 'hot-set.ndjson');
/** Keys of every kind. */
const KEYS: KeyValue[] = ['ä', '\ud800', true, -1.5, 9007199254740993n, new JsonNumber('0.10000000000000000001'), 0];
const place = () => ({ directory, blobs: files });

beforeEach(async () => {
  const scratch = temporaryDirectory();
  directory = join(scratch.path, 'store');
  remove = scratch.remove;
  const catalog = await openCatalog(directory);
  const records = Array.from({ length: COUNT }, (_, id) => ({ text: `{"id":${id}}`, key: id }));
  await publishRecords(catalog, directory, records, { recordsPerFrame: PER_FRAME, recordsPerShard: COUNT });
  const others = KEYS.map((key, i) => ({ text: `{"id":${i}}`, key }));
  await publishRecords(catalog, directory, others, { name: 'others' });
  await catalog.close();
});
afterEach(() => remove());

/** Opens the store, reads, and closes it. */
async function session(keys: readonly number[], options?: StoreOptions): Promise<void> {
  const store = await openStore(directory, options);
  for (const key of keys) store.collection().getSync(key);
  await store.close();
}

/** The keys that are answered without shards. */
async function inMemory(options?: StoreOptions): Promise<number[]> {
  const store = await openStore(directory, options);
  await store.warm();
  const shards = readdirSync(join(directory, 'shards')).map((name) => join(directory, 'shards', name));
  const contents = shards.map((shard) => readFileSync(shard));
  for (const shard of shards) truncateSync(shard);
  try {
    return [...Array(COUNT).keys()].filter((key) => {
      try {
        return store.collection<{ id: number }>().getSync(key)?.id === key;
      } catch {
        return false;
      }
    });
  } finally {
    shards.forEach((shard, i) => {
      writeFileSync(shard, contents[i]!);
    });
    await store.close();
  }
}

/** All keys of the frames of some. */
const neighbours = (...keys: number[]): number[] =>
  [...Array(COUNT).keys()].filter((id) =>
    keys.some((key) => Math.floor(key / PER_FRAME) === Math.floor(id / PER_FRAME)),
  );

const saved = async (): Promise<[string, KeyValue, number][]> =>
  ((await readHotSet(place())) ?? []).map(({ collection, key, weight }) => [collection, key, weight]);

describe('after a restart', () => {
  test('what was read is in memory, and nothing else', async () => {
    await session([7, 7, 500, 998]);
    expect(await inMemory()).toEqual(neighbours(7, 500, 998));
  });

  test.each(['warm', 'immediate'] as const)('the same where freshness is %s', async (freshness) => {
    await session([42], { freshness });
    expect(await inMemory({ freshness })).toEqual(neighbours(42));
  });

  test('the heaviest first, within the budget of bytes', async () => {
    await session([...Array(30).fill(300), ...Array(20).fill(200), ...Array(10).fill(100)]);
    // The text of a frame, where its lines begin, and what it costs beside.
    const frame = PER_FRAME * '{"id":300}\n'.length + 4 * (PER_FRAME + 1) + 512;
    expect(await inMemory({ warmBytes: 2 * frame })).toEqual(neighbours(200, 300));
  });

  test('nothing, where the option says so: it is neither saved nor loaded', async () => {
    await session([7], { hotSet: false });
    expect(existsSync(path())).toBe(false);
    await session([7]);
    expect(await inMemory({ hotSet: false })).toEqual([]);
  });

  test('what is left of the collections is loaded: of those that are gone, or keyed otherwise now, nothing', async () => {
    const hot = [
      { collection: 'gone', key: 1, weight: 9 },
      { collection: 'records', key: 'no such key', weight: 8 },
      { collection: 'records', key: 7, weight: 7 },
    ];
    await writeHotSet(place(), hot);
    expect(await inMemory()).toEqual(neighbours(7));
  });

  test('it keeps no process alive; but what is awaited does', async () => {
    await session([...Array(COUNT).keys()]);
    const library = JSON.stringify(pathToFileURL(`${ROOT}/dist/src/index.js`).href);
    const child = (code: string) =>
      run(process.execPath, [
        '--input-type=module',
        '-e',
        `import { openStore } from ${library}; const store = await openStore(${JSON.stringify(directory)}); ${code}`,
      ]);
    // Nothing closes the store: the process ends by itself, or this test does not.
    expect((await child(`console.log('opened')`)).stdout).toBe('opened\n');
    const served = `console.log(store.collection().getSync(7, { freshness: 'warm' })); store.on('generation', () => {});`;
    expect((await child(served)).stdout).toBe('{ id: 7 }\n');
    const warmed = `const { records } = await store.warm({ whole: true }); console.log(records);`;
    expect((await child(warmed)).stdout).toBe(`${COUNT}\n`);
  });
});

describe('the file', () => {
  test('is NDJSON, private, the heaviest first, with keys of every kind', async () => {
    const store = await openStore(directory);
    const others = store.collection('others');
    KEYS.forEach((key, i) => {
      // Whatever form a number is given in, it is one key: each read counts for the same.
      const forms: KeyValue[] = typeof key === 'object' ? [key, new JsonNumber(String(key))] : [key];
      if (key === 0) forms.push(0n, -0, new JsonNumber('0.0'));
      for (let n = 0; n <= i; n++) expect(others.getSync(forms[n % forms.length]!)).toEqual({ id: i });
    });
    await store.close();
    const expected = KEYS.map((key, i) => ['others', key, (i + 1) * READ_WEIGHT]).reverse();
    expect(await saved()).toEqual(expected);
    const [header, ...lines] = readFileSync(path(), 'utf8').trimEnd().split('\n');
    expect(JSON.parse(header!)).toEqual({ format: 'gristmill hot set', version: 1, keys: KEYS.length });
    expect(lines.map((line) => JSON.parse(line).key)).toEqual(
      expected.map(([, key]) => Buffer.from(encodeKey(key as KeyValue)).toString('base64url')),
    );
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory).sort()).toEqual(['hot-set.ndjson', 'index', 'shards']);
  });

  test('holds what several processes read; what nobody reads any more fades', async () => {
    const [left, right] = [await openStore(directory), await openStore(directory)];
    for (let i = 0; i < 4; i++) left.collection().getSync(1);
    right.collection().getSync(2);
    await left.close();
    await right.close();
    expect(await saved()).toEqual([
      ['records', 1, 2 * READ_WEIGHT],
      ['records', 2, READ_WEIGHT],
    ]);
    for (let i = 0; i < 10; i++) await session([5], { warmBytes: 0 });
    expect((await saved()).map(([, key]) => key)).toEqual([5]);
  });

  test('is not written where nothing was read', async () => {
    await session([1]);
    const before = readFileSync(path());
    await session([]);
    expect(readFileSync(path())).toEqual(before);
  });

  test('is never written by who only reads, but loaded', async () => {
    await session([1]);
    const before = readFileSync(path());
    const names = readdirSync(directory);
    await session([2, 2, 2], { readOnly: true });
    expect(readFileSync(path())).toEqual(before);
    expect(readdirSync(directory)).toEqual(names);
    expect(await inMemory({ readOnly: true })).toEqual(neighbours(1));
  });

  const header = (keys: number): string => `${JSON.stringify({ format: 'gristmill hot set', version: 1, keys })}\n`;
  const line = JSON.stringify({
    collection: 'records',
    key: Buffer.from(encodeKey(7)).toString('base64url'),
    weight: 5,
  });
  test.each<[string, string | Buffer]>([
    ['empty', ''],
    ['of something else', '{"hello":"world"}\n'],
    ['not text', Buffer.from([0, 255, 254, 10, 3])],
    ['cut off', `${header(2)}${line}\n`],
    ['cut off within a line', `${header(1)}${line.slice(0, -4)}`],
    ['without a weight', `${header(1)}${line.replace('5', '0')}\n`],
    ['with a key that is none', `${header(1)}${line.replace(/"key":"[^"]*"/, '"key":"_____w"')}\n`],
    ['with a key that is no text', `${header(1)}${line.replace(/"key":"[^"]*"/, '"key":7')}\n`],
  ])('that is %s is a warning, is ignored, and is replaced by the next', async (_, content) => {
    writeFileSync(path(), content);
    const store = await openStore(directory);
    const warnings: StoreEvents['warning'][] = [];
    store.on('warning', (event) => warnings.push(event));
    expect(store.collection().getSync(3)).toEqual({ id: 3 });
    await store.warm();
    await eventually(() => expect(warnings).not.toEqual([]));
    expect(warnings[0]).toEqual({
      about: 'hot set',
      error: expect.objectContaining({ code: 'CHECKSUM_MISMATCH', file: path() }),
    });
    await store.close();
    expect(await saved()).toEqual([['records', 3, READ_WEIGHT]]);
  });

  test('of a version that is not known is left alone, without a word', async () => {
    const newer = `${JSON.stringify({ format: 'gristmill hot set', version: 2, nobody: 'knows' })}\n`;
    writeFileSync(path(), newer);
    const store = await openStore(directory);
    const warnings: unknown[] = [];
    store.on('warning', (event) => warnings.push(event));
    await store.warm();
    store.collection().getSync(3);
    await store.close();
    expect(warnings).toEqual([]);
    expect(readFileSync(path(), 'utf8')).toBe(newer);
  });

  test('that another process is just writing is not disturbed; what a dead one left is removed', async () => {
    await session([1]);
    const before = readFileSync(path());
    writeFileSync(`${path()}.new`, 'half');
    await session([2]);
    expect(readFileSync(path())).toEqual(before);
    expect(readFileSync(`${path()}.new`, 'utf8')).toBe('half');
    utimesSync(`${path()}.new`, 1, 1);
    await session([2]);
    await session([2]);
    expect((await saved()).map(([, key]) => key)).toContain(2);
    expect(existsSync(`${path()}.new`)).toBe(false);
  });

  test('is in nobody’s way: verify, backup and repair', async () => {
    await session([1]);
    const store = await openStore(directory);
    const { isSound, leftovers } = await store.verify();
    expect([isSound, leftovers]).toEqual([true, expect.anything()]);
    await store.backup(`${directory}-backup`);
    await store.close();
    expect(existsSync(join(`${directory}-backup`, 'hot-set.ndjson'))).toBe(false);
    const before = readFileSync(path());
    await repairStore(directory);
    expect(readFileSync(path())).toEqual(before);
    expect(await inMemory()).toEqual(neighbours(1));
  });
});
