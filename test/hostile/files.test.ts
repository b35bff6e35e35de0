// Goal: links, pipes, directories and texts in the place of a store's files and directories cost nothing outside of it, and no
// command hangs, crashes or calls it a fault of its own.
// Method: a sample; each in its place before one command as a real process. All of them: torture/hostile-files.torture.ts.

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { partOf } from '../support/effort.js';
import { allCases, faultOf, prepare } from '../support/hostile-files.js';
import { scratch } from '../support/import-files.js';

/** Each place and kind meets one command, and each command many of them: 13 commands, so no two places in step. */
const SAMPLE = allCases().filter((_, at) => at % 27 === 0);

test.runIf(process.platform === 'linux')(
  'what stands in the place of a file or directory is refused, or made anew',
  async () => {
    const prepared = scratch();
    await prepare(prepared);
    const at = scratch();
    const faults: string[] = [];
    for (const [number, one] of partOf(SAMPLE).entries()) {
      const fault = await faultOf(one, prepared, join(at, String(number)));
      if (fault !== undefined) faults.push(fault);
    }
    expect(faults).toEqual([]);
    expect(SAMPLE.length).toBeGreaterThan(25);
  },
  600_000,
);
