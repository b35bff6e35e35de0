// Random JSON, and damage done to it. Texts are made token by token, so that spellings (escapes, white space, exponents)
// vary as they do in the wild; the names are few, so that paths meet them and members repeat.

import fc from 'fast-check';
import type { RecordLayout } from '../../src/kernel/contract.js';
import type { KeyNames, Names } from '../../src/keys/key-path.js';
import { utf8 } from './scans.js';

const blanks = fc.constantFrom('', '', '', '', ' ', '\t', '\r', '\n', ' \r\n  ');
/** Names that cannot stand in text: those of `paths`, some spelled with escapes, and some that are none. */
const nameTokens = fc.constantFrom(
  '"a"',
  '"\\u0061"',
  '"b"',
  '"\\u0062"',
  '"id"',
  '"__proto__"',
  '"constructor"',
  '""',
  '"é"',
  '"0"',
  '"1"',
);
const strangeStrings = fc.constantFrom(
  '""',
  '"},{"',
  '"]}"',
  '"\\\\"',
  '"\\\\\\""',
  '"\\n\\u0000"',
  '"\\/\\b\\f\\t\\r"',
  '"\u2028\u2029"',
  '"é€😀"',
  '"\\ud83d\\ude00"',
  '"\\uDEAD"',
  '"\\ud83d\\ud83d\\ude00"',
  '"\uffff\u{10ffff}"',
);
const numbers = fc.oneof(
  fc.constantFrom(
    '0',
    '-0',
    '0.0',
    '1',
    '-1',
    '10',
    '1e2',
    '1E+2',
    '10e-1',
    '0.5',
    '-12.5e-3',
    '1e400',
    '-1.5',
    '123456789012',
  ),
  fc.double({ noDefaultInfinity: true, noNaN: true }).map((number) => JSON.stringify(number)),
  fc.integer().map(String),
);
/** Without 1e400, which JSON.parse makes infinite. */
const doubles = numbers.map((text) => (text === '1e400' ? '1e300' : text));
const strings = fc.oneof(
  strangeStrings,
  fc.string({ unit: 'binary', maxLength: 8 }).map((text) => JSON.stringify(text)),
);
const literals = fc.constantFrom('true', 'false', 'null');

function texts(scalar: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const between = (open: string, inner: fc.Arbitrary<string>, close: string) =>
    fc
      .array(
        fc.tuple(blanks, inner, blanks).map((parts) => parts.join('')),
        { maxLength: 4 },
      )
      .map((parts) => open + parts.join(',') + close);
  return fc.letrec<{ value: string; member: string }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5, depthSize: 'small' },
      scalar,
      between('[', tie('value'), ']'),
      between('{', tie('member'), '}'),
    ),
    member: fc
      .tuple(nameTokens, blanks, blanks, tie('value'))
      .map(([name, before, after, value]) => `${name}${before}:${after}${value}`),
  })).value;
}

/** The text of any JSON value. */
export const jsonTexts = texts(fc.oneof(numbers, strings, literals));
/** The text of a JSON value that JSON.parse reads without loss. */
export const losslessTexts = texts(fc.oneof(doubles, strings, literals));

/** Paths that meet the names above. */
const paths = fc.array(fc.constantFrom<string | number>('a', 'b', 'id', '__proto__', '', 'é', 0, 1), {
  minLength: 1,
  maxLength: 3,
});
/** Those of the components of a key: mostly short, so that a record often has all of them. */
const componentPaths = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<Names>(['a'], ['b'], ['id'], [0], [1]) },
  paths,
);
/** Paths of keys, composite ones too. */
export const keyPaths: fc.Arbitrary<KeyNames> = fc.oneof(
  { weight: 2, arbitrary: paths },
  fc.uniqueArray(componentPaths, { minLength: 2, maxLength: 3, selector: (path) => JSON.stringify(path) }),
);
/** Paths of secondary indexes: no two the same. */
export const secondaryPaths = fc
  .tuple(fc.uniqueArray(keyPaths, { maxLength: 4, selector: (path) => JSON.stringify(path) }), fc.boolean())
  .map(([paths, areOld]) => (areOld ? paths.map(withoutPositions) : paths));

/** As in a collection of an older version, where numbers are names. */
function withoutPositions(key: KeyNames): KeyNames {
  return JSON.parse(JSON.stringify(key), (_, part) => (typeof part === 'number' ? String(part) : part)) as KeyNames;
}

