// Records as the lines of a frame, for tests of profiles: compact, token by token, so that the spellings vary. Names are few and
// spelled in several ways, so that members repeat; or many, so that objects are wide.

import fc from 'fast-check';
import { anyNumber } from './decimals.js';

/** A text spelled as a token: each character as it is, or as an escape. */
const spelled = (text: string, escapes: readonly boolean[]): string =>
  `"${Array.from(text, (character, at) => {
    const mustEscape = character < ' ' || character === '"' || character === '\\' || isLoneSurrogate(character);
    return mustEscape || (escapes.length > 0 && escapes[at % escapes.length]) ? escaped(character) : character;
  }).join('')}"`;

const isLoneSurrogate = (character: string): boolean => character.length === 1 && /[\ud800-\udfff]/.test(character);

function escaped(character: string): string {
  if (character === '/' || character === '"' || character === '\\') return `\\${character}`;
  return Array.from({ length: character.length }, (_, i) => character.charCodeAt(i))
    .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
    .join('');
}

const escapes = fc.oneof(
  { weight: 3, arbitrary: fc.constant<boolean[]>([]) },
  fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
);
const units = fc.constantFrom(
  'a',
  'B',
  '0',
  ' ',
  '/',
  '"',
  '\\',
  '\n',
  '\0',
  'é',
  '€',
  '😀',
  '\ud83d',
  '\ude00',
  '\u{10ffff}',
);
const twoDigits = fc.nat(70).map((n) => String(n).padStart(2, '0'));

/** Strings of a format, or nearly so. */
export const formatted: fc.Arbitrary<string> = fc.oneof(
  fc.tuple(twoDigits, twoDigits, twoDigits).map(([a, b, c]) => `20${a}-${b}-${c}`),
  fc
    .tuple(
      fc.constantFrom('0', '1', '2'),
      twoDigits,
      twoDigits,
      fc.constantFrom('Z', 'z', '+01:30', '-23:59', '', '+1:00', '.5Z', '.Z', '.123-00:45'),
    )
    .map(([h, m, s, end]) => `${h}3:${m}:${s}${end}`),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.constantFrom(
    '23:59:60Z',
    '1990-12-31T15:59:60-08:00',
    '22:59:60Z',
    '2024-02-29',
    '2023-02-29',
    '1900-02-29',
    '2000-02-29',
  ),
  fc.constantFrom('2024-01-01t00:00:00z', '2024-01-01 00:00:00Z', '2024-01-01T00:00:00', '2024-01-01T00:00:00+24:00'),
  fc.uuid(),
  fc.uuid().map((uuid) => uuid.toUpperCase()),
  fc.emailAddress(),
  fc.constantFrom(
    'a@b.c',
    'a@b',
    '.a@b.c',
    'a..b@c.de',
    'a@-b.c',
    'a@b-.c',
    'a@b-c.d-e',
    'a@b..c',
    "o'x+y@z.org",
    'a@b.c.',
    '@b.c',
  ),
  fc.webUrl({ withFragments: true, withQueryParameters: true }),
  fc.constantFrom(
    'http://',
    'http:/a',
    '1http://a',
    'a+b-c.d://x',
    'http://a:80/b?c=d#e',
    'http://a/%zz',
    'http://a/%2f',
    'http://a#b#c',
    'http://a b',
  ),
  fc.constantFrom(
    'http://a:b',
    'http://a/?x=[1]',
    'http://u@h/',
    'https://a:/',
    'file:///etc/x',
    'http://a?b?c/d',
    'http://a/b?%4',
    'x://é',
  ),
  fc.ipV4(),
  fc.constantFrom('01.2.3.4', '256.1.1.1', '1.2.3', '1.2.3.4.5', '1.2.3.', '0.0.0.0', '255.255.255.255', '1.2.3.0004'),
  fc.ipV6(),
  fc.constantFrom(
    '::',
    '::1',
    '1::',
    '::ffff:1.2.3.4',
    '::FFFF:1.2.3.256',
    '1:2:3:4:5:6:7:8',
    '1:2:3:4:5:6:7::',
    '::2:3:4:5:6:7:8',
    '1::2::3',
  ),
  fc.constantFrom('1:2:3:4::5:6:7:8', ':1:2:3:4:5:6:7', '12345::', '1:2:3:4:5:6:7', ':::', ':', 'fe80::1%eth0', 'g::'),
  anyNumber,
  fc.constantFrom('007', '1.', '.5', '+1', '1e', '-', '-0', '1e+5', '0x1', '1_000'),
  fc.uint8Array({ minLength: 9, maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('base64')),
  fc.constantFrom(
    'abcd',
    'd41d8cd98f00b204e9800998ecf8427e',
    'aGVsbG8gd29ybGQ=aGVsbG8=',
    'aGVsbG8gd29ybGQgaGVsbG8',
    '================',
  ),
);

/** Tokens of strings. */
export const stringTokens: fc.Arbitrary<string> = fc.oneof(
  fc
    .tuple(
      fc.array(units, { maxLength: 12 }).map((parts) => parts.join('')),
      escapes,
    )
    .map(([text, how]) => spelled(text, how)),
  fc.tuple(formatted, escapes).map(([text, how]) => spelled(text, how)),
  // Of all lengths around those that matter to hashes and blocks, with something strange in its midst.
  fc
    .tuple(
      fc.oneof(fc.integer({ min: 0, max: 140 }), fc.integer({ min: 2040, max: 2050 })),
      fc.constantFrom('', 'é', '\\n', '\\ud83d\\ude00', '\\"'),
      fc.constantFrom('a', 'b'),
    )
    .map(
      ([length, inside, filler]) => `"${filler.repeat(length >> 1)}${inside}${filler.repeat(length - (length >> 1))}"`,
    ),
  fc.nat(200).map((n) => `"v${n}"`),
);

export const numberTokens: fc.Arbitrary<string> = fc.oneof(
  anyNumber,
  fc.integer().map(String),
  fc.maxSafeInteger().map(String),
  fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }).map(String),
  fc.tuple(fc.integer({ min: -999, max: 999 }), fc.nat(9999)).map(([whole, fraction]) => `${whole}.${fraction}`),
  fc.constantFrom(
    '1e40000',
    '-1e40000',
    '1E-40000',
    '0e99999',
    `1${'0'.repeat(60)}`,
    `-${'9'.repeat(60)}`,
    `0.${'1'.repeat(70)}`,
    '1'.repeat(4000),
  ),
  fc.constantFrom(
    '999999999999999999',
    '1000000000000000000',
    '-999999999999999999',
    '9223372036854775808',
    '12345678',
    '123456789',
  ),
);

