// Small sources built to deceive whoever starts reading in the middle of them.

import type { Layout } from '../../src/base/import-report.js';
import type { RecordLayout } from '../../src/kernel/contract.js';

export interface Deception {
  readonly name: string;
  readonly text: string;
  readonly layout: Layout;
}

/** Records, none with a raw newline. */
const RECORDS: Readonly<Record<string, readonly string[]>> = {
  'separators in strings': ['{"id":"},{","b":"]}"}', '{"id":1,"b":"},\\n{\\"id\\":"}', '["],[",1]', '","'],
  'backslash runs': [String.raw`"\\"`, String.raw`{"id":"\\\""}`, String.raw`"\\\\\\\"],["`, String.raw`{"b":"\\\\"}`],
  'nested arrays like the outer one': ['[[1],[2,3]]', '[[[4],[5]],[]]', '[]', '[[6]]'],
  'nested objects like the outer one': ['{"id":{"id":7},"b":{"id":8}}', '{"b":[{"id":9},{"id":10}],"id":11}', '{}'],
  'quotes and brackets in strings': ['"[\\"{"', '"]}\\","', '{"\\"":"\\"}","id":"{"}', '"\\"},{\\""'],
  'characters of many bytes': [
    '"\u00e9\u20ac\ud83d\ude00"',
    '{"\u00e9":"\\ud83d\\ude00","id":"\u2028"}',
    '"\u{10ffff}"',
  ],
  'numbers and literals': ['-1.5e-3', '1E+5', 'true', '0', 'null', '-0', '{"id":1e400}', 'false'],
  'one record longer than any span': [`{"id":0,"b":[${'{"id":1},'.repeat(6)}{"id":2,"b":"},{"}]}`, '3'],
  'a single record': ['{"id":"only"}'],
  'no record': [],
};

const NAMES = ['"k"', '"},{"', '"\\\\"', '"\\":\\""', '"\u00e9"', '""', '"]"', '"k8"'];

type Style = 'compact' | 'spaced';

/** A source of records in a layout, compact or with white space wherever it may stand. */
function sourceOf(records: readonly string[], layout: RecordLayout, style: Style): string {
  const isSpaced = style === 'spaced';
  switch (layout) {
    case 'ndjson':
      return isSpaced ? ` ${records.join(' \r\n\r\n\t')}` : records.map((record) => `${record}\n`).join('');
    case 'values':
      return records.join(isSpaced ? '\n \r' : needsGap(records) ? ' ' : '');
    case 'array':
      return isSpaced ? ` [\n  ${records.join(' \r\n ,\n')} ]\n ` : `[${records.join(',')}]`;
    case 'object': {
      const members = records.map((record, i) => [NAMES[i]!, record] as const);
      if (!isSpaced) return `{${members.map(([name, record]) => `${name}:${record}`).join(',')}}`;
      return `\n{ ${members.map(([name, record]) => `${name} :\n${record}`).join('\r\n, ')}\n}`;
    }
  }
}

const needsGap = (records: readonly string[]) => records.some((record) => /^[-\dtfn]/.test(record));

/** Valid sources of one layout, with the records that are in them. */
export function deceptions(layout: RecordLayout): readonly (Deception & { readonly records: readonly string[] })[] {
  return Object.entries(RECORDS).flatMap(([what, records]) => {
    // A source without a byte that is not blank is empty, not a source of no records.
    if (records.length === 0 && (layout === 'ndjson' || layout === 'values')) return [];
    return (['compact', 'spaced'] as const).map((style) => {
      return { name: `${what}, ${style}`, text: sourceOf(records, layout, style), layout, records };
    });
  });
}

/** Sources with something wrong in them. */
export const BAD: readonly Deception[] = [
  ...['[1,2,]', '[,1]', '[1,,2]', '[,]', '[1 2,3]', '[{"id":1},{"id":x},{"id":3}]', '[{"id":1,{"id":2},{"id":3}]'].map(
    array,
  ),
  ...['[{"id":1},{"id":2}', '[{"id":1},', '[', '[{"id":1},{"id":"', '[1,[2,[3,4],5', '[[1,2,3]', '[{"id":1},tru'].map(
    array,
  ),
  ...['[1}},2]', '[1],2]', '[1,2] x', '[1]]', '[[1,2}],3]', '[{"a":[1,2},{"id":3}]', '["a,1],[2]', '["a\n",1,"b"]'].map(
    array,
  ),
  ...[String.raw`["\x",1]`, String.raw`["\u12",{"id":"\\"},"\\\"]`, '[01,-,1.,{"id":1e}]', '[{"id" 1},{"id":2}]'].map(
    array,
  ),
  ...['{"a":1,"b":}', '{"a":1,,"b":2}', '{"a":1,}', '{"a" 1,"b":2}', '{a:1,"b":2}', '{"a":{"x":1},"b":{"x":2}'].map(
    object,
  ),
  ...['{"a":1,"b":[1,{"c":2}],"d', '{"a":1}}', '{"a":1} {"b":2}', '{"a":"},"b":2}', '{"a":[1},"b":[2]}'].map(object),
  ...[
    '{"id":1}\n{"id":\n{"id":3}\n',
    '1\n2 3\n4\n',
    '"a\n"b"\n',
    '[1,\n2]\n',
    '{"a":1}\n\n x \n{"a":2}',
    '{"id":1}\n{"id',
  ].map(lines),
  ...['{"id":1} x {"id":2}', '[1 2] 3', '{"a":1]{"b":2}', '"a" b "c', '1 2 3x 4', '{"id":1}{"id":{"id":3}', ']1'].map(
    values,
  ),
];

function array(text: string): Deception {
  return { name: text, text, layout: 'array' };
}

function object(text: string): Deception {
  return { name: text, text, layout: 'object' };
}

function lines(text: string): Deception {
  return { name: text, text, layout: 'ndjson' };
}

function values(text: string): Deception {
  return { name: text, text, layout: 'values' };
}
