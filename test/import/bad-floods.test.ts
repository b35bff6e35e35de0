// Goal: a source may have a bad record with each byte, and costs what its bytes cost: a quarantine of a few times its size, or
// an error that says how to allow more. Method: sources of a hundred thousand bad records and more, imported as users do.

import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { resolveImportOptions } from '../../dist/src/import/options/resolve.js';
import { openStore } from '../../dist/src/index.js';
import { makeDirectory } from '../support/import-files.js';

let directory: string;
beforeAll(() => {
  const made = makeDirectory();
  directory = made.path;
  return made.remove;
});

describe('a source of bad records', () => {
  const BYTES = 200_000;

  test.each([
    ['of commas', `[1${','.repeat(BYTES)}]`, 'array', BYTES],
    ['of lines', `1\n${'x\n'.repeat(BYTES / 2)}`, 'ndjson', BYTES / 2],
    ['of members', `{"a":1${',b'.repeat(BYTES / 2)}}`, 'object', BYTES / 2],
  ] as const)('%s: a quarantine of less than four times its bytes', async (_, text, layout, bad) => {
    const path = join(directory, 'bad.json');
    writeFileSync(path, text);
    const store = await openStore(join(directory, `store-${layout}`));
    const options = { collection: 'bad', layout, onBadRecord: 'quarantine', workers: 1 } as const;
    const { records, quarantine } = await store.import(path, options);
    await store.close();
    expect(records).toMatchObject({ read: bad + 1, stored: 1, rejected: bad });
    expect(statSync(quarantine!).size).toBeLessThan(4 * text.length);
  });

  test('more than a million are not quarantined unless that is asked for; any number is skipped', async () => {
    expect(resolveImportOptions({ onBadRecord: 'quarantine' }).maxBad).toBe(1_000_000);
    expect(resolveImportOptions({ onBadRecord: 'skip' }).maxBad).toBe(Number.POSITIVE_INFINITY);
    expect(resolveImportOptions({ onBadRecord: 'quarantine', maxBad: 7 }).maxBad).toBe(7);
    const path = join(directory, 'bad.json');
    writeFileSync(path, `[1${','.repeat(1_000_001)}]`);
    const store = await openStore(join(directory, 'store-of-none'));
    const options = { onBadRecord: 'quarantine', layout: 'array', workers: 1 } as const;
    const message = expect.stringMatching(/allow more, for example option maxBad: 100000000\./);
    await expect(store.import(path, options)).rejects.toMatchObject({ code: 'TOO_MANY_BAD_RECORDS', message });
    expect(store.collections()).toEqual([]);
    const { records } = await store.import(path, { ...options, maxBad: 2_000_000 });
    expect(records).toMatchObject({ stored: 1, rejected: 1_000_001 });
    await store.close();
  });
});