const names = fc.oneof(
  fc.constantFrom(
    '"a"',
    '"\\u0061"',
    '"b"',
    '"id"',
    '"__proto__"',
    '"constructor"',
    '""',
    '"é"',
    '"\\u00e9"',
    '"0"',
    '"10"',
    '"9"',
  ),
  fc.constantFrom(
    '"\\ud83d"',
    '"\\ud83d\\ude00"',
    '"😀"',
    '"\\n"',
    '"\\u000a"',
    '"\\""',
    '"\\\\"',
    '"\\/"',
    '"/"',
    '"a_rather_long_name_of_a_member"',
  ),
  fc.nat(40).map((n) => `"key${n}"`),
);

function valuesOf(name: fc.Arbitrary<string>, number: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.letrec<{ value: string; member: string }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5, depthSize: 'small' },
      number,
      stringTokens,
      fc.constantFrom('true', 'false', 'null'),
      fc.array(tie('value'), { maxLength: 5 }).map((elements) => `[${elements.join(',')}]`),
      fc.array(tie('member'), { maxLength: 6 }).map((members) => `{${members.join(',')}}`),
    ),
    member: fc.tuple(name, tie('value')).map(([key, value]) => `${key}:${value}`),
  })).value;
}

/** Nested deeper than a profile looks. */
const deep = fc
  .tuple(
    fc.integer({ min: 55, max: 80 }),
    fc.constantFrom('[', '{"a":', '[0,', '[{"b":[],"a":'),
    fc.constantFrom('1', '[]', '{"x":[1,2,{}],"y":"]"}', '"]"'),
  )
  .map(([count, open, inner]) => {
    const close = Array.from(open.replace(/\[\]/, ''), (c) => (c === '[' ? ']' : c === '{' ? '}' : ''))
      .reverse()
      .join('');
    return open.repeat(count) + inner + close.repeat(count);
  });

/** More names than a path keeps. */
const wide = fc
  .tuple(fc.nat(5000), fc.constantFrom(100, 3000, 4097), fc.constantFrom('1', '{"x":1,"x":2}', '"s"'))
  .map(
    ([from, count, value]) => `{"m":{${Array.from({ length: count }, (_, i) => `"n${from + i}":${value}`).join(',')}}}`,
  );

/** Records as texts. */
export const recordTexts = fc.oneof(
  { weight: 60, arbitrary: valuesOf(names, numberTokens) },
  { weight: 5, arbitrary: deep },
  { weight: 1, arbitrary: wide },
);
export const records = fc.array(recordTexts, { maxLength: 12 });
/** Without names that repeat by spelling, and without numbers of thousands of digits or huge exponents. */
export const plainRecords = fc.array(
  valuesOf(
    fc.constantFrom('"a"', '"b"', '"c\\nd"', '"é"'),
    numberTokens.filter((token) => token.length < 100 && !/e-?\d{5}/i.test(token)),
  ),
  { maxLength: 12 },
);

export const linesOf = (texts: readonly string[]): Uint8Array => Buffer.from(texts.map((text) => `${text}\n`).join(''));
