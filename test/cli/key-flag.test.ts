// Goal: a key path that is given twice is a usage error: one of them would count without a word. Method: real processes.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gristmill, scratch } from '../support/cli.js';
import { fileWith } from '../support/import-files.js';

test.each(['import', 'watch', 'put'])('%s refuses a second --key, and makes no store', async (command) => {
  const store = join(scratch(), 'store');
  const what = command === 'put' ? '{"a":1,"b":2}' : fileWith('{"a":1,"b":2}');
  const ended = await gristmill(command, what, '--store', store, '--key', 'a', '--key', 'b');
  expect(ended).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/--key <path>.*Give it only once/s),
  });
  expect(existsSync(store)).toBe(false);
});
