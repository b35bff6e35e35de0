// Goal: every method refuses an option it does not have, by its name and with the one that was meant, and a value of a wrong
// type; before any work. Method: a table of the public methods, each called wrongly on a real store, whose files are compared
// with what they were, by their hashes.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Collection,
  memory,
  openStore,
  type ReadableCollection,
  repairStore,
  type Snapshot,
  type Store,
} from '../../dist/src/index.js';
import { fileWith, makeDirectory } from '../support/import-files.js';

let directory: ReturnType<typeof makeDirectory>;
let path: string;
let source: string;
let store: Store;
let rows: Collection;
let snapshot: Snapshot;
let frozen: ReadableCollection;
let before: Readonly<Record<string, string>>;

beforeAll(async () => {
  directory = makeDirectory();
  path = join(directory.path, 'store');
  source = fileWith('{"id":1,"tag":"a"}\n{"id":2,"tag":"b"}\n', 'source.ndjson', directory.path);
  store = await openStore(path, { config: false });
  await store.import(source, { collection: 'rows', key: 'id', indexes: ['tag'] });
  rows = store.collection('rows');
  snapshot = store.snapshot();
  frozen = snapshot.collection('rows');
  before = filesOf(directory.path);
});
afterAll(async () => {
  await store.close();
  directory.remove();
});

/** Hashes of all files; who reads is no content of a store. */
function filesOf(where: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const name of readdirSync(where, { recursive: true, encoding: 'utf8' }).sort()) {
    if (name.endsWith('lock.mdb')) continue;
    try {
      files[name] = createHash('sha256')
        .update(readFileSync(join(where, name)))
        .digest('hex');
    } catch {
      files[name] = 'directory';
    }
  }
  return files;
}

type Options = Record<string, unknown>;
type Method = readonly [
  name: string,
  call: (options: never) => unknown,
  misspelt: readonly [given: string, meant: string | undefined],
  wrong: readonly Options[],
];

const WRITING: readonly Options[] = [{ wait: 1 }, { wait: 'no' }, { onWait: {} }, { onProgress: 'tell' }];
const SIGNAL: readonly Options[] = [{ signal: {} }, { signal: null }, { signal: new AbortController() }];
const BOUNDS: readonly Options[] = [
  ...[{ limit: '5' }, { limit: -1 }, { limit: 1.5 }, { limit: Number.NaN }, { limit: null }],
  ...[{ reverse: 'yes' }, { reverse: 1 }, { prefix: 5 }, { prefix: null }, { index: 5 }, { index: null }],
  ...[{ gte: {} }, { lt: [] }, { gt: 1, gte: 1 }, { lt: 1, lte: 1 }, { after: 5 }, { after: 'x' }],
];
const FRESHNESS: readonly Options[] = [
  ...[{ freshness: 'hot' }, { freshness: 5 }, { freshness: null }, { freshness: {} }],
  ...[{ freshness: { maxStaleMs: '5' } }, { freshness: { maxStaleMs: -1 } }, { freshness: { maxStaleMs: 1, max: 1 } }],
];
const INDEXES: readonly Options[] = [
  ...[{ key: 5 }, { key: '' }, { key: 'a..b' }, { key: '/~' }, { key: null }],
  ...[{ indexes: 'tag' }, { indexes: [5] }, { indexes: ['a', ''] }, { indexes: null }, { indexes: { 0: 'a' } }],
  ...[{ indexes: ['a', 'b', 'a'] }, { indexes: ['a.b', '/a/b'] }, { indexes: ['a', '/a'] }],
  { indexes: Array.from({ length: 250 }, (_, i) => `p${i}`) },
];
const NAMES: readonly Options[] = [
  ...[{ collection: '' }, { collection: 'a\0b' }, { collection: 'a\nb' }, { collection: '\x7f' }, { collection: 5 }],
  ...[{ collection: null }, { collection: 'x'.repeat(256) }, { collection: 'é'.repeat(128) }, { collection: '\ud800' }],
];
const IMPORTING: readonly Options[] = [
  ...[...WRITING, ...SIGNAL, ...NAMES, ...INDEXES],
  ...[{ layout: 'auto' }, { workers: 0 }, { workers: '2' }, { level: 99 }, { select: 'data' }, { maxBad: '1' }],
  ...[{ onBadRecord: true }, { maxBadRatio: 2 }, { spanBytes: 0 }],
];

