// Goal: what a watcher says of a failed round is what happened. Method: what may be thrown, one of each kind.

import { expect, test } from 'vitest';
import { GristmillError } from '../../src/base/errors.js';
import { SourcesDisagree } from '../../src/import/import-checks.js';
import { refusalOf } from '../../src/watch/refusal.js';

test.each([
  ['an error of ours', new GristmillError('DISK_FULL', 'full'), 'DISK_FULL'],
  ['sources that agreed when it began', new SourcesDisagree('some sources are objects'), 'COLLECTION_MISMATCH'],
  ['a fault of the program', new TypeError("Cannot read properties of undefined (reading 'x')"), 'IO_ERROR'],
  ['a system call', Object.assign(new Error('EIO'), { code: 'EIO' }), 'IO_ERROR'],
])('%s', (_name, error, code) => {
  const refusal = refusalOf(error);
  expect(refusal.code).toBe(code);
  if (refusal !== error)
    expect(refusal).toMatchObject({ cause: error, message: expect.stringContaining((error as Error).message) });
});
