// Goal: where the profile of some records proves that all are valid against a schema, ajv accepts each of them; and it proves what it
// should: the schema that is made from a profile, and plain schemas of records that fit.
// Method: random schemas and records; the oracle is ajv, record by record. How often there was a proof is counted.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PlainProfiler } from '../../src/profile/plain/plain.js';
import { isProven } from '../../src/profile/proof.js';
import { Provable } from '../../src/profile/provable.js';
import { jsonSchema } from '../../src/profile/show/json-schema.js';
import { Profiler } from '../../src/profile/simd/profiler.js';
import { runs } from '../support/effort.js';
import { linesOf } from '../support/profile-lines.js';
import { checkOf, recordsNear, schemas } from '../support/schemas.js';

function accepts(schema: object): (text: string) => boolean {
  const check = checkOf(schema);
  return (text) => check(JSON.parse(text)) === true;
}

function profileOf(texts: readonly string[]) {
  const profiler = new PlainProfiler();
  profiler.add(linesOf(texts));
  return profiler.take();
}

test('what is proven, ajv accepts record by record', () => {
  let proven = 0;
  let valid = 0;
  const spans = fc.array(fc.array(recordsNear, { minLength: 1, maxLength: 6 }), { minLength: 5, maxLength: 20 });
  fc.assert(
    fc.property(schemas, spans, (schema, spans) => {
      const accepted = accepts(schema);
      for (const texts of spans) {
        const areValid = texts.every(accepted);
        const isSure = isProven(schema, profileOf(texts).root);
        if (isSure) expect(areValid).toBe(true);
        if (areValid) valid++;
        if (isSure) proven++;
      }
    }),
    { numRuns: runs(1200) },
  );
  // A proof that never succeeds would pass the above.
  expect(valid).toBeGreaterThan(0);
  expect(proven / valid).toBeGreaterThan(0.3);
});

test('a profile of what a schema asks for proves it as often as a profile of everything', () => {
  const profiler = new Profiler();
  let proven = 0;
  fc.assert(
    fc.property(schemas, fc.array(recordsNear, { minLength: 1, maxLength: 6 }), (schema, texts) => {
      const provable = Provable.of(JSON.stringify(schema));
      if (provable === undefined) return;
      profiler.clear(Provable.wanted([provable]));
      profiler.add(linesOf(texts));
      const holds = provable.holds(profiler.take().root);
      expect(holds).toBe(isProven(schema, profileOf(texts).root));
      if (holds) proven++;
    }),
    { numRuns: runs(1200) },
  );
  expect(proven).toBeGreaterThan(0);
});

test('a profile proves the schema that is made from it', () => {
  fc.assert(
    fc.property(fc.array(recordsNear, { minLength: 1, maxLength: 20 }), (texts) => {
      const profile = profileOf(texts.filter((text) => !text.includes('1e400')));
      expect(isProven(jsonSchema(profile), profile.root)).toBe(true);
    }),
    { numRuns: runs(1000) },
  );
});

test.each<[string, object, string, boolean]>([
  ['an integer', { properties: { a: { type: 'integer' } } }, '{"a":1}', true],
  ['1.0 may be one, and the records have to tell', { properties: { a: { type: 'integer' } } }, '{"a":1.0}', false],
  ['infinity is no number', { properties: { a: { type: 'number' } } }, '{"a":1e400}', false],
  [
    'a bound that rounding meets',
    { properties: { a: { exclusiveMinimum: 1 } } },
    '{"a":1.00000000000000000001}',
    false,
  ],
  ['members that are required', { required: ['a'] }, '{"a":1}', true],
  ['one that is repeated, and one that is not there', { required: ['b'] }, '{"a":1,"a":2}', false],
  ['repeated members are counted twice', { minProperties: 2 }, '{"a":1,"a":2}', false],
  ['other members', { properties: { a: true }, additionalProperties: false }, '{"a":1,"b":1}', false],
  ['elements', { properties: { a: { items: { type: 'string' } } } }, '{"a":["x",""]}', true],
  ['a reference to the schema itself', { properties: { a: { $ref: '#' } } }, '{"a":{"a":{}}}', true],
  ['an endless reference', { $ref: '#' }, '{}', false],
  ['a reference elsewhere', { properties: { a: { $ref: 'https://example.com/x' } } }, '{"a":1}', false],
  ['a keyword that nobody knows', { 'is-nice': true }, '{}', false],
  ['a note', { title: 'x', 'x-note': 1, $comment: 'y' }, '{}', true],
])('%s', (_, schema, text, expected) => {
  expect(isProven(schema, profileOf([text]).root)).toBe(expected);
});
