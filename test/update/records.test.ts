// Goal: a record that is put is stored as an import of the same text would store it, with exactly the keys it would have;
// a patch means what RFC 7396 says and leaves the spelling of everything else alone; what cannot be stored is refused.
// Method: the plain kernel, which is the specification of an import; the cases of the RFC; JSON.parse and a naive merge.
// @node all: JSON.rawJSON, and what JSON.stringify says

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scanPlain } from '../../src/kernel/plain/kernel.js';
import { parsePath } from '../../src/keys/paths.js';
import { mergePatch } from '../../src/update/records/merge-patch.js';
import { type KeyPlan, type NewRecord, recordOfText, recordOfValue } from '../../src/update/records/record.js';
import { runs } from '../support/effort.js';

const PLAN: KeyPlan = {
  kind: 'path',
  primary: parsePath('id'),
  secondary: [parsePath('a'), parsePath('a.b'), parsePath('__proto__'), [['a'], ['b']], [['id'], ['a', 'b'], ['b']]],
};
const COMPOSITE: KeyPlan = { ...PLAN, primary: [['id'], ['a']] };
/** Positions in arrays, and members whose names are numbers. */
const POSITIONS: KeyPlan = {
  ...PLAN,
  primary: ['id', 0],
  secondary: [['a', 0], ['a', 1, 'b'], ['a', 'b'], ['a', '1'], ['b', 0, 0], ['a'], [['a', 1], ['b']], []],
};
const NAMED: KeyPlan = { kind: 'name', primary: undefined, secondary: PLAN.secondary };

/** What an import of a text gives: its line and keys, each once a record; or why it is bad. */
function imported(text: string, { primary, secondary }: KeyPlan, name?: string): unknown {
  const { records, bad } = scanPlain(Buffer.from(name === undefined ? text : `${JSON.stringify(name)}:${text}}`), {
    layout: name === undefined ? 'values' : 'object',
    ...(primary && { primary }),
    secondary,
    depthMax: 1024,
    recordBytesMax: 2 ** 28,
  });
  if (bad[0]) return bad[0].reason;
  return { line: records[0]!.line, keys: new Set(records[0]!.keys.map((key) => key.join(' '))) };
}

function made(make: () => NewRecord): unknown {
  try {
    const { line, primary, secondary } = make();
    const keys = [primary ? [primary] : [], ...secondary].flatMap((found, index) =>
      found.map((key) => `${index} ${Buffer.from(key).toString('hex')}`),
    );
    expect(new Set(keys).size).toBe(keys.length);
    return { line, keys: new Set(keys) };
  } catch (error) {
    return (error as { reason?: string }).reason ?? error;
  }
}

/** Values that meet the paths often. */
const name = fc.constantFrom('id', 'a', 'b', '__proto__', 'x', '0', '1', '"');
const { value: anyValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(null, true, false, 0, -0, 1, 1e21, 5e-324, 2 ** 53, -1.5, '', 'a', 'a\u0000', '\ud800', 'ä😀'),
    fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.string({ unit: 'binary' })),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(name, tie('value')), { maxLength: 4 }).map(objectOf),
  ),
}));
const anyRecord = fc
  .tuple(fc.oneof(anyValue, fc.integer()), fc.array(fc.tuple(name, anyValue), { maxLength: 4 }))
  .map(([id, members]) => objectOf([['id', id], ...members]));

/** `__proto__` is a name like any other. */
function objectOf(members: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  return JSON.parse(`{${members.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`);
}

