// Goal: the TypeScript that is made of a profile compiles, and every record of the profile has the type.
// Method: the TypeScript compiler judges, in its strict mode: random records, as JSON.parse returns them, are written as code
// that `satisfies` the type, many in one program. What the code looks like is compared in examples, and so is what the types
// refuse.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { recordAt } from '../../datasets/index.js';
import { typescript, typescriptOf } from '../../src/profile/show/typescript.js';
import { ROOT } from '../support/cli.js';
import { runs } from '../support/effort.js';
import { corpora, profileOf, profileOfValues } from '../support/profiled.js';

const COMPILER = join(ROOT, 'node_modules/typescript/bin/tsc');

/** What the compiler says of a module; nothing if all is well. */
async function complaints(code: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'gristmill-types-'));
  try {
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      target: 'es2022',
      types: [],
    };
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['module.ts'] }));
    writeFileSync(join(directory, 'module.ts'), code);
    return await new Promise((resolve) => {
      execFile(process.execPath, [COMPILER, '-p', directory], (_error, stdout, stderr) => resolve(stdout + stderr));
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** A value as code: JSON.stringify has no infinite numbers, and in code `__proto__` alone is no member. */
function codeOf(value: unknown): string {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : `${value > 0 ? '' : '-'}1e999`;
  if (Array.isArray(value)) return `[${value.map(codeOf).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) => `[${JSON.stringify(name)}]: ${codeOf(member)}`);
  return `{${members.join(',')}}`;
}

test('all records have the type that was made of them', async () => {
  const samples = fc.sample(corpora, runs(200));
  const code = samples.map((records, i) => {
    const values = records.map((record) => `void (${codeOf(JSON.parse(record))} satisfies T${i});\n`);
    return typescript(profileOf(records), { name: `T${i}` }) + values.join('');
  });
  expect(await complaints(code.join(''))).toBe('');
});

test('so have records that are shaped like real ones', async () => {
  const code = (['nested', 'events', 'flat'] as const).map((name) => {
    const records = Array.from({ length: 100 }, (_, i) => recordAt(name, 3, i));
    const values = records.map((record) => `void (${codeOf(JSON.parse(record))} satisfies ${name});\n`);
    return typescript(profileOf(records), { name }) + values.join('');
  });
  expect(await complaints(code.join(''))).toBe('');
});

test('the types of several collections are one module', async () => {
  const names = [
    'users',
    'order-lines',
    'Collections',
    'collections*/',
    'records',
    '42',
    'user',
    '',
    'addresses',
    'toString',
    '日本',
  ];
  const code = typescriptOf(names.map((name) => ({ name, profile: profileOfValues([{ [`in ${name}`]: 1 }]) })));
  expect(code.match(/(?<=interface )\w+/g)).toEqual([
    ...[
      'User',
      'OrderLine',
      'Collection',
      'Collection2',
      'Record2',
      'Record42',
      'User2',
      'Record3',
      'Addresses',
      'ToString',
      'Record4',
    ],
    'Collections',
  ]);
  expect(code).toContain('/** A record of "users": the type of 1 record. */');
  const use = names.map(
    (name, i) =>
      `export const c${i} = ${codeOf({ [`in ${name}`]: 1 })} satisfies Collections[${JSON.stringify(name)}];`,
  );
  expect(await complaints(`${code}\n${use.join('\n')}`)).toBe('');
});

test.each(['', '1a', 'a b', 'a = 1; export type b'])('"%s" is refused as the name of a type', (name) => {
  expect(() => typescript(profileOf([]), { name })).toThrow(TypeError);
});

describe('what it says', () => {
  const events = Array.from({ length: 60 }, (_, i) => ({
    id: i,
    type: ['view', 'click', 'buy'][i % 3],
    at: `2024-01-01T00:00:${String(i).padStart(2, '0')}Z`,
    'user-agent': i % 2 === 0 ? null : `Mozilla ${i}`,
    ...(i % 5 === 0 && { error: { code: i, text: 'x' } }),
    tags: [...'ab'].slice(0, i % 3),
    mixed: [1, 'one'],
    counts: { [`day ${i}`]: i, [`day ${i + 1}`]: 1 },
  }));
  const code = typescript(profileOfValues(events), { name: 'Event' });

  test('members, unions, literals, arrays, maps, and comments on what a type cannot say', () => {
    expect(code).toMatchInlineSnapshot(`
      "export interface Event {
        /** seen: date-time */
        at: string;
        counts: Record<string, number>;
        error?: {
          /** seen: 0 … 55 */
          code: number;
          text: string;
        };
        /** seen: 0 … 59 */
        id: number;
        mixed: (number | string)[];
        tags: ("a" | "b")[];
        type: "buy" | "click" | "view";
        "user-agent": string | null;
      }
      "
    `);
  });

  test('it refuses what no record was', async () => {
    const good = codeOf(events[1]);
    const bad = [
      good.replace('"click"', '"clack"'),
      good.replace('["id"]: 1', '["id"]: "1"'),
      good.replace('["id"]: 1,', ''),
      good.replace('["tags"]: ["a"]', '["tags"]: [1]'),
      good.replace('["day 1"]: 1', '["day 1"]: null'),
    ];
    expect(new Set(bad).size).toBe(5);
    const uses = [good, ...bad].map((value, i) => `export const e${i} = ${value} satisfies Event;`);
    const said = await complaints(`${code}\n${uses.join('\n')}`);
    const lines = code.split('\n').length + 1;
    expect(said.match(/(?<=module\.ts\()\d+/g)).toEqual([1, 2, 3, 4, 5].map((i) => String(lines + i)));
  });

  test('names and texts of records end no comment and no string, and hide nothing', () => {
    const hostile = profileOf(
      Array.from({ length: 30 }, (_, i) => `{"*/ x":"*/${i % 2}","\\u202e":"\\u2028${i % 2}\\"","a":"\\ud80${i % 2}"}`),
    );
    expect(typescript(hostile, { name: 'T' })).toBe(
      'export interface T {\n  "*/ x": "*/0" | "*/1";\n  a: "\\ud800" | "\\ud801";\n  "\\u202e": "\\u20280\\"" | "\\u20281\\"";\n}\n',
    );
  });

  test.each([
    ['few words', ['"a"', '"b"'], '"a" | "b"'],
    ['few words, spelled in two ways', ['"a"', '"b"', '"\\u0061"'], '"a" | "b"'],
    ['one word, which may be a default', ['"a"'], 'string'],
    ['few numbers', ['1', '2'], 'number'],
    ['few strings of a format', ['"10.0.0.1"', '"10.0.0.2"'], 'string'],
    ['few texts', [`"${'a'.repeat(25)}"`, '"b"'], 'string'],
    ['25 words', Array.from({ length: 25 }, (_, i) => `"w${i}"`), 'string'],
  ])('%s, many times', (_, records, type) => {
    const many = Array.from({ length: 30 }, () => records).flat();
    expect(typescript(profileOf(many), { name: 'T' })).toBe(`export type T = ${type};\n`);
  });

  test.each([
    ['no records', [], 'unknown'],
    ['numbers', ['1', '2.5'], 'number'],
    ['scalars of all types', ['1', 'true', 'null', '"a"'], 'boolean | number | string | null'],
    ['arrays that are all empty', ['[]'], 'unknown[]'],
    ['objects that are all empty', ['{}'], 'Record<string, unknown>'],
    ['arrays of objects', ['[{"a":1}]'], '{\n  /** seen: 1 */\n  a: number;\n}[]'],
    ['arrays of several types', ['[1,null]', '[[true]]'], '(number | boolean[] | null)[]'],
  ])('%s', (_, records, type) => {
    expect(typescript(profileOf(records), { name: 'T' })).toBe(`export type T = ${type};\n`);
  });
});
