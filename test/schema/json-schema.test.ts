// Goal: a JSON Schema that is made of a profile is met by every record of the profile, also with `strict`. It has no rule that
// was merely observed, unless it is strict.
// Method: ajv and ajv-formats judge. They get what JSON.parse returns of random records: repeated members, escapes, names that
// objects inherit, numbers beyond doubles. What a schema says is compared in examples.

import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DatasetName, recordAt } from '../../datasets/index.js';
import { jsonSchema } from '../../src/profile/show/json-schema.js';
import type { Profile } from '../../src/profile/types.js';
import { runs } from '../support/effort.js';
import { corpora, profileOf, profileOfValues } from '../support/profiled.js';

/** With the checks of schemas that ajv has by default. */
const ajv = new Ajv2020({ allowUnionTypes: true, strictTypes: false });
ajv.addKeyword('x-gristmill');
formats.default(ajv);

/** The first record that does not meet the schema, and why. The schema is read back, as from a file. */
function complaint(profile: Profile, records: readonly string[], strict: boolean): unknown {
  const validate = ajv.compile(JSON.parse(JSON.stringify(jsonSchema(profile, { strict }))));
  const bad = records.find((record) => !validate(JSON.parse(record)));
  return bad === undefined ? undefined : { bad, errors: validate.errors };
}

/** A schema without the annotations, which are no rules. */
function rulesOf(schema: unknown): unknown {
  return JSON.parse(JSON.stringify(schema), (name, value) => (name === 'x-gristmill' ? undefined : value));
}

test.each([false, true])('all records meet the schema that was made of them (strict: %s)', (strict) => {
  fc.assert(
    fc.property(corpora, (records) => {
      expect(complaint(profileOf(records), records, strict)).toBeUndefined();
    }),
    { numRuns: runs(200) },
  );
});

test.each([false, true])('so do records that are deeper and wider than a profile looks (strict: %s)', (strict) => {
  const deep = ['[', '{"a":'].map((open) => `${open.repeat(70)}1${(open === '[' ? ']' : '}').repeat(70)}`);
  const wide = (count: number) =>
    `{"wide":{${Array.from({ length: count }, (_, i) => `"n${i}":${i % 2 ? i : '"x"'}`).join(',')}}}`;
  for (const records of [deep, [wide(600)], [wide(5_000)], [wide(5_000), ...deep, wide(3)]]) {
    expect(complaint(profileOf(records), records, strict)).toBeUndefined();
  }
});

test('a repeated member of one object does not stand for one that another object lacks', () => {
  const repeated = ['{"a":1,"a":2}', '{}', '{"m":{"x":1,"x":2}}', '{"m":{}}'];
  const map = Array.from({ length: 40 }, (_, i) => `{"k${2 * i}":1,"k${2 * i}":2,"k${2 * i + 1}":3}`);
  for (const records of [repeated, map, map.slice(0, 5)]) {
    const profile = profileOf(records);
    expect(jsonSchema(profile)).not.toHaveProperty('required');
    expect(complaint(profile, records, false)).toBeUndefined();
    expect(complaint(profile, records, true)).toBeUndefined();
  }
});

test.each<DatasetName>(['nested', 'events', 'flat'])('so do records that are shaped like real ones: %s', (name) => {
  const records = Array.from({ length: 300 }, (_, i) => recordAt(name, 3, i));
  const profile = profileOf(records);
  expect(complaint(profile, records, false)).toBeUndefined();
  expect(complaint(profile, records, true)).toBeUndefined();
});

test('a member and a type that come late are in the schema', () => {
  const records = Array.from({ length: 20_480 }, () => '{"a":1}');
  expect(rulesOf(jsonSchema(profileOf([...records, '{"a":1.5,"late":true}'])))).toMatchObject({
    properties: { a: { type: 'number' }, late: { type: 'boolean' } },
    required: ['a'],
  });
});