describe('a record', () => {
  test('put as a value or as text has the line and the keys that an import would give it', () => {
    fc.assert(
      fc.property(fc.oneof(anyRecord, anyValue), fc.constantFrom(PLAN, COMPOSITE, POSITIONS), (value, plan) => {
        const expected = imported(JSON.stringify(value), plan);
        expect(made(() => recordOfValue(value, plan))).toEqual(expected);
        expect(made(() => recordOfText(JSON.stringify(value, null, 2), plan))).toEqual(expected);
      }),
      { numRuns: runs(2000) },
    );
  });

  test('with a name, too', () => {
    fc.assert(
      fc.property(anyValue, fc.string({ unit: 'binary' }), (value, named) => {
        const expected = imported(JSON.stringify(value), NAMED, named);
        expect(made(() => recordOfValue(value, NAMED, named))).toEqual(expected);
        expect(made(() => recordOfText(JSON.stringify(value), NAMED, named))).toEqual(expected);
      }),
    );
  });

  test('keeps every token of a text as spelled', () => {
    const text =
      '{ "id" : 9007199254740993, "n": 1e400, "m": 123456789012345678901234567890.10, "s": "\\u0041\\/", "s": 2 }';
    expect(recordOfText(text, PLAN).line).toBe(text.replaceAll(' ', ''));
  });

  const deep = (levels: number) => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);
  const long = 'k'.repeat(1900);
  test.each<[string, unknown, string, string]>([
    ['without a key', { a: 1 }, 'BAD_RECORD', 'KEY_MISSING'],
    ['with an object for a key', { id: {} }, 'BAD_RECORD', 'KEY_NOT_SCALAR'],
    ['with a key in an array', { id: [1] }, 'BAD_RECORD', 'KEY_NOT_SCALAR'],
    ['nested too deep', { id: 1, x: deep(1024) }, 'BAD_RECORD', 'TOO_DEEP'],
    ['with too many index values', { id: 1, a: Array(65_536).fill(1) }, 'BAD_RECORD', 'TOO_MANY_KEYS'],
    ['with too long a key', { id: long }, 'KEY_TOO_LONG', 'KEY_TOO_LONG'],
  ])('%s is refused, as value and as text', (_, value, code, reason) => {
    const text = JSON.stringify(value);
    expect(imported(text, PLAN)).toBe(reason);
    expect(() => recordOfText(text, PLAN)).toThrow(expect.objectContaining({ code }));
    expect(() => recordOfValue(value, PLAN)).toThrow(expect.objectContaining({ code }));
  });

  test('a secondary value beyond the limit is cut, in values and texts as in imports', () => {
    const text = JSON.stringify({ id: 1, a: [`${long}1`, `${long}2`, 'b'] });
    expect(made(() => recordOfText(text, PLAN))).toEqual(imported(text, PLAN));
    expect(made(() => recordOfValue(JSON.parse(text), PLAN))).toEqual(imported(text, PLAN));
  });

  test('with raw JSON in it has the keys of its text: the doubles of those tokens are others', () => {
    // `JSON.rawJSON` is behind a flag in Node 20.
    const flags = 'rawJSON' in JSON ? [] : ['--harmony-json-parse-with-source'];
    const child = fileURLToPath(new URL('../support/put-raw-json.mjs', import.meta.url));
    const { stdout, stderr } = spawnSync(process.execPath, [...flags, child], { encoding: 'utf8' });
    expect(stderr).toBe('');
    const tokens = ['9007199254740993', '0.10000000000000000001', '1e400', '1e-400', '12345678901234567.5'];
    expect(JSON.parse(stdout)).toEqual(tokens.map((token) => [token, `{"id":${token},"n":[${token}]}`]));
  });

  test('nested as deep as allowed is taken', () => {
    expect(recordOfValue({ id: 1, x: deep(1023) }, PLAN).line.length).toBe(13 + 2 * 1023);
  });

  test.each(['', '  ', '{"id":1', '{"id":1}{"id":2}', '{"id":1} x', '{"id":"\ud800"}', '{"id":1,}'])(
    '%j is no text of a record',
    (text) => {
      expect(() => recordOfText(text, PLAN)).toThrow(expect.objectContaining({ code: 'BAD_RECORD' }));
    },
  );

  test('that JSON has no text for, or whose name is missing or too much, is the caller’s mistake', () => {
    const cycle: Record<string, unknown> = {};
    cycle.cycle = cycle;
    for (const value of [undefined, () => {}, Symbol('s'), cycle]) {
      expect(() => recordOfValue(value, PLAN)).toThrow(TypeError);
    }
    for (const make of [recordOfValue, recordOfText]) {
      expect(() => make('1', NAMED)).toThrow(TypeError);
      expect(() => make('{"id":1}', PLAN, 'name')).toThrow(TypeError);
    }
  });
});

describe('a merge patch', () => {
  /** RFC 7396, appendix A: original, patch, result. */
  test.each([
    ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
    ['{"a":"b"}', '{"a":null}', '{}'],
    ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
    ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
    ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
    ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
    ['["a","b"]', '["c","d"]', '["c","d"]'],
    ['{"a":"b"}', '["c"]', '["c"]'],
    ['{"a":"foo"}', 'null', 'null'],
    ['{"a":"foo"}', '"bar"', '"bar"'],
    ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
    ['[1,2]', '{"a":"b","c":null}', '{"a":"b"}'],
    ['{}', '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
  ])('of %s by %s is %s', (text, patch, result) => {
    expect(mergePatch(text, patch)).toBe(result);
  });

  test('leaves alone what it does not name: digits, escapes, repeated names', () => {
    const text =
      '{"n":1e400,"m":123456789012345678901234567890,"s":"\\u0041\\"}","d":1,"d":[{"d":2}],"o":{"p":1.50,"q":"\\\\"}}';
    expect(mergePatch(text, '{"new":1e400,"o":{"q":null}}')).toBe(
      '{"n":1e400,"m":123456789012345678901234567890,"s":"\\u0041\\"}","d":1,"d":[{"d":2}],"o":{"p":1.50},"new":1e400}',
    );
    // Of a name that is repeated the last one counts, and stays alone.
    expect(mergePatch('{"d":{"a":1},"e":0,"\\u0064":{"b":1.0}}', '{"d":{"x":1},"\\u0064":{"c":2}}')).toBe(
      '{"e":0,"\\u0064":{"b":1.0,"c":2}}',
    );
    expect(mergePatch('{"d":1,"\\u0064":2}', '{"d":null}')).toBe('{}');
  });

  test('means what a naive merge of parsed values means', () => {
    fc.assert(
      fc.property(anyValue, anyValue, (value, patch) => {
        const result = mergePatch(JSON.stringify(value), JSON.stringify(patch));
        expect(JSON.parse(result)).toEqual(naive(parsed(value), parsed(patch)));
      }),
      { numRuns: runs(2000) },
    );
  });
});

const parsed = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** RFC 7396, section 2, word by word. */
function naive(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result = new Map(isObject(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) result.delete(key);
    else result.set(key, naive(result.get(key), value));
  }
  return objectOf([...result]);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
