// Goal: no key, value, path or name is in any file of an encrypted store, of its staging, journals and temporary files, at any
// moment of an operation that may be killed at every system call; and whatever call it is killed at, the store is whole.
// Method: test/support/at-rest.ts. A run tries a part of the operations, searches the files after each of their calls, and opens
// the store of a part of these. test/torture/at-rest.torture.ts does all. The twins: the same on a plain store, in which
// plaintext is found in each kind of file; and each form in which plaintext can be hidden from a search.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { AtRest } from '../support/at-rest.js';
import { OPERATIONS } from '../support/at-rest-store.js';
import { isTried, partOf } from '../support/effort.js';
import { makeDirectory } from '../support/import-files.js';
import { FORMS, formsIn, NUMBER, WORD } from '../support/plaintexts.js';
import { streamed } from '../support/zstd-frames.js';

const lacks = process.platform !== 'linux' || spawnSync('strace', ['-V']).status !== 0;
/** Of so many stops one store is opened; and always that of one of the first, for some operations have few. */
const EVERY = 12;
const ALWAYS = 5;

const directory = makeDirectory();
afterAll(directory.remove);
const made = new Map<string, Promise<AtRest>>();
function stores(form: 'hidden' | 'plaintext' | 'plain'): Promise<AtRest> {
  const known = made.get(form) ?? AtRest.make(join(directory.path, form), form);
  made.set(form, known);
  return known;
}

const ROWS = OPERATIONS.map((operation, i) => {
  const form = operation === 'encrypt' ? 'plain' : i % 2 === 0 ? 'hidden' : 'plaintext';
  return { operation, form } as const;
});

describe.skipIf(lacks)('a process that is stopped after every call', () => {
  test.each(partOf(ROWS))(
    '$operation, keys $form',
    async ({ operation, form }) => {
      const { stops, opened, seen } = await (await stores(form)).stopped(
        operation,
        (n) => n === ALWAYS || isTried(n, EVERY),
      );
      expect(seen).toEqual([]);
      expect(stops).toBeGreaterThan(4);
      expect(opened).toBeGreaterThan(0);
    },
    180_000,
  );

  test('and one that is killed', async () => {
    const form = 'hidden';
    expect(await (await stores(form)).killed('import', 20)).toEqual([]);
  });

  test('of a plain store shows plaintext in files of each kind', async () => {
    const { seen } = await (await stores('plain')).stopped('import', () => false);
    for (const file of [/index\/data\.mdb: text.*key of a number/, /shards\/.*: .*compressed/, /quarantine\/.*: text/])
      expect(seen).toContainEqual(expect.stringMatching(file));
    const temporary = seen.filter((one) => one.includes('/tmp/')).map((one) => one.replace(/^.*\/tmp\/[^/]*\//, ''));
    for (const file of [/^journal: /, /\.run: text/]) expect(temporary).toContainEqual(expect.stringMatching(file));
  });
});

describe('plaintext is found', () => {
  const around = (form: Buffer) => Buffer.concat([Buffer.alloc(1000, 1), form, Buffer.alloc(1000, 2)]);

  test.each([...FORMS])('as %s', (name, form) => {
    expect(formsIn(around(form))).toEqual([name]);
    expect(formsIn(around(form.subarray(0, -1)))).toEqual([]);
  });

  test('in base64 wherever it begins', () => {
    for (const before of ['', 'a', 'ab', 'abc', 'abcd']) {
      const text = Buffer.from(`${before}${WORD}${before}`).toString('base64');
      expect(formsIn(around(Buffer.from(text)))).toEqual([expect.stringMatching(/^base64/)]);
    }
  });

  test('in frames of zstd, also where they are cut off or follow others', () => {
    const text = Buffer.from(`{"id":"${WORD}1","n":${NUMBER + 5}}\n`.repeat(50));
    const frame = streamed(text);
    const all = expect.arrayContaining(['text, compressed', 'digits, compressed']);
    expect(formsIn(around(frame))).toEqual(all);
    expect(formsIn(around(Buffer.concat([streamed(Buffer.from('nothing')), frame])))).toEqual(all);
    expect(formsIn(Buffer.from('28b52ffd28b52ffd', 'hex'))).toEqual([]);
  });

  test('and none is in random bytes', () => {
    const random = Buffer.from(Array.from({ length: 1 << 20 }, () => Math.floor(Math.random() * 256)));
    expect(formsIn(random)).toEqual([]);
  });
});