type Reads = readonly [string, (collection: ReadableCollection, options: never) => unknown];
const READING: readonly Reads[] = [
  ...['get', 'getSync', 'getText', 'getTextSync', 'has'].map(
    (name): Reads => [name, (collection, options) => collection[name as 'get'](1, options)],
  ),
  ['getMany', (collection, options) => collection.getMany([1], options)],
  ...['count', 'stat'].map((name): Reads => [name, (collection, options) => collection[name as 'stat'](options)]),
  ...['find', 'findText', 'findSync', 'findTextSync'].map(
    (name): Reads => [name, (collection, options) => collection[name as 'find']('tag', 'a', options).next()],
  ),
  ...['first', 'firstSync', 'last', 'lastSync'].map(
    (name): Reads => [name, (collection, options) => collection[name as 'first'](options)],
  ),
  ['distinct', (collection, options) => collection.distinct('tag', options).next()],
  ['scan', (collection, options) => collection.scan(options).next()],
  ['scanText', (collection, options) => collection.scanText(options).next()],
  ['lines', (collection, options) => collection.lines(options).next()],
];

const METHODS: readonly Method[] = [
  [
    'openStore',
    (options) => openStore(path, options),
    ['readonly', 'readOnly'],
    [
      ...[{ create: 1 }, { readOnly: 'yes' }, { frameCacheBytes: '1m' }, { warmMs: -1 }, { hotSet: null }],
      ...[{ recordValues: 'thawed' }, { config: 5 }, { collections: [] }, { collections: { rows: 5 } }],
      ...[{ collections: { rows: { hotSet: true } } }, { collections: { 'a\0b': {} } }, { collections: new Map() }],
      ...FRESHNESS,
    ],
  ],
  [
    'import',
    (options) => store.import(source, options),
    ['index', 'indexes'],
    [...IMPORTING, { mode: 'merge' }, { resume: true }, { mode: 'insert', onDuplicate: 'last' }],
  ],
  [
    'watch',
    (options) => store.watch(source, options),
    ['stabilityMS', 'stabilityMs'],
    [...IMPORTING, { poll: true }, { pollMs: 1 }, { stabilityMs: '5s' }],
  ],
  [
    'compact',
    (options) => store.compact(options),
    ['minDeadShares', 'minDeadShare'],
    [
      ...WRITING,
      ...SIGNAL,
      ...NAMES,
      { minDeadShare: 2 },
      { minDeadShare: '10%' },
      { minDeadShare: null },
      { joinBytes: -1 },
      { joinBytes: (64 << 20) + 1 },
      { joinBytes: '4m' },
    ],
  ],
  [
    'verify',
    (options) => store.verify(options),
    ['faultMax', 'faultsMax'],
    [...SIGNAL, { workers: 0 }, { workers: 1.5 }, { faultsMax: '1' }, { onProgress: 1 }],
  ],
  ['backup', (options) => store.backup(join(directory.path, 'copy'), options), ['copys', 'copy'], [{ copy: 1 }]],
  ['repairStore', (options) => repairStore(path, options), ['worker', 'workers'], [{ workers: '1' }, { workers: 257 }]],
  [
    'warm',
    (options) => store.warm(options),
    ['maxByte', 'maxBytes'],
    [
      ...[
        ...SIGNAL,
        ...NAMES,
        ...BOUNDS,
        { keys: 5 },
        { keys: 'all' },
        { whole: 1 },
        { maxBytes: -1 },
        { maxMs: '1s' },
      ],
      ...[
        { whole: true, keys: [1] },
        { whole: true, gte: 1 },
        { keys: [1], limit: 1 },
      ],
    ],
  ],
  ['snapshot', (options) => store.snapshot(options), ['freshness', undefined], []],
  ['stat', (options) => store.stat(options), ['collection', undefined], []],
  ['metrics', (options) => store.metrics(options), ['collection', undefined], []],
  [
    'createCollection',
    (options) => store.transaction((tx) => tx.createCollection('new', options)),
    ['index', 'indexes'],
    INDEXES,
  ],
  ...['range', 'rangeText', 'rangeSync', 'rangeTextSync'].map(
    (name): Method => [
      name,
      (options) => rows[name as 'range'](options).next(),
      ['limits', 'limit'],
      [...BOUNDS, ...FRESHNESS],
    ],
  ),
  ...READING.map(
    ([name, call]): Method => [name, (options) => call(rows, options), ['freshnes', 'freshness'], FRESHNESS],
  ),
];

