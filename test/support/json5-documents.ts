// Random JSON5, token by token, so that everything that JSON5 has and JSON does not occurs: comments with brackets and quotes
// in them, white space of Unicode, single quotes, escaped ends of lines, bare names, numbers of all spellings.

import fc from 'fast-check';
import type { RecordLayout } from '../../src/kernel/contract.js';

const blanksOnLine = ['', '', '', '', ' ', '\t', '\v\f', '\u00a0', '\ufeff', '\u2003', '\u3000', '\u2028'];
const commentsOnLine = ['/**/', '/* } " \' ] */', '/* // **/', '/*,*/ /*:*/'];
const overLines = ['\n', '\r\n', '// { " \'\n', '// */ [\r\n', '/*\n"*/', '//\u2028', '// é ,\u2029'];

const names = fc.constantFrom(
  ...['a', 'b', 'id', '$', '_0', 'null', 'NaN', 'Infinity', 'ünï', 'x\u200d', '\\u0061', 'a\\u0062', '__proto__'],
  ...['"a"', "'a'", "'\"'", "'it\\'s'", '"\\x61"', "''", '"id"'],
);
const strings = fc.constantFrom(
  ...[
    '"a"',
    "'b'",
    "'\"'",
    "'\\''",
    '"\'"',
    "'\\\"'",
    "'},{'",
    '"// "',
    "'/*'",
    "'\\v\\0\\x7f\\u00e9'",
    "'\\a\\é\\😀'",
  ],
  ...[
    "'\\\\'",
    '"\u2028"',
    "'\t\u0001'",
    '"\\u2028\\\u2028"',
    "'\\\u2029x'",
    '"\\/\\b\\f\\n\\r\\t"',
    "'\\ud800'",
    '""',
  ],
);
const stringsOverLines = fc.constantFrom("'a\\\nb'", '"a\\\r\nb"', "'\\\r'", '"\\\n"');
const numbers = fc.constantFrom(
  ...[
    '0',
    '-0',
    '+0',
    '1',
    '+1',
    '-1',
    '.5',
    '-.5e3',
    '+.25',
    '5.',
    '-5.',
    '5.e3',
    '0.',
    '0.e1',
    '1e5',
    '1E+2',
    '12.50',
  ],
  ...['0x0', '-0x0', '0xF', '0XdEcaf', '+0x10', '-0xff', '0xffffffffffffffffff', '0x20000000000001', '0x00'],
);
const literals = fc.constantFrom('true', 'false', 'null');

/** @param isLine whether the text must have no raw newline */
function texts(isLine: boolean): fc.Arbitrary<string> {
  const blanks = fc
    .array(fc.constantFrom(...blanksOnLine, ...commentsOnLine, ...(isLine ? [] : overLines)), { maxLength: 2 })
    .map((parts) => parts.join(''));
  const scalars = fc.oneof(strings, numbers, literals, ...(isLine ? [] : [stringsOverLines]));
  const between = (open: string, inner: fc.Arbitrary<string>, close: string) =>
    fc
      .tuple(
        fc.array(
          fc.tuple(blanks, inner, blanks).map((parts) => parts.join('')),
          { maxLength: 3 },
        ),
        fc.constantFrom('', '', ','),
        blanks,
      )
      .map(([parts, last, blank]) => `${open}${parts.join(',')}${parts.length > 0 ? last : ''}${blank}${close}`);
  return fc.letrec<{ value: string; member: string }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      scalars,
      between('[', tie('value'), ']'),
      between('{', tie('member'), '}'),
    ),
    member: fc
      .tuple(names, blanks, blanks, tie('value'))
      .map(([name, before, after, value]) => `${name}${before}:${after}${value}`),
  })).value;
}

export const json5Texts = texts(false);
export const json5Lines = texts(true);
export const json5Names = names;

/** A source of documents in a layout, with comments around them, and the documents. The kernel gets it from the bracket on. */
export function json5Sources(layout: RecordLayout): fc.Arbitrary<{ source: string; documents: readonly string[] }> {
  const isLine = layout === 'ndjson';
  const noise = isLine
    ? fc.constantFrom('', '', ' ', '/* " */', '\u00a0')
    : fc.constantFrom('', '', ' ', '/* " */', "// '\n", '\n', '/*[*/\n//\n', '\ufeff');
  const documents = fc.array(fc.tuple(noise, isLine ? json5Lines : json5Texts, noise, json5Names), { maxLength: 5 });
  return fc.tuple(documents, noise, fc.boolean()).map(([all, last, hasComma]) => ({
    documents: all.map(([, text]) => text),
    source: joined(layout, all, last, hasComma && all.length > 0),
  }));
}

function joined(
  layout: RecordLayout,
  all: readonly (readonly [string, string, string, string])[],
  last: string,
  hasComma: boolean,
): string {
  switch (layout) {
    case 'ndjson':
      return `${all.map(([before, text, after]) => `${before}${text}${after}`).join('\n')}\n${last}//}\n`;
    case 'values':
      return `${all.map(([before, text, after]) => `${before}${text} ${after}`).join('')}${last}`;
    case 'array':
      return `${all.map(([before, text, after]) => `${before}${text}${after}`).join(',')}${hasComma ? ',' : ''}${last}]`;
    case 'object':
      return `${all.map(([before, text, after, name]) => `${before}${name}${after}:${text}${after}`).join(',')}${hasComma ? ',' : ''}${last}}`;
  }
}
