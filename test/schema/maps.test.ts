// Goal: objects whose names are data are shown as maps, and no ordinary record is taken for one.
// Method: the rule is tried on each side of each of its limits. The generated data sets, which are shaped like real ones, and
// the icon sets of @iconify/json, where the benches are installed, are shown: which of their paths are maps is known.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type DatasetName, recordAt } from '../../datasets/index.js';
import { shownMembers } from '../../src/profile/show/maps.js';
import { placeText, shownPlaces } from '../../src/profile/show/places.js';
import type { Profile } from '../../src/profile/types.js';
import { ROOT } from '../support/cli.js';
import { profileOf, profileOfValues } from '../support/profiled.js';

/** Paths of the objects that are shown as maps. */
function mapsIn({ root }: Profile): string[] {
  return Array.from(shownPlaces(root))
    .filter(({ path }) => shownMembers(path).kind === 'map')
    .map(({ places }) => placeText(places));
}

/** Objects of which each has members of its own names, and none of the others'. */
function disjoint(objects: number, namesEach: number, value: (number: number) => unknown): unknown[] {
  return Array.from({ length: objects }, (_, i) =>
    Object.fromEntries(
      Array.from({ length: namesEach }, (_, j) => [`k${i * namesEach + j}`, value(i * namesEach + j)]),
    ),
  );
}

const isMap = (records: readonly unknown[]): boolean => mapsIn(profileOfValues(records)).includes('');

describe('the rule', () => {
  test.each<[string, boolean, readonly unknown[]]>([
    ['32 names in 4 objects', true, disjoint(4, 8, (i) => i)],
    ['31 names', false, disjoint(31, 1, (i) => i)],
    [
      'many names, of which each object has all',
      false,
      Array.from({ length: 50 }, () => disjoint(1, 100, (i) => i)[0]),
    ],
    ['names of which an object has a third', false, disjoint(3, 40, (i) => i)],
    ['128 names in one object', true, disjoint(1, 128, (i) => i)],
    ['127 names in one object', false, disjoint(1, 127, (i) => i)],
    ['rare names, with null for some', true, disjoint(40, 4, (i) => (i % 2 === 0 ? null : 'x'))],
    ['rare names, one value in twenty of another type', true, disjoint(40, 4, (i) => (i % 20 === 0 ? 'x' : i))],
    ['rare names, one value in ten of another type', false, disjoint(40, 4, (i) => (i % 10 === 0 ? 'x' : i))],
    [
      'rare names of objects that are alike',
      true,
      disjoint(40, 4, (i) => ({ id: i, name: 'x', ...(i % 2 === 0 && { up: true }) })),
    ],
    ['rare names of objects with rare members', true, disjoint(40, 4, (i) => ({ body: 'x', [`a${i % 16}`]: i, b: i }))],
    [
      'some names in all objects, all others rare',
      false,
      disjoint(40, 4, (i) => i).map((o) => ({ ...(o as object), a: 1, b: 2 })),
    ],
    ['rare names of objects of all kinds', false, disjoint(40, 4, (i) => ({ [`a${i % 16}`]: i }))],
    ['rare names of objects that are maps', true, disjoint(40, 4, (i) => ({ [`a${i}`]: 1, [`b${i}`]: 2 }))],
    ['rare names of empty objects', true, disjoint(40, 4, () => ({}))],
    ['only null', false, disjoint(40, 4, () => null)],
  ])('%s: %s', (_, expected, records) => {
    expect(isMap(records)).toBe(expected);
  });

  test('a map has the values of all its members', () => {
    const shown = shownMembers(profileOfValues(disjoint(40, 4, (i) => i)).root);
    expect(shown).toMatchObject({ kind: 'map', names: 160, values: { kinds: { integer: 160 }, repeats: 0 } });
  });

  test('what the profile has folded is a map, whatever its values are', () => {
    expect(isMap(disjoint(2, 3_000, (i) => (i % 2 === 0 ? i : [i])))).toBe(true);
  });
});

describe('real shapes', () => {
  test.each<DatasetName>(['nested', 'events', 'flat'])('%s has no map', (name) => {
    for (const count of [1, 20, 250]) {
      const records = Array.from({ length: count }, (_, i) => recordAt(name, 7, i));
      expect(mapsIn(profileOf(records))).toEqual([]);
    }
  });

  const icons = join(ROOT, 'bench/node_modules/@iconify/json');
  /** Every fourth set with some of its icons: there are 400 MB of them. */
  const setsOf = () => {
    const files = readdirSync(join(icons, 'json')).filter((_, i) => i % 4 === 0);
    return files.map((file) => {
      const set = JSON.parse(readFileSync(join(icons, 'json', file), 'utf8'));
      return { ...set, icons: Object.fromEntries(Object.entries(set.icons).slice(0, 40)) };
    });
  };

  test.skipIf(!existsSync(icons))('the sets of @iconify/json: their icons by name, and no record', () => {
    const sets = setsOf();
    expect(sets.length).toBeGreaterThan(20);
    expect(mapsIn(profileOfValues(sets))).toMatchInlineSnapshot(`
      [
        "aliases",
        "categories",
        "chars",
        "icons",
      ]
    `);
    expect(mapsIn(profileOfValues(sets.map(({ info }) => info)))).toEqual([]);
    expect(mapsIn(profileOfValues(sets.flatMap(({ icons }) => Object.values(icons))))).toEqual([]);
  });

  test.skipIf(!existsSync(icons))('the list of its sets', () => {
    const collections = readFileSync(join(icons, 'collections.json'), 'utf8');
    expect(mapsIn(profileOf([JSON.stringify(JSON.parse(collections))]))).toEqual(['']);
    expect(mapsIn(profileOfValues(Object.values(JSON.parse(collections))))).toEqual([]);
  });
});
