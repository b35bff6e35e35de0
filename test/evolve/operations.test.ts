// Goal: each operation does what docs/evolution.md says. Method: the examples of the page are read and run, each in a record of its own
// and below other members. Each operation and each reason has an example.

import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { MigrationFailure } from '../../src/evolve/failure.js';
import { checkMigration } from '../../src/evolve/operations/check.js';
import { FIELDS } from '../../src/evolve/operations/fields.js';
import { planOf } from '../../src/evolve/plan/plan.js';
import type { MigrationFunction, Plan } from '../../src/evolve/types.js';

const PAGE = readFileSync(new URL('../../docs/evolution.md', import.meta.url), 'utf8');
/** By operation: lines of a word and a text. */
const EXAMPLES = [...PAGE.matchAll(/^```\noperation {2}(.*)\n([\s\S]*?)^```/gm)].map(
  ([, operation, lines]) =>
    [JSON.parse(operation!), [...lines!.matchAll(/^(\w+) +(.*)$/gm)].map(([, word, text]) => [word!, text!])] as const,
);

function planWith(...ops: readonly object[]): Plan {
  return planOf([checkMigration({ collection: 'c', from: 0, to: 1, ops })]);
}

function failureOf(work: () => unknown): MigrationFailure {
  try {
    work();
  } catch (error) {
    if (error instanceof MigrationFailure) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

describe.each(EXAMPLES)('%j', (operation, lines) => {
  const plan = planWith(operation);
  const textOf = (word: string) => lines.find(([name]) => name === word)?.[1];

  it('has a way up, and down', () => {
    const [older, newer, back] = [textOf('older')!, textOf('newer')!, textOf('back')];
    expect(plan.up(older)).toBe(newer);
    expect(plan.down(newer)).toBe(back ?? older);
    expect(plan.down(newer, older)).toBe(older);
    expect(plan.isLossless).toBe(back === undefined);
  });

  it('changes nothing else', () => {
    for (const [word, text] of lines) if (word === 'unchanged') expect(plan.up(text!)).toBe(text);
    for (const text of ['[{"a":1}]', '12345678901234567890', '"name"']) expect(plan.up(text)).toBe(text);
  });

  it('refuses, and says where', () => {
    for (const [, refused] of lines.filter(([word]) => word === 'refused')) {
      const [, text, reason, path] = /^(\{.*\}) ([A-Z_]+) (\S+)$/.exec(refused!)!;
      const failure = failureOf(() => plan.up(text!));
      expect(failure).toMatchObject({ code: 'MIGRATION_FAILED', reason, path, operation: 0, version: 1 });
      expect(plan.canFail).toBe(true);
    }
  });
});

test('the page has an example of each operation, and each reason', () => {
  const names = EXAMPLES.map(([{ op }]) => op as string);
  expect([...new Set([...names, 'call'])].sort()).toEqual(Object.keys(FIELDS).sort());
  const reasons = [...PAGE.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, reason]) => reason!);
  for (const reason of reasons.filter((one) => !/FUNCTION|KEY_CHANGED|LARGE/.test(one)))
    expect(PAGE).toContain(`} ${reason} `);
});

