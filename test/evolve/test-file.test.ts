// Goal: the test file that is written of migrations and real records runs, passes for these migrations, and fails for others. Method: it
// is written, run by `node --test`, and run again with a migration that was changed afterwards.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { recordsOfShapes } from '../../dist/src/evolve/testing/shapes.js';
import { testFileOf } from '../../dist/src/evolve/testing/test-file.js';
import { migration } from '../../dist/src/index.js';

const LIBRARY = new URL('../../dist/src/index.js', import.meta.url).href;
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'gristmill-test-file-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Whether the tests in the file pass. */
function passes(text: string): boolean {
  const file = join(directory, 'migration.test.mjs');
  writeFileSync(file, text.replace("'gristmill'", JSON.stringify(LIBRARY)));
  try {
    execFileSync(process.execPath, [file], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const records = [
  '{"id":12345678901234567890,"name":"Ann\u2028`","price":"1.50"}',
  '{"id":2,"name":"Bob","price":"7"}',
  '{"id":3,"name":null,"old":[{"x":1},{"x":2}]}',
  '{"id":4,"price":"x"}',
];

it('chooses a record of each shape', async () => {
  expect(await recordsOfShapes(records, 10)).toEqual([records[0], records[2], records[3]]);
  expect(await recordsOfShapes(records, 1)).toEqual([records[0]]);
  expect(await recordsOfShapes(['{"a":1,"b":[1,2]}', '{"b":[3],"a":1.5}', '{"a":2,"b":[9]}'], 9)).toHaveLength(2);
});

it('writes a test that holds the migrations to what they did', () => {
  const migrations = [
    migration('users', { from: 2 }).rename('name', 'fullName').retype('price', 'string', 'number').build(),
    migration('users', { from: 3 })
      .each('old', (one) => one.remove('x'))
      .build(),
  ];
  const text = testFileOf(migrations, records);
  expect(text).toContain("refused: 'NOT_CONVERTIBLE'");
  expect(text).not.toContain('nothing is lost');
  expect(passes(text)).toBe(true);
  expect(passes(text.replaceAll('"fullName"', '"full"'))).toBe(false);
  const lossless = testFileOf([migration('users', { from: 0 }).add('new', 1).build()], records);
  expect(lossless).toContain('nothing is lost');
  expect(passes(lossless)).toBe(true);
});
