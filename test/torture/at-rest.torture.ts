// Goal and method: those of test/encryption/at-rest.test.ts, for every operation. Where keys are hidden the store of each stop
// is opened, and processes are killed at every tenth call; a part of these with TORTURE_PART.

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AtRest, type Form } from '../support/at-rest.js';
import { OPERATIONS } from '../support/at-rest-store.js';
import { isInPart } from '../support/effort.js';
import { missing, scratchDirectory } from './harness.js';

/** Of so many calls a process is killed at one, and where keys are plain, of so many stops one store is opened. */
const EVERY = 10;

const lacks = missing('strace');

describe.skipIf(lacks).each<Form>(['hidden', 'plaintext', 'plain'])(`keys %s${lacks ? ` (${lacks})` : ''}`, (form) => {
  const directory = scratchDirectory();
  afterAll(() => directory.remove());
  let stores: AtRest;
  beforeAll(async () => {
    stores = await AtRest.make(join(directory.path, 'at-rest'), form);
  });
  const operations = OPERATIONS.filter((operation) => (operation === 'encrypt') === (form === 'plain'));

  test.each(operations)('%s, stopped after every call', async (operation) => {
    const { stops, opened, seen } = await stores.stopped(
      operation,
      (n) => isInPart(n) && (form !== 'plaintext' || n % EVERY === 0),
    );
    expect(seen).toEqual([]);
    console.log(`stops of ${operation}: ${stops}; opened ${opened}`);
  });

  test.skipIf(form === 'plaintext').each(operations)('%s, killed', async (operation) => {
    for (let n = 1; ; n += EVERY) {
      if (!isInPart((n - 1) / EVERY)) continue;
      const seen = await stores.killed(operation, n);
      if (seen === undefined) break;
      expect(seen, `at call ${n}`).toEqual([]);
    }
  });
});
