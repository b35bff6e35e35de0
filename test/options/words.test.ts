// Goal: what is written for the value of an option reads as that value, and units mean what they say. Method: properties
// over every row of the tables.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readOption, sizeOf, timeOf, writeOption } from '../../src/config/words.js';
import type { DataRow } from '../../src/options/check.js';
import { type GivenIndex, pathOfIndex } from '../../src/options/indexes.js';
import { ROWS } from '../support/config.js';

describe('words', () => {
  test.each(ROWS)('of %s %s: what is written for a value reads as that value', (_of, _name, row) => {
    fc.assert(
      fc.property(valuesOf(row), (value) => {
        expect(readOption(writeOption(value, row), row, 'it')).toEqual(value);
      }),
    );
  });

  test('sizes and times mean what their units say', () => {
    const size = fc.record({ count: fc.nat(1000), unit: fc.constantFrom('', 'k', 'm', 'g') });
    fc.assert(
      fc.property(size, fc.constantFrom('', 'b', 'B', 'iB'), ({ count, unit }, suffix) => {
        expect(sizeOf(`${count}${unit}${suffix}`)).toBe(count * 1024 ** ['', 'k', 'm', 'g'].indexOf(unit));
      }),
    );
    const milliseconds = { '': 1, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
    fc.assert(
      fc.property(fc.nat(1000), fc.constantFrom(...Object.entries(milliseconds)), (count, [unit, each]) => {
        expect(timeOf(`${count}${unit}`)).toBe(count * each);
      }),
    );
    expect([sizeOf('1.5g'), timeOf('1.5s'), timeOf('2.3m')]).toEqual([1.5 * 2 ** 30, 1500, 138_000]);
  });

  test('that are none are told from little: nothing but 0 becomes 0', () => {
    for (const word of ['', 'm', '-1s', '5 seconds', '1e3', '0.4ms', '0.0001s', '1w', '9999999999999d']) {
      expect(timeOf(word)).toBeUndefined();
    }
    for (const word of ['', 'k', '-1', '1t', '0.0001k', '0.4']) expect(sizeOf(word)).toBeUndefined();
    expect([timeOf('0'), timeOf('0s'), sizeOf('0k')]).toEqual([0, 0, 0]);
  });
});

function isAccepted(check: (text: string) => unknown, text: string): boolean {
  try {
    check(text);
    return true;
  } catch {
    return false;
  }
}

/** Names of members with all that separates paths. */
const keyPath = fc.constantFrom('id', 'user.id', '/a~1b', 'a,b', '["', '",', '\\');
const keyPaths = fc.oneof(
  fc.constantFrom('id', 'user.id', '/a~1b'),
  fc.uniqueArray(keyPath, { minLength: 2, maxLength: 3 }),
);

/** Values an option may have, as code has them. */
function valuesOf(row: DataRow): fc.Arbitrary<unknown> {
  const texts = fc.constantFrom('id', 'user.id', '/a~1b', '/data/items', 'auto', './module.js');
  switch (row.type) {
    case 'boolean':
      return fc.boolean();
    case 'choice':
      return fc.constantFrom(...row.choices);
    case 'text':
      return texts.filter((text) => isAccepted(row.check, text));
    case 'texts':
      return fc.uniqueArray(
        texts.filter((text) => isAccepted(row.check, text)),
        { minLength: 1 },
      );
    case 'path':
      return keyPaths;
    case 'paths':
      return fc.uniqueArray(keyPaths, { minLength: 1, selector: (path) => JSON.stringify(path) });
    case 'indexes': {
      const unique = fc.record({ path: keyPaths, unique: fc.boolean() });
      const selector = (index: GivenIndex) => JSON.stringify(pathOfIndex(index));
      return fc.uniqueArray(fc.oneof(keyPaths, unique), { minLength: 1, selector });
    }
    case 'freshness':
      return fc.oneof(fc.constantFrom('immediate', 'warm'), fc.record({ maxStaleMs: fc.nat(10 ** 9) }));
    case 'number':
      return fc.double({ min: row.min, max: row.min + 1, noNaN: true }).filter((value) => !String(value).includes('e'));
    default: {
      const { min, max } = row;
      const unit = fc.constantFrom(1, 1000, 1024, 60_000, 2 ** 20, 2 ** 30, 86_400_000);
      return fc.tuple(fc.integer({ min, max }), unit).map(([value, by]) => {
        const whole = value - (value % by);
        return whole >= min ? whole : value;
      });
    }
  }
}
