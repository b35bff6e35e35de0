// Goal: the differences of two profiles are those of the records: nothing else, and none is missing.
// Method: records are changed in one way each, and the difference is known. A profile has no difference to itself and to that
// of the same records in another order; exchanged profiles have the differences exchanged.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { diffProfiles, type SchemaDifference } from '../../src/profile/show/diff.js';
import { differenceText } from '../../src/profile/show/diff-text.js';
import { runs } from '../support/effort.js';
import { corpora, profileOf } from '../support/profiled.js';

const before = [
  '{"id":1,"name":"ann","tags":["a"]}',
  '{"id":2,"name":"bob","tags":[]}',
  '{"id":3,"name":"eve","tags":["c"]}',
];
const replaced = (from: string, to: string) => before.map((record) => record.replace(from, to));
const map = (from: number, value: string) =>
  Array.from({ length: 50 }, (_, i) => `{"m":{"k${from + 2 * i}":${value},"k${from + 2 * i + 1}":${value}}}`);

test.each<[string, readonly string[], readonly string[], SchemaDifference[], string[]]>([
  [
    'a new member',
    before,
    replaced('"id":1', '"id":1,"user":{"mail":null}'),
    [{ path: 'user', change: 'new', types: ['object'], presence: 1 / 3 }],
    ['+ user: object, in 33.3%'],
  ],
  [
    'a member that is gone',
    before,
    before.map((record) => record.replace(/"id":\d,/, '')),
    [{ path: 'id', change: 'gone', types: ['integer'], presence: 1 }],
    ['- id: integer'],
  ],
  [
    'another type',
    before,
    replaced('"id":2', '"id":"2"'),
    [{ path: 'id', change: 'types', before: ['integer'], after: ['integer', 'string'] }],
    ['~ id: types integer → integer, string'],
  ],
  [
    'a number with a fraction, in the range',
    before,
    replaced('"id":2', '"id":2.5'),
    [{ path: 'id', change: 'types', before: ['integer'], after: ['number'] }],
    ['~ id: types integer → number'],
  ],
  [
    'a member that is missing once',
    before,
    replaced('"name":"bob",', ''),
    [{ path: 'name', change: 'presence', before: 1, after: 2 / 3 }],
    ['~ name: in 100% → 66.7%'],
  ],
  [
    'a greater number',
    before,
    replaced('"id":3', '"id":9007199254740993'),
    [
      {
        path: 'id',
        change: 'range',
        before: { least: 1, greatest: 3 },
        after: { least: 1, greatest: '9007199254740993' },
      },
    ],
    ['~ id: range 1 … 3 → 1 … 9007199254740993'],
  ],
  [
    'a longer string',
    before,
    replaced('bob', 'robert'),
    [{ path: 'name', change: 'lengths', before: { shortest: 3, longest: 3 }, after: { shortest: 3, longest: 6 } }],
    ['~ name: characters 3 → 3 … 6'],
  ],
  [
    'more elements, of another type',
    before,
    replaced('["a"]', '["a",true]'),
    [
      { path: 'tags', change: 'elements', before: { shortest: 0, longest: 1 }, after: { shortest: 0, longest: 2 } },
      { path: '/tags/*', change: 'types', before: ['string'], after: ['boolean', 'string'] },
    ],
    ['~ tags: elements 0 … 1 → 0 … 2', '~ /tags/*: types string → boolean, string'],
  ],
  [
    'a format that is lost',
    ['"2024-01-01"', '"2024-01-02"'],
    ['"2024-01-01"', '"2024-01-99"'],
    [{ path: '', change: 'formats', before: ['date'], after: [] }],
    ['~ records: format date → none'],
  ],
  ['other names of a map', map(0, '1'), map(1_000, '1'), [], []],
  [
    'other values of a map',
    map(0, '1'),
    map(1_000, '"x"'),
    [{ path: '/m/*', change: 'types', before: ['integer'], after: ['string'] }],
    ['~ /m/*: types integer → string'],
  ],
  ['few members of a map', map(0, '1'), map(1_000, '1').slice(0, 3), [], []],
  ['more records of the same kind', before, [...before, ...before], [], []],
  [
    'the first records',
    [],
    ['1'],
    [{ path: '', change: 'types', before: [], after: ['integer'] }],
    ['~ records: types none → integer'],
  ],
])('%s', (_, from, to, differences, texts) => {
  const found = diffProfiles(profileOf(from), profileOf(to));
  expect(found).toEqual(differences);
  expect(found.map(differenceText)).toEqual(texts);
  expect(JSON.parse(JSON.stringify(found))).toEqual(found);
});

test('presence that moves a little is no difference, unless the member was in all objects', () => {
  const presentIn = (count: number) =>
    profileOf(Array.from({ length: 1_000 }, (_, i) => (i < count ? '{"a":true}' : '{}')));
  const changes = (from: number, to: number) =>
    diffProfiles(presentIn(from), presentIn(to)).map(({ change }) => change);
  expect(changes(500, 540)).toEqual([]);
  expect(changes(500, 550)).toEqual(['presence']);
  expect(changes(1_000, 999)).toEqual(['presence']);
  expect(changes(999, 1_000)).toEqual(['presence']);
});

/** The same difference, seen from the other side. */
function exchanged(difference: SchemaDifference): SchemaDifference {
  if ('types' in difference) return { ...difference, change: difference.change === 'new' ? 'gone' : 'new' };
  return { ...difference, before: difference.after, after: difference.before } as SchemaDifference;
}

test('none to itself; exchanged profiles have exchanged differences', () => {
  fc.assert(
    fc.property(corpora, corpora, (left, right) => {
      const [one, other] = [profileOf(left), profileOf(right)];
      expect(diffProfiles(one, one)).toEqual([]);
      expect(diffProfiles(one, profileOf(left.toReversed()))).toEqual([]);
      expect(diffProfiles(other, one)).toEqual(diffProfiles(one, other).map(exchanged));
    }),
    { numRuns: runs(300) },
  );
});
