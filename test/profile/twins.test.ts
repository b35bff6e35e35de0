// Goal: the fast profiler makes the same profile as the readable one, byte for byte. Method: random records, whole and in parts; objects
// that fold at every level; strings and numbers of all lengths around the blocks of the fast one; the bytes compared.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeProfile } from '../../src/profile/encode.js';
import { mergeProfiles } from '../../src/profile/merge.js';
import { PlainProfiler } from '../../src/profile/plain/plain.js';
import { Profiler } from '../../src/profile/simd/profiler.js';
import { runs } from '../support/effort.js';
import { linesOf, records } from '../support/profile-lines.js';

const fast = new Profiler();
const plain = new PlainProfiler();

function profilesOf(...parts: readonly (readonly string[])[]) {
  for (const part of parts) {
    fast.add(linesOf(part));
    plain.add(linesOf(part));
  }
  return { fast: fast.take(), plain: plain.take() };
}

function expectTwins(...parts: readonly (readonly string[])[]): void {
  const profiles = profilesOf(...parts);
  const [actual, expected] = [encodeProfile(profiles.fast), encodeProfile(profiles.plain)];
  // As profiles only for the case that fails: it is readable, and slow.
  if (Buffer.compare(actual, expected) !== 0) expect(profiles.fast).toEqual(profiles.plain);
  expect(Buffer.compare(actual, expected)).toBe(0);
}

describe('the two profilers', () => {
  it('make the same profile of random records', () => {
    fc.assert(
      fc.property(records, records, (first, second) => expectTwins(first, second)),
      { numRuns: runs(600) },
    );
  });

  it('make profiles that add up to the same', () => {
    fc.assert(
      fc.property(records, records, (first, second) => {
        const sum = mergeProfiles(profilesOf(first).fast, profilesOf(second).plain);
        expect(Buffer.compare(encodeProfile(sum), encodeProfile(profilesOf(first, second).fast))).toBe(0);
      }),
      { numRuns: runs(120) },
    );
  });

  it('agree on strings of every length, with something in every place', () => {
    const texts = Array.from({ length: 150 }, (_, length) => length).flatMap((length) =>
      ['', 'é', '😀', '\\"', '\\\\', '\\u00e9', '\\ud83d\\ude00', '\\ud83d', '\\/'].map(
        (inside, i) => `{"s${i}":"${'x'.repeat(length)}${inside}${'y'.repeat((7 * length) % 33)}"}`,
      ),
    );
    expectTwins(texts);
    for (const text of texts) expectTwins([text]);
  });

  it('agree on numbers of every length', () => {
    const digits = '9876543210987654321098765432109876543210';
    const numbers = Array.from({ length: 40 }, (_, count) => count).flatMap((count) =>
      Array.from({ length: count + 1 }, (_, whole) => {
        const [before, after] = [digits.slice(0, whole) || '0', digits.slice(whole, count)];
        return after === '' ? before : `${before}.${after}`;
      }),
    );
    const all = [...numbers, ...numbers.map((n) => `-${n}`), ...numbers.map((n) => `${n}e-7`)];
    expectTwins(all);
    for (const number of all) expectTwins([number]);
    for (const [i, number] of all.entries()) expectTwins([all[(7 * i) % all.length]!, number]);
  });

  it('agree on strings that follow one of a format, and nearly have it', () => {
    const after = (first: string, texts: readonly string[]): void =>
      expectTwins(texts.flatMap((text, i) => [`{"k${i % 4000}":"${first}"}`, `{"k${i % 4000}":"${text}"}`]));
    const upTo = (length: number): string[] =>
      length === 0 ? [''] : ['', ...upTo(length - 1).flatMap((text) => Array.from('019.-e ', (c) => c + text))];
    after('1.5', upTo(4));
    const digits = '1234567890123456789';
    after(
      '-12.25',
      Array.from({ length: 18 }, (_, i) => [
        `${digits.slice(0, i)}.${digits.slice(i)}`,
        `-${digits.slice(i)}`,
        `0.${digits.slice(i)}`,
      ]).flat(),
    );
    const parts = ['/', '\\/', '?', '#', '%20', '%z', '&a=b', ':80', '[', ' ', 'é', '\\n', 'x'.repeat(14), '.'];
    const starts = ['http://', 'https:\\/\\/', 'http:/', 'ftp://host/', 'https://a.example.com', 'http://host/a'];
    after(
      'https://host.example/a/b',
      starts.flatMap((start) =>
        parts.flatMap((part) => [start + part, ...parts.map((next) => `${start}/${part}${next}`)]),
      ),
    );
    const uuid = 'E8A2CD44-1f6a-4B0e-9f0d-0123456789ab';
    after(
      '00000000-0000-0000-0000-000000000000',
      Array.from({ length: 37 }, (_, i) => uuid.slice(0, i) + 'g-0a'[i % 4] + uuid.slice(i + 1)),
    );
  });

  it('agree on objects that fold, at all levels', () => {
    const object = (from: number, count: number, value: (i: number) => string): string =>
      `{${Array.from({ length: count }, (_, i) => `"k${from + i}":${value(i)}`).join(',')}}`;
    const few = (i: number): string => `{"a":${i},"b":["x${i % 100}"],"a":"${i}"}`;
    const wide = object(0, 4097, String);
    expectTwins([
      `{"m":${object(0, 4096, few)},"m":1}`,
      '{"m":2}',
      `{"m":{"k9999":true},"x":{"m":{}},"m":3}`,
      '{"x":1}',
    ]);
    expectTwins([object(0, 3000, few), object(1000, 3000, few), object(3000, 2000, few), '{"k1":{"a":null}}']);
    expectTwins([object(0, 4100, (i) => (i % 1000 === 5 ? object(i, 30, few) : '1'))]);
    expectTwins([`{"p":${wide},"q":[${wide},${wide}],"p":{"z":1}}`]);
    // Members fold first, then what they are members of.
    expectTwins([object(0, 2, () => wide), object(1, 5000, (i) => object(i, 2, String))]);
    expectTwins([object(0, 4097, (i) => object(2 * i, 2, (k) => (k & 1 ? '{"x":1,"x":2}' : '1')))]);
  });

  it('agree on values of which there are more and more', () => {
    for (const count of [64, 65, 255, 256, 257, 384, 385, 1000, 10_000]) {
      const values = Array.from({ length: count }, (_, i) => (i % 3 === 0 ? `"value ${i}"` : `${i}`));
      expectTwins([...values, ...values.slice(0, 300)], values.toReversed());
      expectTwins(
        values.map((value, i) => `{"k${i % 7}":${value}}`),
        [`{"k1":"${'long'.repeat(50)}"}`],
      );
      expectTwins(
        values.map((_, i) => `"${'long'.repeat(40)}${i}"`),
        ['"short"', '1'],
      );
    }
  });
});
