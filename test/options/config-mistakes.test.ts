// Goal: what is wrong in a config file, a variable, a flag or in code is refused in words that name the place where it
// stands. Method: each mistake once.
// @node all: texts of JSON.parse's errors, and how modules are loaded

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { GristmillError } from '../../src/base/errors.js';
import { effectiveOptions } from '../../src/config/effective.js';
import type { StoreOptions } from '../../src/options/store-types.js';
import { fileOf, flagged } from '../support/config.js';

function stubVariables(variables: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
}

describe('a mistake names the place where it stands', () => {
  /** The error that options lead to. */
  const failing = (options: StoreOptions): Promise<GristmillError> =>
    effectiveOptions(options).then(
      () => expect.unreachable('it is accepted'),
      (error: GristmillError) => error,
    );

  test.each([
    [{ frameCacheByte: 1 }, 'frameCacheByte is not an option; did you mean frameCacheBytes?'],
    [{ frameCacheBytes: '1x' }, 'frameCacheBytes must be a size such as 65536, 64k, 64m or 1g, not "1x"'],
    [{ frameCacheBytes: -1 }, 'frameCacheBytes must be an integer from 0 to'],
    [{ warmMs: '1 fortnight' }, 'warmMs must be a time such as'],
    [{ warmMs: '366d' }, 'warmMs must be an integer from 0 to'],
    [{ hotSet: 'yes' }, 'hotSet must be true or false'],
    [{ recordValues: 'shared' }, 'recordValues must be one of frozen, cloned, not "shared"'],
    [{ freshness: 'stale:soon' }, 'freshness must be immediate, warm, or stale: with a time'],
    [{ config: 'other.json' }, 'config is not an option'],
    [{ collections: [] }, 'collections must be an object'],
    [{ collections: { posts: 7 } }, 'collections.posts must be an object'],
    [
      { collections: { posts: { hotSet: true } } },
      'collections.posts.hotSet is not an option; the options are frameCacheBytes,',
    ],
    [
      { collections: { '': {} } },
      'collections: the name of a collection must be 1 to 255 bytes of UTF-8 without control characters',
    ],
    [{ import: { worker: 1 } }, 'import.worker is not an option; did you mean workers?'],
    [{ import: { shape: 'array' } }, 'import.shape is not an option; it is called layout now'],
    [{ import: { onProgress: 1 } }, 'import.onProgress is not an option'],
    [{ import: { key: 'a..b' } }, 'import.key: the key path "a..b" has an empty name'],
    [{ import: { indexes: 'a,,b' } }, 'import.indexes: a key path must name a member'],
    [{ import: { select: 'data' } }, 'import.select: expected a JSON Pointer such as "/data/items", not "data"'],
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
    ['notes.txt', 'staleMs: 1', 'cannot be read: a config file is named'],
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
    ['GRISTMILL_FRAME_CACHE_BYTES', 'big', 'must be a size such as'],
    ['GRISTMILL_HOT_SET', 'no', 'must be true or false'],
    ['GRISTMILL_REFRESH_AHEAD_PERCENT', '80%', 'must be an integer from 1 to 100'],
    ['GRISTMILL_IMPORT_MAX_BAD', 'all', 'must be a number, 0 or more'],
    ['GRISTMILL_COLLECTIONS', '{"posts"', 'is not JSON: '],
    ['GRISTMILL_COLLECTIONS', '{"posts":{"ttl":1}}', '.posts.ttl is not an option'],
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
      new TypeError('openStore: options.staleMs must be an integer from 0 to 31536000000'),
    );
    for (const config of ['', true, null, 7]) {
      const options = { config } as unknown as StoreOptions;
      expect(await failing(options)).toEqual(
        new TypeError('openStore: options.config must be the path of a file, or false'),
      );
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
