// Records with their profile, for tests of what is shown of it: random records as text, in which all occurs that makes a
// schema or a type untrue, and the profile of any records.

import fc from 'fast-check';
import { PlainProfiler } from '../../src/profile/plain/plain.js';
import type { Profile } from '../../src/profile/types.js';
import { linesOf, numberTokens, stringTokens } from './profile-lines.js';

/** The profile of records, each one line without white space. */
export function profileOf(records: readonly string[]): Profile {
  const profiler = new PlainProfiler();
  profiler.add(linesOf(records));
  return profiler.take();
}

/** The profile of values, as JSON.stringify writes them. */
export function profileOfValues(values: readonly unknown[]): Profile {
  return profileOf(values.map((value) => JSON.stringify(value)));
}

/** Numbers that JSON.parse makes zero, infinite, or others of. */
const numbers = fc.oneof(
  fc.constantFrom(
    ...['0', '-0', '-0.0', '1', '1.0', '1e2', '0.1', '0.30000000000000004', '5e-324', '1e-400', '1e400', '-1e400'],
    ...['9007199254740991', '9007199254740992', '9007199254740993', '-9007199254740993', '-9007199254740993.5'],
    ...['1e-40000', '-1e-40000', '1e40000', `1${'0'.repeat(400)}`, '1.7976931348623157e308', '1.7976931348623159e308'],
  ),
  numberTokens,
);

/** Strings that mean something in code. */
const strings = fc.oneof(
  fc.constantFrom(
    ...[
      '""',
      '"a"',
      '"\\u0061"',
      '"\\ud800"',
      '"\\u2028"',
      '"\u2028"',
      '"\\"*/"',
      '"\\\\"',
      '"\u202e"',
      '"`$"',
      '"open"',
    ],
  ),
  stringTokens,
);

/** Names of members: those that JavaScript, JSON Schema and TypeScript give a meaning. */
const names = fc.oneof(
  fc.constantFrom(
    ...[
      '"a"',
      '"\\u0061"',
      '"b"',
      '"id"',
      '""',
      '"__proto__"',
      '"constructor"',
      '"toString"',
      '"hasOwnProperty"',
      '"length"',
    ],
    ...[
      '"$ref"',
      '"$id"',
      '"enum"',
      '"a-b"',
      '"1"',
      '"*"',
      '"a.b"',
      '"/"',
      '"~"',
      '"*/"',
      '"\\ud800"',
      '"\u2028"',
      '"\\n"',
      '"type"',
    ],
  ),
  fc.string({ unit: 'binary', maxLength: 4 }).map((name) => JSON.stringify(name)),
);

const scalars = fc.oneof(fc.constantFrom('null', 'true', 'false'), numbers, strings);

const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalars,
    fc.array(tie('value'), { maxLength: 3 }).map((elements) => `[${elements.join(',')}]`),
    // Names may be repeated.
    fc.array(fc.tuple(names, tie('value')), { maxLength: 4 }).map(objectOf),
    fc.array(fc.tuple(names, tie('value')), { maxLength: 4 }).map(objectOf),
  ),
}));

function objectOf(members: readonly (readonly [string, string])[]): string {
  return `{${members.map(([name, member]) => `${name}:${member}`).join(',')}}`;
}

/** Objects whose names are data, and which are shown as maps. */
const maps = fc
  .tuple(
    fc.array(fc.oneof(scalars, value), { minLength: 1, maxLength: 2 }),
    fc.integer({ min: 8, max: 12 }),
    fc.boolean(),
  )
  .map(([values, objects, isNested]) =>
    Array.from({ length: objects }, (_, i) => {
      const members = Array.from(
        { length: 5 },
        (_, j) => [`"k${5 * i + j}"`, values[(i + j) % values.length]!] as const,
      );
      return isNested ? `{"map":${objectOf(members)}}` : objectOf(members);
    }),
  );

/** A few records, each of them perhaps often: so that values are few of many. */
const repeated = fc
  .tuple(fc.array(value, { maxLength: 4 }), fc.constantFrom(1, 1, 2, 12))
  .map(([records, times]) => Array.from({ length: times }, () => records).flat());

/** Records as text, of all kinds. */
export const corpora: fc.Arbitrary<readonly string[]> = fc.oneof(
  { weight: 4, arbitrary: repeated },
  { weight: 1, arbitrary: maps },
  { weight: 1, arbitrary: fc.tuple(repeated, maps).map((parts) => parts.flat()) },
);
