// Random JSON Schemas, and records that come near to what they ask for.

import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import fc from 'fast-check';

// One for all: it takes a while to make.
const ajv = new Ajv2020({ strict: false, logger: false });
ajvFormats.default(ajv);

/** Ajv's check of a schema, which we did not write. */
export function checkOf(schema: object) {
  const check = ajv.compile(schema);
  ajv.removeSchema(schema);
  return check;
}

const NAMES = ['a', 'b', 'c', 'd e', 'ü'] as const;
const name = fc.constantFrom(...NAMES);
const scalars = fc.constantFrom<unknown>(
  null,
  true,
  false,
  0,
  1,
  -1,
  2.5,
  1e3,
  2 ** 53,
  '',
  'a',
  'bc',
  '😀',
  '2024-01-31',
);
const small = fc.nat(4);

const keywords = (schema: fc.Arbitrary<unknown>): fc.Arbitrary<object> =>
  fc.record(
    {
      type: fc.oneof(
        fc.constantFrom('object', 'array', 'string', 'number', 'integer', 'boolean', 'null'),
        fc.uniqueArray(fc.constantFrom('object', 'array', 'string', 'number', 'integer', 'null'), { minLength: 1 }),
      ),
      properties: fc.dictionary(name, schema, { maxKeys: 4, noNullPrototype: true }),
      required: fc.uniqueArray(name, { maxLength: 2 }),
      additionalProperties: fc.oneof(fc.boolean(), schema),
      items: schema,
      enum: fc.uniqueArray(scalars, { minLength: 1, maxLength: 8 }),
      const: scalars,
      minimum: fc.constantFrom(-1, 0, 1.5),
      maximum: fc.constantFrom(0, 2.5, 1e3),
      exclusiveMinimum: fc.constantFrom(-1, 0),
      exclusiveMaximum: fc.constantFrom(3, 1e9),
      ...{ minLength: small, maxLength: small, minItems: small, maxItems: small },
      ...{ minProperties: small, maxProperties: small },
      pattern: fc.constantFrom('^[a-c]', 'b$', '^$'),
      format: fc.constantFrom('date', 'date-time', 'email', 'uuid', 'ipv4'),
      uniqueItems: fc.boolean(),
      anyOf: fc.array(schema, { minLength: 1, maxLength: 2 }),
      allOf: fc.array(schema, { minLength: 1, maxLength: 2 }),
      oneOf: fc.array(schema, { minLength: 1, maxLength: 2 }),
      not: fc.constantFrom({ type: 'null' }, { const: 1 }, { required: ['a'] }),
      $ref: fc.constant('#/$defs/small'),
    },
    { requiredKeys: [] },
  );

/** Schemas that leave most keywords out: with many, nothing is valid. */
const sparse = fc.letrec<{ schema: unknown }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    { weight: 1, arbitrary: fc.constant(true as unknown) },
    {
      weight: 6,
      arbitrary: fc
        .tuple(keywords(tie('schema')), fc.uniqueArray(fc.nat(40), { minLength: 1, maxLength: 3 }))
        .map(([all, at]) => {
          const entries = Object.entries(all);
          return Object.fromEntries(at.flatMap((i) => (entries.length > 0 ? [entries[i % entries.length]!] : [])));
        }),
    },
  ),
}));

/** Schemas of documents: objects, with a definition that is referred to. */
export const schemas: fc.Arbitrary<object> = fc.tuple(sparse.schema, fc.boolean()).map(([schema, isObject]) => ({
  $defs: { small: { type: ['integer', 'string', 'object', 'array', 'null', 'boolean'], maximum: 100, maxLength: 3 } },
  ...(isObject && { type: 'object' }),
  ...(typeof schema === 'object' ? schema : {}),
}));

const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    { weight: 4, arbitrary: scalars },
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

/** Texts of records: most are objects with the names of the schemas. Some repeat a member, of which the last one counts. */
export const recordsNear: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .dictionary(name, value.value, { maxKeys: 5, noNullPrototype: true })
      .map((one) => JSON.stringify(one)),
  },
  { weight: 1, arbitrary: value.value.map((one) => JSON.stringify(one)) },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.tuple(name, value.value), { maxLength: 5 })
      .map((all) => `{${all.map(([key, one]) => `${JSON.stringify(key)}:${JSON.stringify(one)}`).join(',')}}`),
  },
  { weight: 1, arbitrary: fc.constantFrom('{"a":1.0}', '{"a":1e400}', '{"a":9007199254740993,"b":-0}', '{"a":0.1e1}') },
);
