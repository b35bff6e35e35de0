// Goal: the short way to read the value of an edit reads what the long way reads, and refuses what it refuses.
// Method: JSON.parse and the check of edits; random edits, and texts that are nearly those of edits.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeEdit } from '../../src/store/catalog/edit-value.js';
import { editCheck } from '../../src/store/catalog/schema.js';
import { decodeValue, seal } from '../../src/store/catalog/values.js';
import { runs } from '../support/effort.js';

const number = fc.oneof(
  fc.integer({ min: 0, max: 70_000 }),
  fc.constantFrom(1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 1e12, -1, 0.5),
);
const edit = fc.record(
  {
    kind: fc.constantFrom('put', 'put', 'patch', 'delete'),
    origin: fc.tuple(number, number),
    patches: fc.array(fc.json(), { maxLength: 2 }),
    key: fc.string(),
  },
  { requiredKeys: ['kind'] },
);
const nearly = fc
  .tuple(
    edit.map((one) => JSON.stringify(one)),
    fc.nat(),
    fc.nat({ max: 2 }),
    fc.constantFrom('', '0', '}', ',', ' ', '1'),
  )
  .map(([text, at, removed, put]) => {
    const from = at % text.length;
    return text.slice(0, from) + put + text.slice(from + removed);
  });

function outcome(decode: () => unknown): unknown {
  try {
    return decode();
  } catch (error) {
    return (error as Error).message;
  }
}

describe('the value of an edit', () => {
  test.each([
    ['edits', edit.map((one) => JSON.stringify(one))],
    ['texts that are nearly those of edits', nearly],
  ])('is read as JSON: %s', (_, texts) => {
    fc.assert(
      fc.property(texts, (text) => {
        const sealed = seal(Buffer.from(text));
        const expected = outcome(() => decodeValue(editCheck, sealed, 'edit of a record', 'file'));
        expect(outcome(() => decodeEdit(sealed, 'file'))).toEqual(expected);
      }),
      { numRuns: runs(5000) },
    );
  });

  test('with a wrong checksum is damaged', () => {
    const sealed = seal(Buffer.from('{"kind":"put","origin":[1,2]}'));
    sealed[sealed.byteLength - 3]! ^= 1;
    expect(() => decodeEdit(sealed, 'file')).toThrow(expect.objectContaining({ code: 'CHECKSUM_MISMATCH' }));
  });
});