/** What it throws, or rejects with. */
async function failureOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  return expect.unreachable('it was not refused');
}

describe.each(METHODS)('%s', (name, call, [misspelt, meant], wrong) => {
  const refusal = async (options: unknown) => {
    const error = await failureOf(() => call(options as never));
    expect(error).toBeInstanceOf(TypeError);
    return (error as TypeError).message;
  };

  test(`refuses ${misspelt}, and says what was meant`, async () => {
    const message = await refusal({ [misspelt]: 1 });
    if (meant === undefined) expect(message).toBe(`${name} has no option ${misspelt}; there are none`);
    else expect(message).toBe(`${name} has no option ${misspelt}; did you mean ${meant}?`);
    // Whatever its value is, beside options that are right, inherited, and where nothing is like it.
    const inherited = Object.create({ [misspelt]: undefined });
    for (const options of [{ [misspelt]: undefined }, inherited, { xyzzy: 1 }, JSON.parse('{"__proto__":1}')]) {
      expect(await refusal(options)).toMatch(new RegExp(`^${name} has no option `));
    }
    expect(filesOf(directory.path)).toEqual(before);
  });

  test.each(wrong.map((options) => [JSON.stringify(options).slice(0, 40), options] as const))(
    'refuses %s',
    async (_, options) => {
      await refusal(options);
      expect(filesOf(directory.path)).toEqual(before);
    },
  );

  test('refuses what holds no options', async () => {
    const others = [
      null,
      5,
      'abc',
      true,
      [],
      new Map([['limit', 1]]),
      Promise.resolve({}),
      AbortSignal.abort(),
      () => {},
    ];
    for (const options of others) expect(await refusal(options)).toBe(`${name}: options must be an object`);
    expect(filesOf(directory.path)).toEqual(before);
  });

  test('takes undefined, no options, and options that are undefined', async () => {
    // What changes or opens a store is tried by all other tests.
    if (wrong === FRESHNESS || ['range', 'rangeText', 'stat', 'metrics'].includes(name)) {
      for (const options of [undefined, {}, Object.create(null)]) await call(options as never);
      if (wrong === FRESHNESS) await call({ freshness: undefined } as never);
    }
  });
});

describe('a snapshot', () => {
  test.each(READING)('%s refuses every option', async (name, call) => {
    expect(await failureOf(() => call(frozen, { freshnes: 1 } as never))).toEqual(
      new TypeError(`${name} has no option freshnes; did you mean freshness?`),
    );
    expect(await failureOf(() => call(frozen, { freshness: 'warm' } as never))).toEqual(
      new TypeError('a snapshot is one state, so its reads have no option freshness'),
    );
    await call(frozen, {} as never);
  });
});

describe('what is no option', () => {
  test.each([
    ['find without a value', () => rows.find('tag', undefined as never).next()],
    ['find without an index', () => rows.find(undefined as never, 'a').next()],
    ['findText of an index that is no text', () => rows.findText(5 as never, 'a').next()],
    ['getMany of one key', () => rows.getMany('a' as never)],
    ['getMany of nothing', () => rows.getMany(undefined as never)],
  ])('%s is refused', async (_, call) => {
    expect(await failureOf(call)).toBeInstanceOf(TypeError);
  });
});

test('no store is made where options are wrong', async () => {
  const nowhere = join(directory.path, 'nowhere');
  for (const options of [{ creates: true }, { readOnly: 1 }, { collections: { '': {} } }]) {
    await expect(openStore(nowhere, options as object)).rejects.toThrow(TypeError);
    await expect(openStore(memory(), options as object)).rejects.toThrow(TypeError);
  }
  expect(existsSync(nowhere)).toBe(false);
});
