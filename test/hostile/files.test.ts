// Goal: links, pipes, directories and texts in the place of a store's files and directories cost nothing outside of it, and no
// command hangs, crashes or calls it a fault of its own.
// Method: a sample; each in its place before one command as a real process. All of them: torture/hostile-files.torture.ts.

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { partOf } from '../support/effort.js';
import { allCases, faultOf, prepare, type StoreKind } from '../support/hostile-files.js';
import { scratch } from '../support/import-files.js';

/** Each place and kind meets one command, and each command many of them: 13 commands, so no two places in step. */
const EVERY = { plain: 27, encrypted: 83 };
const sampleOf = (kind: StoreKind) => allCases(kind).filter((_, at) => at % EVERY[kind] === 0);

test.runIf(process.platform === 'linux').each<StoreKind>(['plain', 'encrypted'])(
  'what stands in the place of a file or directory of a store that is %s is refused, or made anew',
  async (kind) => {
    const prepared = scratch();
    await prepare(prepared, kind);
    const at = scratch();
    const faults: string[] = [];
    const sample = sampleOf(kind);
    for (const [number, one] of partOf(sample, kind === 'plain' ? 0 : 1).entries()) {
      const fault = await faultOf(one, prepared, join(at, String(number)));
      if (fault !== undefined) faults.push(fault);
    }
    expect(faults).toEqual([]);
    expect(sample.length).toBeGreaterThan(kind === 'plain' ? 25 : 8);
  },
  600_000,
);
