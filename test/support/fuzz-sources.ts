// Sources as a fuzzer makes them: JSON of all kinds, built from its grammar so that most of it is valid, then changed where it
// hurts: tokens left out, doubled, exchanged, cut; bytes flipped; pieces of one source in another.

import type { RecordLayout } from '../../src/kernel/contract.js';
import { pick, type Random } from './random.js';

const SCALARS = [
  ...['0', '-0', '1', '-1', '1.5', '1e2', '1E+2', '10e-1', '1e400', '9007199254740993', '0.1', 'true', 'false', 'null'],
  ...[
    '""',
    '"a"',
    '"\\u0061"',
    '"\\n"',
    '"\\ud83d\\ude00"',
    '"\\uDEAD"',
    '"\u00e9\u20ac"',
    '"},{"',
    '"]"',
    '"\\\\"',
    '"\\""',
  ],
];
const BROKEN = [
  ...[
    '',
    '01',
    '1.',
    '.5',
    '+1',
    '-',
    '1e',
    '0x1',
    'tru',
    'nul',
    'NaN',
    'Infinity',
    'undefined',
    "'a'",
    '"a',
    'a"',
    '"\\x"',
  ],
  ...[
    '"\\u12"',
    '"\t"',
    '"\n"',
    '\0',
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '/*c*/',
    '//c\n',
    '\ufeff',
    '{"a"}',
    '{"a":}',
    '{,}',
    '[,]',
  ],
  ...['[1,]', '{"a":1,}', '{a:1}', '[1 2]', '{"a":1 "b":2}', '\v', '\u2028', '\\', '"\\', '1 1', '[}', '{]'],
];
const BLANKS = ['', '', '', '', '', ' ', '\t', '\r', '\n', '\r\n', '   '];
const NAMES = ['"a"', '"\\u0061"', '"id"', '"b"', '""', '"__proto__"', '"\u00e9"'];

/** The text of a value; `blanks` gives white space between tokens. */
function valueText(random: Random, depth: number, blank: () => string): string {
  const kind = depth === 0 ? 2 : random(5);
  if (kind > 1) return random(25) === 0 ? pick(random, BROKEN) : pick(random, SCALARS);
  const items = Array.from({ length: random(4) }, () => {
    const value = `${blank()}${valueText(random, depth - 1, blank)}${blank()}`;
    return kind === 0 ? value : `${blank()}${pick(random, NAMES)}${blank()}:${value}`;
  });
  return kind === 0 ? `[${blank()}${items.join(',')}]` : `{${blank()}${items.join(',')}}`;
}

/** A source of records in a layout; its opening bracket is never hurt, for that is what the layout is told by. */
export function fuzzSource(random: Random, layout: RecordLayout): Buffer {
  const isLines = layout === 'ndjson';
  const blank = (): string => {
    const found = random(3) === 0 ? pick(random, BLANKS) : '';
    return isLines ? found.replaceAll('\n', ' ') : found;
  };
  const records = Array.from({ length: random(14) }, () => {
    const value = valueText(random, random(4), blank);
    return layout === 'object' ? `${pick(random, NAMES)}${blank()}:${value}` : value;
  });
  const separators = {
    ndjson: ['\n', '\n', '\r\n', '\n\n'],
    values: ['', ' ', '\n'],
    array: [',', ', '],
    object: [',', ' ,'],
  }[layout];
  let text = '';
  for (const record of records) text += (text === '' ? '' : pick(random, separators)) + record;
  const [open, close] = { ndjson: ['', ''], values: ['', ''], array: ['[', ']'], object: ['{', '}'] }[layout] as [
    string,
    string,
  ];
  let bytes: Uint8Array = Buffer.from(text + (random(30) === 0 ? '' : close) + pick(random, BLANKS));
  for (let changes = random(3) === 0 ? 1 + random(4) : 0; changes > 0; changes--) bytes = changed(bytes, random);
  return Buffer.concat([Buffer.from(open), bytes]);
}

function changed(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random(bytes.byteLength + 1);
  const end = Math.min(bytes.byteLength, at + random(8));
  const [before, piece, after] = [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)];
  switch (random(6)) {
    case 0:
      return Buffer.concat([before, after]);
    case 1:
      return Buffer.concat([before, piece, piece, after]);
    case 2:
      return Buffer.concat([before, Buffer.from(pick(random, BROKEN)), piece, after]);
    case 3:
      return Buffer.concat([after, piece, before]);
    case 4:
      return Buffer.from(before);
    default: {
      const flipped = Buffer.from(bytes);
      if (at < flipped.byteLength) flipped[at]! ^= 1 << random(8);
      return flipped;
    }
  }
}
