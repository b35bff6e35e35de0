// Goal: an option set in several places is what the last of file, variable, flag and code says; what is written reads as
// the value it was written for; and what is wrong names the place where it stands. Method: every combination of the four
// places for an option of each kind, properties over all rows of the tables, and each mistake once.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { STORE_FLAGS, storeOptionsIn, withCollectionsFlag, withStoreFlags } from '../src/cli/store-flags.js';
import type { ConfigFile } from '../src/config/config-file.js';
import { effectiveOptions, findConfig, importOptionsOver } from '../src/config/effective.js';
import { defaultSettings, tableFor, variableFor } from '../src/config/settings.js';
import { readOption, sizeOf, timeOf, writeOption } from '../src/config/words.js';
import type { GristmillError } from '../src/errors.js';
import { CACHE_OPTIONS, cacheOptionsOf, type OptionRow, STORE_OPTIONS, type StoreOptions } from '../src/options.js';

const rows = defaultSettings().map(({ of, name }) => [of, name, tableFor(of)[name] as OptionRow] as const);

/** A config file of this content; its path. */
function fileOf(content: unknown): string {
  const directory = mkdtempSync(join(tmpdir(), 'gristmill-config-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'settings.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

/** What these words on a command line are as options. */
function flagged(...words: readonly string[]): Promise<StoreOptions> {
  const command = withCollectionsFlag(withStoreFlags(new Command().exitOverride(), STORE_FLAGS));
  command.configureOutput({ outputError: () => {} });
  return storeOptionsIn(command.parse(words, { from: 'user' }).opts());
}

function stubVariables(variables: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
}

/** The 16 ways in which four places set an option or do not. */
const WAYS = Array.from({ length: 16 }, (_, bits) => ({
  ...{ file: (bits & 1) > 0, variable: (bits & 2) > 0, flag: (bits & 4) > 0, code: (bits & 8) > 0 },
}));

/** An option of each kind: how it is written in each place, and what it is then; the default is none of them. */
const KINDS = [
  ['frameCacheBytes', '1k', '2k', '3k', 4096, [1024, 2048, 3072, 4096]],
  ['recordTtlMs', '1s', '2m', '3', 4, [1000, 120_000, 3, 4]],
  ['refreshAheadPercent', 1, '2', '3', 4, [1, 2, 3, 4]],
  ['freshness', 'stale:1s', 'stale:2', 'warm', { maxStaleMs: 0.5 }, [1000, 2, 'warm', 0.5]],
  ['recordValues', 'cloned', 'frozen', 'cloned', 'frozen', ['cloned', 'frozen', 'cloned', 'frozen']],
  ['hotSet', false, 'true', undefined, true, [false, true, false, true]],
] as const;

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

describe('an option of a store is what the last place says that sets it', () => {
  test.each(KINDS)('%s, in 16 ways', async (name, inFile, inVariable, inFlag, inCode, values) => {
    const written = fileOf({ [name]: inFile });
    const words = inFlag === undefined ? [`--no-${kebab(name)}`] : [`--${kebab(name)}`, inFlag];
    const isSet = values.map((value) => (name === 'freshness' && value !== 'warm' ? { maxStaleMs: value } : value));
    for (const { file, variable, flag, code } of WAYS) {
      if (variable) vi.stubEnv(variableFor('store', name), inVariable);
      const given = { ...(await flagged(...(flag ? words : []))), ...(code && { [name]: inCode }) };
      const { options } = await effectiveOptions({ ...given, ...(file && { config: written }) });
      vi.unstubAllEnvs();
      const last = [file, variable, flag, code].lastIndexOf(true);
      expect(options[name]).toEqual(last === -1 ? STORE_OPTIONS[name].default : isSet[last]);
      // And no other option has changed.
      expect({ ...options, [name]: 0 }).toEqual({ ...(await effectiveOptions({ config: false })).options, [name]: 0 });
    }
  });

  test('for one collection, each of its options apart, in 16 ways', async () => {
    const collections = (staleMs: unknown) => ({ posts: { staleMs } });
    const written = fileOf({ collections: { ...collections('1s'), users: { staleMs: 7 } }, recordTtlMs: 9 });
    for (const { file, variable, flag, code } of WAYS) {
      if (variable) vi.stubEnv('GRISTMILL_COLLECTIONS', JSON.stringify({ posts: { staleMs: '2s', frameTtlMs: '1m' } }));
      const words = flag ? ['--collections', JSON.stringify(collections('3s'))] : [];
      // A program gives its own as a whole; flags of the command line are not at hand there.
      const given = code ? { collections: { posts: { staleMs: 4000 } } } : await flagged(...words);
      const { options } = await effectiveOptions({ ...given, ...(file && { config: written }) });
      vi.unstubAllEnvs();
      const posts = cacheOptionsOf(options, 'posts');
      expect(posts.staleMs).toBe(code ? 4000 : flag ? 3000 : variable ? 2000 : file ? 1000 : 0);
      expect(posts.frameTtlMs).toBe(variable ? 60_000 : 0);
      expect(cacheOptionsOf(options, 'users').staleMs).toBe(file ? 7 : 0);
      expect(posts.recordTtlMs).toBe(file ? 9 : 0);
    }
  });

  test('set for one collection, it holds there, whoever sets it for all', async () => {
    const config = fileOf({ collections: { posts: { staleMs: '1s' } } });
    const { options } = await effectiveOptions({ config, staleMs: 5 });
    expect([cacheOptionsOf(options, 'posts').staleMs, cacheOptionsOf(options, 'users').staleMs]).toEqual([1000, 5]);
  });

  test('undefined is not set, in no place', async () => {
    const config = fileOf({ staleMs: 5, import: { level: 3 } });
    const { options, imports } = await effectiveOptions({ config, staleMs: undefined, collections: { a: {} } });
    expect(options.staleMs).toBe(5);
    expect(importOptionsOver(imports, { level: undefined })).toEqual({ level: 3 });
  });
});

describe('options of imports', () => {
  test('are those of the caller, the variables, the file, in 8 ways', async () => {
    const written = fileOf({ import: { workers: 1, maxBadRatio: '10%', indexes: ['a', 'b'] } });
    for (const { file, variable, code } of WAYS) {
      const variables = { WORKERS: '2', MAX_BAD_RATIO: '0.2', INDEXES: 'c, d' };
      if (variable) for (const [name, word] of Object.entries(variables)) vi.stubEnv(`GRISTMILL_IMPORT_${name}`, word);
      const { imports } = await effectiveOptions(file ? { config: written } : {});
      vi.unstubAllEnvs();
      const effective = importOptionsOver(imports, code ? { workers: 3, maxBadRatio: 0.3, indexes: [] } : undefined);
      const expected = [
        file && { workers: 1, maxBadRatio: 0.1, indexes: ['a', 'b'] },
        variable && { workers: 2, maxBadRatio: 0.2, indexes: ['c', 'd'] },
        code && { workers: 3, maxBadRatio: 0.3, indexes: [] },
      ];
      expect(effective).toEqual(expected.findLast((options) => options !== false) ?? {});
    }
  });
});

describe('words', () => {
  test.each(rows)('of %s %s: what is written for a value reads as that value', (_of, _name, row) => {
    fc.assert(
      fc.property(valuesOf(row), (value) => {
        expect(readOption(writeOption(value, row), row, 'it')).toEqual(value);
      }),
    );
  });

  test('sizes and times mean what their units say', () => {
    const size = fc.record({ count: fc.nat(1000), unit: fc.constantFrom('', 'k', 'm', 'g') });
    fc.assert(
      fc.property(size, fc.constantFrom('', 'b', 'B', 'iB'), ({ count, unit }, suffix) => {
        expect(sizeOf(`${count}${unit}${suffix}`)).toBe(count * 1024 ** ['', 'k', 'm', 'g'].indexOf(unit));
      }),
    );
    const milliseconds = { '': 1, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
    fc.assert(
      fc.property(fc.nat(1000), fc.constantFrom(...Object.entries(milliseconds)), (count, [unit, each]) => {
        expect(timeOf(`${count}${unit}`)).toBe(count * each);
      }),
    );
    expect([sizeOf('1.5g'), timeOf('1.5s'), timeOf('2.3m')]).toEqual([1.5 * 2 ** 30, 1500, 138_000]);
  });

  test('that are none are told from little: nothing but 0 becomes 0', () => {
    for (const word of ['', 'm', '-1s', '5 seconds', '1e3', '0.4ms', '0.0001s', '1w', '9999999999999d']) {
      expect(timeOf(word)).toBeUndefined();
    }
    for (const word of ['', 'k', '-1', '1t', '0.0001k', '0.4']) expect(sizeOf(word)).toBeUndefined();
    expect([timeOf('0'), timeOf('0s'), sizeOf('0k')]).toEqual([0, 0, 0]);
  });
});

function isAccepted(check: (text: string) => unknown, text: string): boolean {
  try {
    check(text);
    return true;
  } catch {
    return false;
  }
}

/** Values an option may have, as code has them. */
function valuesOf(row: OptionRow): fc.Arbitrary<unknown> {
  const texts = fc.constantFrom('id', 'user.id', '/a~1b', '/data/items');
  switch (row.type) {
    case 'boolean':
      return fc.boolean();
    case 'choice':
      return fc.constantFrom(...row.choices);
    case 'text':
      return texts.filter((text) => isAccepted(row.check, text));
    case 'texts':
      return fc.uniqueArray(texts, { minLength: 1 });
    case 'freshness':
      return fc.oneof(fc.constantFrom('immediate', 'warm'), fc.record({ maxStaleMs: fc.nat(10 ** 9) }));
    case 'number':
      return fc.double({ min: 0, max: 1, noNaN: true }).filter((value) => !String(value).includes('e'));
    default: {
      const { min, max } = row;
      const unit = fc.constantFrom(1, 1000, 1024, 60_000, 2 ** 20, 2 ** 30, 86_400_000);
      return fc.tuple(fc.integer({ min, max }), unit).map(([value, by]) => {
        const whole = value - (value % by);
        return whole >= min ? whole : value;
      });
    }
  }
}

describe('what is found', () => {
  test('is nothing where nothing is set, and everything outside the code is turned off by config: false', () => {
    expect(findConfig(undefined, { PATH: '/bin', GRISTMILL_FAILPOINTS: 'x', GRISTMILL_STALE_MS: '' })).toBeUndefined();
    expect(findConfig(false, { GRISTMILL_STALE_MS: '1', GRISTMILL_CONFIG: 'a.json' })).toBeUndefined();
  });

  test('is the file that code names, else the one a variable names; "false" there is no file', () => {
    const path = (name: string) => join(process.cwd(), name);
    expect(findConfig('a.json', { GRISTMILL_CONFIG: 'b.json' })).toEqual({ files: [path('a.json')], variables: {} });
    expect(findConfig(undefined, { GRISTMILL_CONFIG: 'b.json' })).toEqual({ files: [path('b.json')], variables: {} });
    const variables = { GRISTMILL_STALE_MS: '1' };
    expect(findConfig(undefined, { GRISTMILL_CONFIG: 'false', ...variables })).toEqual({ files: [], variables });
  });

  test('every option has a variable of its own', () => {
    const names = rows.map(([of, name]) => variableFor(of, name));
    expect(new Set([...names, 'GRISTMILL_COLLECTIONS', 'GRISTMILL_CONFIG', 'GRISTMILL_FAILPOINTS']).size).toBe(
      names.length + 3,
    );
    expect(names).toContain('GRISTMILL_FRAME_CACHE_BYTES');
    expect(names).toContain('GRISTMILL_IMPORT_ON_BAD_RECORD');
  });
});

describe('a mistake names the place where it stands', () => {
  /** The error that options lead to. */
  const failing = (options: StoreOptions): Promise<GristmillError> =>
    effectiveOptions(options).then(
      () => expect.unreachable('it is accepted'),
      (error: GristmillError) => error,
    );

  test.each([
    [{ frameCacheByte: 1 }, 'frameCacheByte is not an option; there are create,'],
    [{ frameCacheBytes: '1x' }, 'frameCacheBytes must be a size such as 65536, 64k, 64m or 1g, not "1x"'],
    [{ frameCacheBytes: -1 }, 'frameCacheBytes must be an integer from 0 to'],
    [{ warmMs: '1 fortnight' }, 'warmMs must be a time such as'],
    [{ warmMs: '366d' }, 'warmMs must be an integer from 0 to'],
    [{ hotSet: 'yes' }, 'hotSet must be true or false'],
    [{ recordValues: 'shared' }, 'recordValues must be one of frozen, cloned, not "shared"'],
    [{ freshness: 'stale:soon' }, 'freshness must be immediate, warm, or stale: and a time'],
    [{ config: 'other.json' }, 'config is not an option'],
    [{ collections: [] }, 'collections must be an object'],
    [{ collections: { posts: 7 } }, 'collections.posts must be an object'],
    [
      { collections: { posts: { hotSet: true } } },
      'collections.posts.hotSet is not an option; there are frameCacheBytes,',
    ],
    [{ collections: { '': {} } }, 'collections: the name of a collection must be 1 to 200 printable characters'],
    [{ import: { worker: 1 } }, 'import.worker is not an option; there are collection,'],
    [{ import: { onProgress: 1 } }, 'import.onProgress is not an option'],
    [{ import: { key: 'a..b' } }, 'import.key: the key path "a..b" has an empty name'],
    [{ import: { indexes: 'a,,b' } }, 'import.indexes: a key path must name a member'],
    [{ import: { select: 'data' } }, 'import.select: a JSON Pointer such as "/data/items" is needed, not "data"'],
    [{ import: { maxBadRatio: '110%' } }, 'import.maxBadRatio must be a number from 0 to 1'],
    [{ import: { depthMax: '7.5' } }, 'import.depthMax must be an integer'],
    [[], 'must be an object'],
    ['{"staleMs":1,}', 'is not JSON: '],
  ])('in the file: %j', async (content, message) => {
    const config = fileOf(content);
    const error = await failing({ config });
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', file: config });
    expect(error.message).toContain(config);
    expect(error.message).toContain(message);
  });

  test.each([
    ['throws.ts', 'throw new Error("no luck")', 'cannot be loaded: no luck'],
    ['broken.ts', 'export default {', 'cannot be loaded: '],
    ['seven.js', 'export default 7', 'must be an object'],
    ['named.ts', 'export const staleMs = 1; export const why = 2;', 'why is not an option'],
    ['notes.txt', 'staleMs: 1', 'cannot be read: a config file is called'],
    ['missing.json', undefined, 'cannot be read: '],
    ['directory.json', null, 'cannot be read: '],
  ])('in what is no config file: %s', async (name, content, message) => {
    const config = join(fileOf('{}'), '..', name);
    if (content === null) mkdirSync(config);
    else if (content !== undefined) writeFileSync(config, content);
    const error = await failing({ config });
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', file: config });
    expect(error.message).toContain(message);
  });

  test.each([
    ['GRISTMILL_FRAME_CACHE_BYTE', '1', 'is not an option; there are GRISTMILL_CREATE,'],
    ['GRISTMILL_FRAME_CACHE_BYTES', 'big', 'must be a size such as'],
    ['GRISTMILL_HOT_SET', 'no', 'must be true or false'],
    ['GRISTMILL_REFRESH_AHEAD_PERCENT', '80%', 'must be an integer from 1 to 100'],
    ['GRISTMILL_IMPORT_MAX_BAD', 'all', 'must be a number from 0 to Infinity'],
    ['GRISTMILL_COLLECTIONS', '{"posts"', 'is not JSON: '],
    ['GRISTMILL_COLLECTIONS', '{"posts":{"ttl":1}}', '.posts.ttl is not an option'],
    ['GRISTMILL_frame_ttl_ms', '1', 'is not an option'],
  ])('in a variable: %s=%s', async (name, value, message) => {
    stubVariables({ [name]: value });
    const error = await failing({});
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(error.message).toContain(name);
    expect(error.message).toContain(message);
  });

  test('in code: it is a TypeError, whatever else is wrong', async () => {
    stubVariables({ GRISTMILL_WRONG: '1' });
    expect(await failing({ staleMs: -1 })).toEqual(
      new TypeError('options.staleMs must be an integer from 0 to 31536000000'),
    );
    for (const config of ['', true, null, 7]) {
      const options = { config } as unknown as StoreOptions;
      expect(await failing(options)).toEqual(new TypeError('options.config must be the path of a file, or false'));
    }
  });

  test('in a flag: the flag', async () => {
    await expect(async () => flagged('--warm-ms', 'soon')).rejects.toThrow(/--warm-ms must be a time such as/);
    await expect(async () => flagged('--collections', '{')).rejects.toThrow(/'--collections <json>'.*not JSON/);
    await expect(flagged('--collections', '{"a":{"staleMs":"x"}}')).rejects.toThrow(
      /--collections\.a\.staleMs must be/,
    );
  });
});

test('the type of a config file knows its options, and texts where they may stand', () => {
  const config = {
    ...{ frameCacheBytes: '64m', recordTtlMs: 5, freshness: 'stale:500ms', hotSet: false },
    collections: { posts: { recordCacheBytes: '1g', recordValues: 'cloned' } },
    import: { workers: 2, maxBadRatio: '1%', indexes: ['email'], spanBytes: '4m' },
  } as const satisfies ConfigFile;
  // @ts-expect-error no text is true or false
  const wrong: ConfigFile = { hotSet: 'true' };
  // @ts-expect-error a config file names no other
  const nested: ConfigFile = { config: 'other.json' };
  expect([config, wrong, nested]).toHaveLength(3);
  expect(Object.keys(CACHE_OPTIONS)).toContain('staleMs');
});
