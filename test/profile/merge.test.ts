// Goal: the profile of some records is the same, byte for byte, however they are divided and in whatever order the parts are
// added up; also if objects fold on the way. Method: random records, with repeated members, escapes, lone surrogates, deep and wide
// objects; random parts; the bytes compared. Objects wider than a profile keeps, and more than fits its memory, by hand.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf } from '../../src/profile/bound.js';
import { encodeProfile } from '../../src/profile/encode.js';
import { EMPTY_PROFILE, mergeProfiles } from '../../src/profile/merge.js';
import { PlainProfiler } from '../../src/profile/plain/plain.js';
import { NAMES_MAX, PROFILE_BYTES, type Profile } from '../../src/profile/types.js';
import { runs } from '../support/effort.js';
import { linesOf, records } from '../support/profile-lines.js';

function profileOf(texts: readonly string[]): Profile {
  const profiler = new PlainProfiler();
  profiler.add(linesOf(texts));
  return profiler.take();
}

const textOf = (profile: Profile): string => Buffer.from(encodeProfile(profile)).toString();

describe('profiles', () => {
  it('add up to the profile of all, in any parts and any order', () => {
    fc.assert(
      fc.property(records, fc.infiniteStream(fc.nat()), (texts, dice) => {
        const expected = textOf(profileOf(texts));
        const roll = (below: number): number => dice.next().value % below;
        const parts: string[][] = Array.from({ length: 1 + roll(5) }, () => []);
        for (const text of texts) parts[roll(parts.length)]!.push(text);
        const profiles = parts.map(profileOf);
        while (profiles.length > 1) {
          const [a] = profiles.splice(roll(profiles.length), 1);
          const [b] = profiles.splice(roll(profiles.length), 1);
          profiles.push(mergeProfiles(a!, b!));
        }
        expect(textOf(profiles[0]!)).toBe(expected);
      }),
      { numRuns: runs(400) },
    );
  });

  it('do not change by records that are read in several calls, or by the profile of none', () => {
    fc.assert(
      fc.property(records, records, (first, second) => {
        const profiler = new PlainProfiler();
        profiler.add(linesOf(first));
        profiler.add(linesOf(second));
        const profile = profiler.take();
        expect(textOf(profile)).toBe(textOf(profileOf([...first, ...second])));
        expect(textOf(mergeProfiles(EMPTY_PROFILE, profile))).toBe(textOf(profile));
        expect(textOf(profiler.take())).toBe(textOf(EMPTY_PROFILE));
      }),
      { numRuns: runs(100) },
    );
  });

  it('fold an object path at the name that is one too many, whichever part has it', () => {
    const record = (from: number, count: number): string =>
      `{"m":{${Array.from({ length: count }, (_, i) => `"k${from + i}":{"x":${i},"x":"y"}`).join(',')}}}`;
    const most = profileOf([record(0, NAMES_MAX)]);
    expect(most.root.objects?.members?.get('m')?.objects?.members?.size).toBe(NAMES_MAX);
    const whole = profileOf([record(0, NAMES_MAX + 1)]);
    expect(whole.root.objects?.members?.get('m')?.objects).toEqual({
      ...{ fewest: NAMES_MAX + 1, most: NAMES_MAX + 1 },
      folded: expect.objectContaining({ repeats: 0, kinds: expect.objectContaining({ object: NAMES_MAX + 1 }) }),
    });
    const x = whole.root.objects?.members?.get('m')?.objects?.folded?.objects?.members?.get('x');
    expect(x).toMatchObject({ repeats: NAMES_MAX + 1, kinds: { integer: NAMES_MAX + 1, string: NAMES_MAX + 1 } });
    // Neither part folds by itself.
    const inParts = mergeProfiles(profileOf([record(0, 96)]), profileOf([record(96, NAMES_MAX - 95)]));
    const parts = profileOf([record(0, 96), record(96, NAMES_MAX - 95)]);
    expect(textOf(inParts)).toBe(textOf(parts));
    expect(parts.root.objects?.members?.get('m')?.objects?.folded?.kinds.object).toBe(NAMES_MAX + 1);
  });

  it('stay within their memory, and say where they know less for it', () => {
    const record = (from: number): string =>
      `{"id":${from},"m":{${Array.from({ length: 3000 }, (_, i) => `"k${i}":{"a${from}":1,"b":"${from}${i}"}`).join(',')}}}`;
    const parts = Array.from({ length: 12 }, (_, i) => profileOf([record(i)]));
    const profile = parts.reduce(mergeProfiles, EMPTY_PROFILE);
    expect(bytesOf(profile.root)).toBeLessThanOrEqual(PROFILE_BYTES);
    const map = profile.root.objects?.members?.get('m');
    expect(map).toMatchObject({ isPartial: true, objects: { fewest: 3000, most: 3000 } });
    expect(map?.objects?.folded?.kinds.object).toBe(36_000);
    expect(map?.objects?.folded?.objects?.members?.get('b')?.kinds.string).toBe(36_000);
    expect(profile.root.isPartial).toBeUndefined();
    expect([...(profile.root.objects?.members?.keys() ?? [])]).toEqual(['id', 'm']);
  });
});
