// store.warm: what is named is in memory afterwards, no more than was allowed, and the report says what was done.
// Method: real stores with frames of known size; what is in memory is told by emptying the shards, in a directory.

import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Store, WarmOptions } from '../../dist/src/index.js';
import { openStore } from '../../dist/src/index.js';
import type { KeyValue } from '../../dist/src/keys/encode.js';
import { openCatalog, publishRecords, temporaryDirectory } from '../support/build-store.js';

const COUNT = 400;
const PER_FRAME = 10;
const textOf = (id: number): string => JSON.stringify({ id, group: id % 4, text: 'x'.repeat(80) });
/** What the cache counts for a frame: its text, where its lines begin, and what it costs beside. */
const frameBytes = (frame: number): number =>
  Array.from({ length: PER_FRAME }, (_, i) => textOf(frame * PER_FRAME + i).length + 1).reduce((sum, n) => sum + n) +
  4 * (PER_FRAME + 1) +
  512;

let directory: string;
let remove: () => void;
let store: Store;

beforeEach(async () => {
  const scratch = temporaryDirectory();
  directory = join(scratch.path, 'store');
  remove = scratch.remove;
  const catalog = await openCatalog(directory);
  const records = Array.from({ length: COUNT }, (_, id) => ({ text: textOf(id), key: id, indexed: [[`g${id % 4}`]] }));
  const layout = { recordsPerFrame: PER_FRAME, recordsPerShard: COUNT / 4 };
  await publishRecords(catalog, directory, records, { ...layout, indexPaths: ['group'] });
  await publishRecords(catalog, directory, records, { ...layout, name: 'ordinal', key: { kind: 'ordinal' } });
  await catalog.close();
  store = await openStore(directory, { hotSet: false });
});
afterEach(async () => {
  await store.close();
  remove();
});

/** The frames of a collection that are in memory, by their number. */
function framesInMemory(collection = 'records'): number[] {
  const shards = readdirSync(join(directory, 'shards')).map((name) => join(directory, 'shards', name));
  const contents = shards.map((shard) => readFileSync(shard));
  for (const shard of shards) truncateSync(shard);
  const found = [...Array(COUNT / PER_FRAME).keys()].filter((frame) => {
    try {
      return store.collection(collection).getTextSync(frame * PER_FRAME) !== undefined;
    } catch {
      return false;
    }
  });
  shards.forEach((shard, i) => {
    writeFileSync(shard, contents[i]!);
  });
  return found;
}

const frameOf = (id: number): number => Math.floor(id / PER_FRAME);
const unique = (numbers: readonly number[]): number[] => [...new Set(numbers)].sort((left, right) => left - right);

describe('what is named is in memory afterwards', () => {
  const ids = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
  const cases: [string, WarmOptions, number[]][] = [
    ['keys', { keys: [3, 399, 55, 3, 'no such', 1e6] }, [3, 399, 55, 3]],
    ['no keys', { keys: [] }, []],
    ['a range of the primary index', { gte: 95, lt: 131 }, ids(95, 131)],
    ['the same with a limit, from above', { lt: 131, reverse: true, limit: 12 }, ids(119, 131)],
    ['a range of another index', { index: 'group', gte: 'g1', lte: 'g1', limit: 5 }, [1, 5, 9, 13, 17]],
    ['the whole of it', { whole: true }, ids(0, COUNT)],
    ['keys, where keys are ordinals', { collection: 'ordinal', keys: [0, 200, 400, -1] }, [0, 200]],
    ['a range, where keys are ordinals', { collection: 'ordinal', gt: 388 }, ids(389, COUNT)],
  ];
  test.each(cases)('%s', async (_name, options, records) => {
    const report = await store.warm(options);
    const frames = unique(records.map(frameOf));
    const bytes = frames.map(frameBytes).reduce((sum, n) => sum + n, 0);
    expect(report).toEqual({
      ...{ frames: frames.length, bytes, records: records.length },
      ...{ milliseconds: expect.any(Number), complete: true },
    });
    expect(framesInMemory(options.collection)).toEqual(frames);
    // What is there already is not loaded again.
    expect(await store.warm(options)).toMatchObject({ frames: 0, bytes: 0, records: records.length, complete: true });
  });

  test('in stores whose reads are warm by default, too', async () => {
    await store.close();
    store = await openStore(directory, { hotSet: false, freshness: 'warm' });
    await store.warm({ keys: [77] });
    expect(framesInMemory()).toEqual([7]);
  });

  test('records that are inline are there anyway', async () => {
    await store.transaction((tx) => tx.collection('records').put({ id: 1000, group: 'g9' }));
    expect(await store.warm({ keys: [1000] })).toMatchObject({ frames: 0, records: 1, complete: true });
    expect(await store.warm({ index: 'group', gte: 'g9' })).toMatchObject({ frames: 0, records: 1, complete: true });
    expect(await store.warm({ whole: true })).toMatchObject({ records: COUNT + 1, complete: true });
  });
});