const NASTY = [
  '"',
  '\\',
  '[',
  ']',
  '{',
  '}',
  ',',
  ':',
  '\n',
  '\r',
  ' ',
  '\0',
  '\x1f',
  '-',
  '0',
  '1',
  'e',
  '.',
  't',
  'n',
  'u',
  '/',
];
const nastyBytes = fc.oneof(
  fc.constantFrom(...NASTY).map(utf8),
  fc.constantFrom('\\u', '\\"', '\\u12', '},{', '],[', '""', 'tru', '-0', '1e', '\ufeff', '\u2028').map(utf8),
  fc
    .constantFrom(
      [0x80],
      [0xc0, 0x80],
      [0xc3],
      [0xe2, 0x82],
      [0xed, 0xa0, 0x80],
      [0xf0, 0x9f, 0x98],
      [0xf4, 0x90, 0x80, 0x80],
      [0xff],
    )
    .map((bytes) => Uint8Array.from(bytes)),
);
const fractions = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** One edit, at a place given as a fraction of the length. */
type Mutation = (bytes: Uint8Array) => Uint8Array;
const mutations: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(fractions, nastyBytes).map(
    ([where, nasty]): Mutation =>
      (bytes) =>
        splice(bytes, where, 0, nasty),
  ),
  fc.tuple(fractions, nastyBytes).map(
    ([where, nasty]): Mutation =>
      (bytes) =>
        splice(bytes, where, nasty.length, nasty),
  ),
  fc.tuple(fractions, fc.integer({ min: 0, max: 7 })).map(
    ([where, bit]): Mutation =>
      (bytes) => {
        const flipped = Uint8Array.from(bytes);
        flipped[Math.floor(where * bytes.length)]! ^= 1 << bit;
        return flipped;
      },
  ),
  fc.tuple(fractions, fc.integer({ min: 1, max: 3 })).map(
    ([where, count]): Mutation =>
      (bytes) =>
        splice(bytes, where, count, []),
  ),
  fc.tuple(fractions, fc.integer({ min: 1, max: 9 })).map(
    ([where, count]): Mutation =>
      (bytes) => {
        const from = Math.floor(where * bytes.length);
        return splice(bytes, where, 0, bytes.subarray(from, from + count));
      },
  ),
  fractions.map(
    (where): Mutation =>
      (bytes) =>
        bytes.slice(0, Math.floor(where * bytes.length)),
  ),
);

function splice(bytes: Uint8Array, where: number, count: number, inserted: ArrayLike<number>): Uint8Array {
  const at = Math.floor(where * bytes.length);
  return Uint8Array.from([...bytes.subarray(0, at), ...Array.from(inserted), ...bytes.subarray(at + count)]);
}

/** The bytes of `sources`, damaged up to three times or not at all. */
export function damaged(sources: fc.Arbitrary<string>): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(sources, fc.array(mutations, { maxLength: 3 }))
    .map(([text, edits]) => edits.reduce((bytes, edit) => edit(bytes), utf8(text)));
}

/** A source of several records, as the kernel gets it. */
export function sourceTexts(layout: RecordLayout): fc.Arbitrary<string> {
  const records = fc.array(fc.tuple(blanks, jsonTexts, blanks), { maxLength: 5 });
  switch (layout) {
    case 'ndjson':
      return fc
        .tuple(records, fc.constantFrom('\n', '\r\n', '\n \n'), fc.boolean())
        .map(
          ([parts, newline, endsOpen]) =>
            parts.map(([, text]) => text.replaceAll('\n', ' ')).join(newline) + (endsOpen ? '' : newline),
        );
    case 'values':
      return fc
        .tuple(records, fc.constantFrom('', ' ', '\n'))
        .map(([parts, between]) => parts.map((part) => part.join('')).join(between));
    case 'array':
      return fc
        .tuple(records, blanks)
        .map(([parts, tail]) => `${parts.map((part) => part.join('')).join(',')}]${tail}`);
    case 'object':
      return fc
        .tuple(fc.array(fc.tuple(blanks, nameTokens, blanks, jsonTexts, blanks), { maxLength: 5 }), blanks)
        .map(([parts, tail]) => {
          const members = parts.map(
            ([before, name, blank, text, after]) => `${before}${name}${blank}:${blank}${text}${after}`,
          );
          return `${members.join(',')}}${tail}`;
        });
  }
}