describe('repeated members, escapes and other spellings', () => {
  test.each([
    [
      { op: 'rename', path: 'a.b', to: 'c' },
      '{"a":{"b":1,"\\u0062":2},"a":{"b":3}}',
      '{"a":{"c":1,"c":2},"a":{"c":3}}',
    ],
    [{ op: 'remove', path: 'a' }, '{"a":1,"z":0,"\\u0061":2}', '{"z":0}'],
    [{ op: 'add', path: 'a.n', value: 1 }, '{"a":{},"a":[],"a":{"x":1}}', '{"a":{"n":1},"a":[],"a":{"x":1,"n":1}}'],
    [{ op: 'map', path: 'a', values: [['x', 'y']] }, '{"a":"x","a":"\\u0078"}', '{"a":"y","a":"y"}'],
    [{ op: 'retype', path: 'a', from: 'number', to: 'string' }, '{"a":1E400,"a":-0.0}', '{"a":"1E400","a":"-0.0"}'],
    [{ op: 'retype', path: 'a', from: 'number', to: 'integer' }, '{"a":-0.00e9,"a":12.5e1}', '{"a":-0,"a":125}'],
    [
      { op: 'map', path: 'a', values: [[9007199254740992, 'even']], otherwise: 'odd' },
      '{"a":9007199254740993}',
      '{"a":"odd"}',
    ],
  ])('%j', (operation, older, newer) => {
    const plan = planWith(operation);
    expect(plan.up(older)).toBe(newer);
    expect(plan.down(newer, older)).toBe(older);
  });

  test.each([
    [{ op: 'nest', path: 'n', members: ['a'] }, '{"a":1,"\\u0061":2}'],
    [{ op: 'flatten', path: 'n', members: ['a'] }, '{"n":{"a":1},"n":{}}'],
    [{ op: 'split', path: 'n', into: ['a', 'b'], separator: '-' }, '{"n":"1-2","n":"1-2"}'],
    [{ op: 'merge', path: 'n', members: ['a', 'b'], separator: '-' }, '{"a":"1","b":"2","a":"3"}'],
    [{ op: 'move', path: 'a', to: 'n.a' }, '{"a":"1","n":{},"n":{}}'],
    [{ op: 'move', path: 'o.a', to: 'n' }, '{"o":{"a":1},"o":{"a":2}}'],
  ])('of which only one could go elsewhere are refused: %j', (operation, record) => {
    expect(failureOf(() => planWith(operation).up(record)).reason).toBe('REPEATED');
  });
});

describe('a function of the application', () => {
  const upper: MigrationFunction = {
    name: 'upper',
    version: 2,
    up: (text) => JSON.stringify({ ...JSON.parse(text), name: JSON.parse(text).name.toUpperCase() }, null, 2),
    down: (text) => text.toLowerCase(),
  };
  const migrations = [
    checkMigration({ collection: 'c', from: 4, to: 5, ops: [{ op: 'rename', path: 'n', to: 'name' }] }),
    checkMigration({
      collection: 'c',
      from: 5,
      to: 6,
      ops: [
        { op: 'add', path: 'x', value: 1 },
        { op: 'call', name: 'upper', version: 2 },
      ],
    }),
  ];

  it('is called with what the operations before it made', () => {
    const plan = planOf(migrations, [upper]);
    expect(plan.up('{"n":"a b"}')).toBe('{"name":"A B","x":1}');
    expect(plan.down('{"name":"A B","x":1}')).toBe('{"n":"a b"}');
    expect(plan.touches('anything')).toBe(true);
  });

  it.each([
    ['NO_FUNCTION', []],
    ['NO_FUNCTION', [{ ...upper, version: 1 }]],
    ['FUNCTION_FAILED', [{ ...upper, up: () => '{' }]],
    ['FUNCTION_FAILED', [{ ...upper, up: () => 1 as unknown as string }]],
  ])('is missed or fails for the records that need it only: %s', (reason, functions) => {
    const plan = planOf(migrations, functions);
    expect(failureOf(() => plan.up('{"n":"a"}'))).toMatchObject({ reason, operation: 1, version: 6, path: '' });
  });
});

test.each([
  '{',
  '{"',
  '{"a',
  '{"a":',
  '{"a":"',
  '{"a":"\\',
  '{"a":1',
  '{"a":[',
  '{"a":[1,{"b":"]"',
  '{"a":1}}',
  '{"b":{"c":1}',
])('a text that is no record ends in an error: %s', (text) => {
  for (const operation of [
    { op: 'rename', path: 'a', to: 'z' },
    { op: 'rename', path: 'b.c', to: 'z' },
    { op: 'nest', path: 'n', members: ['a'] },
  ]) {
    expect(() => planWith(operation).up(`${text}`)).toThrow();
  }
});