describe('a budget', () => {
  test('of bytes is kept, what is in memory already included', async () => {
    const maxBytes = frameBytes(0) + frameBytes(1) + frameBytes(2);
    expect(await store.warm({ whole: true, maxBytes })).toMatchObject({ frames: 3, bytes: maxBytes, complete: false });
    expect(framesInMemory()).toEqual([0, 1, 2]);
    expect(await store.warm({ whole: true, maxBytes: maxBytes + 1 })).toMatchObject({ frames: 0, complete: false });
    expect(await store.warm({ whole: true, maxBytes: 0 })).toMatchObject({ records: 0, complete: false });
  });

  test('is the frame cache where none is given: a collection that does not fit does not push itself out', async () => {
    await store.close();
    store = await openStore(directory, { hotSet: false, frameCacheBytes: 10 * frameBytes(20) });
    const { frames, complete } = await store.warm({ whole: true });
    expect([frames, complete]).toEqual([10, false]);
    expect(framesInMemory()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('of time is kept', async () => {
    expect(await store.warm({ whole: true, maxMs: 0 })).toMatchObject({ frames: 0, complete: false });
  });

  test('may be ended by the caller, and by closing the store', async () => {
    const stop = new AbortController();
    const stopped = store.warm({ whole: true, signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED', cause: { message: 'enough' } });
    const closed = store.warm({ whole: true });
    await store.close();
    await expect(closed).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    await expect(store.warm()).rejects.toMatchObject({ code: 'STORE_CLOSED' });
  });
});

describe('what goes wrong', () => {
  test('a damaged frame is told when the others are in memory', async () => {
    const shard = join(directory, 'shards', readdirSync(join(directory, 'shards')).sort()[0]!);
    const bytes = readFileSync(shard);
    const whole = Buffer.from(bytes);
    bytes.fill(0xff, 10, 20);
    writeFileSync(shard, bytes);
    await expect(store.warm({ whole: true })).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH', file: shard });
    writeFileSync(shard, whole);
    expect(framesInMemory()).toEqual(Array.from({ length: COUNT / PER_FRAME - 1 }, (_, i) => i + 1));
  });

  test('there is no such collection, or index', async () => {
    await expect(store.warm({ collection: 'none', whole: true })).rejects.toMatchObject({
      code: 'COLLECTION_NOT_FOUND',
    });
    await expect(store.warm({ index: 'none', gte: 1 })).rejects.toMatchObject({ code: 'INDEX_NOT_FOUND' });
  });

  const wrong: [string, object][] = [
    ['a name that is no option', { everything: true }],
    ['keys that are no list', { keys: 7 }],
    ['a collection that is no name', { collection: 7, whole: true }],
    ['a budget below 0', { whole: true, maxBytes: -1 }],
    ['a budget that is no number', { whole: true, maxMs: 'long' }],
    ['a signal that is none', { whole: true, signal: {} }],
    ['keys and the whole', { keys: [1], whole: true }],
    ['a range and the whole', { gte: 1, whole: true }],
    ['contradicting bounds', { gt: 1, gte: 1 }],
    ['keys of a wrong kind', { collection: 'ordinal', keys: ['a'] as KeyValue[] }],
  ];
  test.each(wrong)('%s is a TypeError', async (_name, options) => {
    await expect(store.warm(options)).rejects.toThrow(TypeError);
  });
});