describe('what it says', () => {
  const users = Array.from({ length: 40 }, (_, i) => ({
    id: i + 1,
    state: i % 4 === 0 ? 'closed' : 'open',
    ...(i % 2 === 0 && { mail: `u${i}@example.com` }),
    score: i % 3 === 0 ? null : i / 4,
    tags: i % 2 === 0 ? [] : ['a', i],
  }));

  test('types, members and elements are rules; what was observed is an annotation', () => {
    const schema = jsonSchema(profileOfValues(users), { title: 'users' });
    expect(rulesOf(schema)).toEqual({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'users',
      type: 'object',
      properties: {
        id: { type: 'integer' },
        state: { type: 'string' },
        mail: { type: 'string' },
        score: { type: ['null', 'number'] },
        tags: { type: 'array', items: { type: ['integer', 'string'] } },
      },
      required: ['id', 'score', 'state', 'tags'],
    });
    const properties = schema.properties as Record<string, { 'x-gristmill': unknown }>;
    expect(properties.mail!['x-gristmill']).toMatchObject({
      count: 20,
      present: { in: 20, of: 40 },
      kinds: { string: 20 },
      strings: { shortest: 14, longest: 15, formats: ['email'] },
      distinct: { count: 20, isEstimate: false },
    });
    expect(properties.state!['x-gristmill']).toMatchObject({
      values: [
        { value: 'open', count: 30 },
        { value: 'closed', count: 10 },
      ],
    });
    expect(properties.id!['x-gristmill']).toMatchObject({ numbers: { least: 1, greatest: 40, beyondSafe: 0 } });
  });

  test('with strict all of it is a rule, and there is no annotation', () => {
    expect(jsonSchema(profileOfValues(users), { strict: true })).toEqual({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: {
        id: { type: 'integer', minimum: 1, maximum: 40 },
        state: { type: 'string', enum: ['closed', 'open'] },
        mail: { type: 'string', minLength: 14, maxLength: 15, format: 'email' },
        score: { type: ['null', 'number'], minimum: 0.25, maximum: 9.5 },
        tags: {
          type: 'array',
          minItems: 0,
          maxItems: 2,
          items: { type: ['integer', 'string'], minimum: 1, maximum: 39, minLength: 1, maxLength: 1 },
        },
      },
      required: ['id', 'score', 'state', 'tags'],
      additionalProperties: false,
    });
  });

  test('a map has one schema for all its members', () => {
    const scores = Array.from({ length: 100 }, (_, i) => ({ scores: { [`u${i}`]: i, [`u${i + 1}`]: i } }));
    expect(rulesOf(jsonSchema(profileOfValues(scores)))).toMatchObject({
      properties: { scores: { type: 'object', additionalProperties: { type: 'integer' } } },
    });
    expect(jsonSchema(profileOfValues(scores), { strict: true })).toMatchObject({
      properties: {
        scores: { additionalProperties: { minimum: 0, maximum: 99 }, minProperties: 2, maxProperties: 2 },
      },
    });
  });

  test.each([
    [
      'integers that are rounded',
      ['9007199254740993', '9007199254740995'],
      { minimum: 9007199254740992, maximum: 9007199254740996 },
    ],
    [
      'decimals that are rounded',
      ['0.30000000000000001', '0.30000000000000002'],
      { minimum: 0.3, maximum: 0.30000000000000004 },
    ],
    ['a number that is nearly none', ['1e-400'], { minimum: 0, maximum: 5e-324 }],
    ['zero with a sign', ['-0', '-0.0'], { minimum: 0, maximum: 0 }],
  ])('%s: bounds hold for the numbers and for their doubles', (_, numbers, bounds) => {
    expect(jsonSchema(profileOf(numbers), { strict: true })).toMatchObject(bounds);
  });

  test('no bounds if a number is in no extreme: JSON.parse makes zero of it', () => {
    const records = ['5', '7', '1e-40000'];
    const profile = profileOf(records);
    expect(jsonSchema(profile, { strict: true })).not.toHaveProperty('minimum');
    expect(complaint(profile, records, true)).toBeUndefined();
  });

  test('a number that is infinite for JavaScript has no type there: the others are excluded', () => {
    const schema = jsonSchema(profileOf(['1e400', '"a"']), { strict: true });
    expect(schema).toMatchObject({ not: { type: ['null', 'boolean', 'array', 'object'] }, minLength: 1 });
    expect(schema).not.toHaveProperty('type');
  });

  test('names that objects inherit, and such as no URI holds, are patterns', () => {
    const schema = jsonSchema(profileOf(['{"toString":1,"__proto__":2,"\\ud800/":3}', '{}']));
    expect(Object.keys(schema.patternProperties as object)).toEqual(['^__proto__$', '^toString$', '^\\ud800\\u002f$']);
    expect(schema).not.toHaveProperty('properties');
  });

  test('no records: any record', () => {
    expect(rulesOf(jsonSchema(profileOf([]), { strict: true }))).toEqual({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
    });
  });
});
