// Goal: as test/hostile/files.test.ts, of all places and kinds.
// Method: each of them before each command; a part of these pairs with TORTURE_PART.

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isInPart } from '../support/effort.js';
import { allCases, faultOf, prepare, type StoreKind } from '../support/hostile-files.js';
import { scratch } from '../support/import-files.js';

const KINDS: readonly StoreKind[] = ['plain', 'encrypted'];

describe.skipIf(process.platform !== 'linux').each(KINDS)('of a store that is %s, in the place of', (kind) => {
  const cases = allCases(kind).filter((_, at) => isInPart(at));
  const places = [...new Set(cases.map(({ place }) => place))];
  test.each(places)('%s', async (place) => {
    const prepared = scratch();
    await prepare(prepared, kind);
    const at = scratch();
    const faults: string[] = [];
    for (const [number, one] of cases.filter((one) => one.place === place).entries()) {
      const fault = await faultOf(one, prepared, join(at, String(number)));
      if (fault !== undefined) faults.push(fault);
    }
    expect(faults).toEqual([]);
  });
});
