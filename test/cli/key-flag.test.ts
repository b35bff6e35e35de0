// Goal: a key path that is given twice is a component of a composite key, and one that names the same place is a usage error
// of every command that makes collections. Method: real processes. (What composite keys do: test/composite.)

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gristmill, scratch } from '../support/cli.js';
import { fileWith } from '../support/import-files.js';

test.each(['import', 'watch', 'put'])(
  '%s refuses a component that is named twice, and makes no store',
  async (command) => {
    const store = join(scratch(), 'store');
    const what = command === 'put' ? '{"a":1,"b":2}' : fileWith('{"a":1,"b":2}');
    const ended = await gristmill(command, what, '--store', store, '--key', 'a', '--key', '/a');
    expect(ended).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/--key: the paths "a" and "\/a" name the same place/),
    });
    expect(existsSync(store)).toBe(false);
  },
);
