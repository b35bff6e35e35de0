// Goal: memory does not depend on how often something is published: what no read can see any more is let go of.
// Method: a real process publishes, or follows one that does, reads in every way, and holds one iteration all the while. V8
// itself says how many objects of each class are alive, after a dozen publications and after many more.
// @node all: what is left in the heap

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/build-store.js';
import { partOf } from '../support/effort.js';

const PROGRAM = fileURLToPath(new URL('../support/held-objects.mjs', import.meta.url));
/** More of them may be alive later, by chance: those of a state that is just being let go of. */
const SLACK = 8;
/** Of these Node, piscina and V8 make some of their own. */
const SLACK_OF_OTHERS = 60;
const OTHERS = ['AbortSignal', 'AbortController', 'Promise'];

let scratch: ReturnType<typeof temporaryDirectory>;
beforeEach(() => {
  scratch = temporaryDirectory();
});
afterEach(() => scratch.remove());

const CASES = ['immediate', 'warm', { maxStaleMs: 0 }].flatMap((freshness) =>
  ['transactions', 'imports', 'follow'].map((how) => ({ freshness, how })),
);

test.each(partOf(CASES))(
  'reads that are $freshness hold nothing of what was before: $how',
  async ({ freshness, how }) => {
    const args = ['--expose-gc', '--no-warnings', PROGRAM, join(scratch.path, 'store'), how, JSON.stringify(freshness)];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const { few, many, each } = JSON.parse(stdout) as Record<'few' | 'many' | 'each', Record<string, number>>;
    expect(few.Generation).toBeGreaterThan(0);
    const more = Object.entries(many).filter(([name, count]) => {
      return count > few[name]! + (OTHERS.includes(name) ? SLACK_OF_OTHERS : SLACK);
    });
    expect(more, JSON.stringify({ few, many, each })).toEqual([]);
  },
);
