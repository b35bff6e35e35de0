// Goal: an import makes the profile of exactly the records that it stores, although a thread profiles many spans as one, and spans whose
// beginning was guessed wrong are discarded and scanned again. Method: random records in arrays and lines, cut into small spans, with wrong
// guesses, and scanned in order or in the reverse; the oracle is the plain profiler over the lines that were stored. By hand: that a
// thread goes on with its profile, and when it does not.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeProfile } from '../../src/profile/encode.js';
import { PlainProfiler } from '../../src/profile/plain/plain.js';
import { ImageSum, profileIn } from '../../src/profile/simd/image.js';
import { ThreadProfiler } from '../../src/profile/simd/thread-profiler.js';
import type { Profile } from '../../src/profile/types.js';
import { runs } from '../support/effort.js';
import { scratch } from '../support/import-files.js';
import { scanInSpans } from '../support/import-split.js';
import { linesOf } from '../support/profile-lines.js';

const textOf = (profile: Profile): string => Buffer.from(encodeProfile(profile)).toString();

function profileOf(lines: readonly string[]): Profile {
  const profiler = new PlainProfiler();
  profiler.add(linesOf(lines));
  return profiler.take();
}

/** Records with text and arrays in which a guess goes wrong. */
const record = fc.record({
  id: fc.nat(),
  text: fc.constantFrom<string>('a', '},{"id":1}', '[[{"id":2},'),
  list: fc.array(fc.record({ at: fc.integer(), of: fc.constantFrom<string | null>('x', 'y', null) }), { maxLength: 6 }),
});

describe('an import in spans', () => {
  it('makes the profile of the records it stores', async () => {
    const directory = scratch();
    const seen = { redone: 0, spans: 0 };
    const cutting = fc.record({
      spanBytes: fc.constantFrom<number>(60, 150, 400),
      credits: fc.integer({ min: 1, max: 6 }),
      isReversed: fc.boolean(),
      misguess: fc.option(fc.nat(20), { nil: undefined, freq: 3 }),
      misguessEvery: fc.integer({ min: 1, max: 3 }),
    });
    const layouts = fc.constantFrom('array' as const, 'ndjson' as const);
    const property = fc.asyncProperty(
      fc.array(record, { minLength: 1, maxLength: 30 }),
      layouts,
      cutting,
      async (all, layout, how) => {
        const path = join(directory, 'source.json');
        const texts = all.map((one) => JSON.stringify(one));
        writeFileSync(path, layout === 'array' ? `[${texts.join(',')}]` : texts.join('\n'));
        const { lines, profile, redone, spans, error } = await scanInSpans(
          path,
          { layout, profile: true },
          how,
          directory,
        );
        expect(error).toBeUndefined();
        seen.redone += redone;
        seen.spans += spans;
        expect(textOf(profile!)).toBe(textOf(profileOf(lines)));
      },
    );
    const all = Array.from({ length: 30 }, (_, id) => ({ id, text: 'a', list: [{ at: id, of: null }] }));
    const how = { spanBytes: 150, credits: 6, isReversed: false, misguess: 3, misguessEvery: 2 };
    await fc.assert(property, { numRuns: runs(80), examples: [[all, 'ndjson' as const, how]] });
    // Otherwise it shows nothing.
    expect(seen.redone).toBeGreaterThan(0);
    expect(seen.redone).toBeLessThan(seen.spans);
  });
});

describe('the profiler of a thread', () => {
  const imageOf = (link: Parameters<typeof ThreadProfiler.lend>[0], line: string, isWhole = true) => {
    const profiler = ThreadProfiler.lend(link);
    profiler.add(linesOf([line]));
    const image = profiler.image();
    profiler.giveBack(isWhole);
    return image;
  };
  let works = 0;
  const link = (turn: number, chain = 'c', work = `work ${works}`) => ({ work, chain, turn });

  it('goes on in a chain, and begins anew for all else', () => {
    works++;
    const records = [
      imageOf(link(0), '1'),
      imageOf(link(1), '2'),
      imageOf(undefined, '3'),
      imageOf(link(2), '4'),
      imageOf(link(4, 'd'), '5'),
      imageOf(link(5, 'd'), '6', false),
      imageOf(link(6, 'd'), '7'),
      imageOf(link(3, 'd'), '8'),
    ].map((image) => image.records);
    expect(records).toEqual([1, 2, 1, 1, 1, 2, 1, 1]);
  });

  it('gives images that add up to each record once', () => {
    works++;
    const sum = new ImageSum();
    for (const image of [imageOf(link(0), '1'), imageOf(link(1), '2'), imageOf(link(0), '3'), imageOf(link(2), '4')])
      sum.add(image);
    expect(textOf(sum.profile()!)).toBe(textOf(profileOf(['1', '2', '3', '4'])));
  });

  it('is another one while it is lent', () => {
    works++;
    const one = ThreadProfiler.lend(link(0));
    const other = ThreadProfiler.lend(link(1));
    one.add(linesOf(['"of one"']));
    other.add(linesOf(['"of the other"', '2']));
    const images = [one.image(), other.image()];
    one.giveBack(true);
    other.giveBack(true);
    expect(images.map((image) => textOf(profileIn(image)))).toEqual([
      textOf(profileOf(['"of one"'])),
      textOf(profileOf(['"of the other"', '2'])),
    ]);
  });
});
