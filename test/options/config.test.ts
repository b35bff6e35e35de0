// Goal: an option set in several places is what the last of file, variable, flag and code says. Method: every combination
// of the four places, for an option of each kind.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { ConfigFile } from '../../src/config/config-file.js';
import { effectiveOptions, importOptionsOver } from '../../src/config/effective.js';
import { findConfig } from '../../src/config/found.js';
import { variableFor } from '../../src/config/settings.js';
import { cacheOptionsOf, STORE_OPTIONS } from '../../src/options/store.js';
import { fileOf, flagged, ROWS } from '../support/config.js';
import { withoutImportMode } from '../support/import-mode.js';

withoutImportMode();

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

  test('is a module of either kind, whatever the package says it is', async () => {
    const directory = join(fileOf('{}'), '..');
    const modules = { es: 'export default { staleMs: 7 };', common: 'module.exports = { staleMs: 7 };' };
    for (const type of ['module', 'commonjs', undefined]) {
      writeFileSync(join(directory, 'package.json'), JSON.stringify({ type }));
      for (const [kind, code] of Object.entries(modules)) {
        for (const extension of ['js', 'ts']) {
          const config = join(directory, `${kind}-${type}.${extension}`);
          writeFileSync(config, code);
          expect((await effectiveOptions({ config })).options.staleMs).toBe(7);
        }
      }
    }
  });

  test('is read each time where it is JSON; code is loaded once', async () => {
    const stale = async (config: string) => (await effectiveOptions({ config })).options.staleMs;
    const file = fileOf({ staleMs: 1 });
    const code = join(file, '../settings.js');
    writeFileSync(code, 'export default { staleMs: 1 }');
    expect([await stale(file), await stale(code)]).toEqual([1, 1]);
    writeFileSync(file, '{"staleMs":2}');
    writeFileSync(code, 'export default { staleMs: 2 }');
    expect([await stale(file), await stale(code)]).toEqual([2, 1]);
  });

  test('every option has a variable of its own', () => {
    const names = ROWS.map(([of, name]) => variableFor(of, name));
    expect(new Set([...names, 'GRISTMILL_COLLECTIONS', 'GRISTMILL_CONFIG', 'GRISTMILL_FAILPOINTS']).size).toBe(
      names.length + 3,
    );
    expect(names).toContain('GRISTMILL_FRAME_CACHE_BYTES');
    expect(names).toContain('GRISTMILL_IMPORT_ON_BAD_RECORD');
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
});
