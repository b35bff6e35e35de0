// Goal: a source's layout, encoding and first byte are told right from its head, as far as a head can tell; what is not JSON
// is refused at once, with the offset at which one sees it.
// Method: tables of sources, planned from real files; large ones are a head followed by more than detection looks at.

import { describe, expect, test } from 'vitest';
import { DETECTION_BYTES, SPAN_BYTES_MAX, SPAN_BYTES_MIN } from '../../src/base/limits.js';
import { resolveImportOptions } from '../../src/import/options/resolve.js';
import type { ImportOptions } from '../../src/import/options/types.js';
import { planSource } from '../../src/import/plan/plan.js';
import { cut, type SourcePlan } from '../../src/import/plan/source-plan.js';
import { errorOf } from '../support/import-errors.js';
import { fileWith } from '../support/import-files.js';

const noPause = async () => {};
const plan = (content: string | Uint8Array, options: ImportOptions = {}): Promise<SourcePlan> =>
  planSource(fileWith(content), resolveImportOptions(options), noPause);
const LONG = `"${'x'.repeat(DETECTION_BYTES)}"`;

describe('the layout', () => {
  test.each([
    ['one record a line', 'ndjson', '{"a":1}\n{"a":2}\n'],
    ['without a last newline', 'ndjson', '{"a":1}\n{"a":2}'],
    ['CRLF and blank lines', 'ndjson', '\r\n\r\n{"a":1}\r\n\r\n{"a":2}\r\n'],
    ['objects of objects, one a line', 'ndjson', '{"a":{},"b":{}}\n{"a":{},"b":{}}\n'],
    ['scalars, one a line', 'ndjson', '1\n"two"\nnull\n'],
    ['a single record', 'ndjson', '{"id":1,"name":"x"}'],
    ['a single record whose members are mixed', 'ndjson', '{"id":{"x":1},"name":"x"}'],
    ['a single record with one container', 'ndjson', '{"id":{"x":1}}\n'],
    ['a bad first line', 'ndjson', '{"a":1,}\n{"a":2}\n'],
    ['a first line that ends too early', 'ndjson', '{"a":{"b":1}\n{"a":2}\n'],
    ['a first line beyond the head', 'ndjson', `{"a":${LONG}}\n{"a":2}\n`],
    ['an array', 'array', '[{"a":1},{"a":2}]'],
    ['an empty array', 'array', ' [ ] '],
    ['a pretty array', 'array', '[\n  {\n    "a": 1\n  }\n]\n'],
    ['an array beyond the head', 'array', `[${LONG},${LONG}]`],
    ['an array with a bad first record', 'array', '[{"a":1,},{"a":2}]'],
    ['an array that is cut off', 'array', '[{"a":1},{"a":'],
    ['an array that something follows', 'array', '[{"a":1}] x'],
    ['a pretty object with a fault', 'values', '{\n"x":{},\n"y":{"a":},\n"z":{}\n}'],
    ['an object with a fault', 'ndjson', '{"x":{"a":1},"y":{"a":},"z":{}}'],
    ['a pretty record with a fault', 'values', '{\n  "a": 1,\n  "b":\n}\n'],
    ['an object of objects', 'ndjson', '{"x":{"a":1},"y":{"a":2}}'],
    ['a pretty object of objects', 'values', '{\n  "x": {\n    "a": 1\n  },\n  "y": [ ]\n}\n'],
    ['an object of objects beyond the head', 'ndjson', `{ "x" : {"a":${LONG}},"y":{}}`],
    ['an object of objects that is cut off', 'ndjson', '{"x":{"a":1},"y":{"a'],
    ['an object whose first name has escapes', 'ndjson', `{"\\"}\\\\":[${LONG}],"y":{}}`],
    ['values on one line', 'values', '{"a":1}{"a":2}'],
    ['values with blanks between them', 'values', '{"a":1} {"a":2}\n{"a":3}'],
    ['arrays one after another', 'array', '[1][2]\n[3]\n'],
    ['pretty values', 'values', '{\n  "a": 1\n}\n{\n  "a": 2\n}\n'],
    ['a single pretty record', 'values', '{\n  "id": 1\n}\n'],
    ['a pretty record beyond the head', 'values', `{\n  "id": 1,\n  "text": ${LONG}\n}\n`],
  ])('%s: %s', async (_, layout, content) => {
    expect(await plan(content)).toMatchObject({ layout });
  });

  test('can be overridden', async () => {
    expect(await plan('{"x":{"a":1},"y":{"a":2}}', { layout: 'ndjson' })).toMatchObject({ layout: 'ndjson', from: 0 });
    expect(await plan('{"x":1}', { layout: 'object' })).toMatchObject({
      layout: 'object',
      recordLayout: 'object',
      from: 1,
    });
    expect(await plan('[1]\n[2]', { layout: 'values' })).toMatchObject({ layout: 'values', recordLayout: 'values' });
    expect(await plan('id\n', { layout: 'ndjson' })).toMatchObject({ recordLayout: 'ndjson' });
  });

  test('that is not there is refused', async () => {
    expect(await errorOf(plan(' {"x":1}', { layout: 'array' }))).toMatchObject({
      code: 'SELECT_NOT_CONTAINER',
      offset: 1,
    });
    expect(await errorOf(plan(' 5', { layout: 'array' }))).toMatchObject({ code: 'SELECT_NOT_CONTAINER', offset: 1 });
  });
});

describe('where records begin', () => {
  test.each([
    ['ndjson', '\n {"a":1}\n', 2],
    ['after a byte order mark', '\ufeff{"a":1}\n{"a":2}', 3],
    ['inside an array', '\r\n [ {"a":1}]', 4],
    ['inside an array after a byte order mark', '\ufeff[1]', 4],
    ['inside the selected object', '{"a":{"b":{"x":1}}}', 11, '/a/b'],
    ['behind more white space than the head', `${' '.repeat(2 * DETECTION_BYTES + 3)}[1]`, 2 * DETECTION_BYTES + 4],
  ] as const)('%s', async (_, content, from, select?: string) => {
    expect(await plan(content, select ? { select } : {})).toMatchObject({ from });
  });
});

const wide = (text: string, unit: 2 | 4, order: 'LE' | 'BE') =>
  Buffer.concat(
    Array.from(text, (character) => {
      const bytes = Buffer.alloc(unit);
      if (unit === 2) bytes[`writeUInt16${order}`](character.charCodeAt(0));
      else bytes[`writeUInt32${order}`](character.charCodeAt(0));
      return bytes;
    }),
  );

describe('what is not JSON', () => {
  test.each([2, 4] as const)('UTF-16 and UTF-32 (%s bytes a character), with and without a mark', async (unit) => {
    for (const order of ['LE', 'BE'] as const) {
      for (const text of ['[{"a":1}]', '\ufeff{"a":1}', '\n\n{}', '1', '"\u4e2d"', '\ufeff']) {
        const error = await errorOf(plan(wide(text, unit, order)));
        expect(error, `${order} ${JSON.stringify(text)}`).toMatchObject({ code: 'SOURCE_UTF16', offset: 0 });
      }
    }
  });

  test.each([
    ['HTML', '<!doctype html>', 0],
    ['CSV', 'id,name\n1,Ada\n', 0],
    ['CSV that begins with a letter of a literal', '\nname,id\n', 2],
    ['CSV with quotes', '"id","name"\n', 4],
    ['CSV of numbers', '1,2\n3,4\n', 1],
    ['dates', '2024-01-01 12:00 x\n', 4],
    ['JavaScript', 'var x = {}', 0],
    ['a comment', '  // data\n[1]', 2],
    ['zeros', Buffer.alloc(100), 0],
    ['a closing bracket', ' ]', 1],
    ['a second byte order mark', '\ufeff\ufeff{}', 3],
    ['a word beyond the head', `${' '.repeat(DETECTION_BYTES)}x`, DETECTION_BYTES],
  ])('%s', async (_, content, offset) => {
    expect(await errorOf(plan(content))).toMatchObject({
      code: 'SOURCE_NOT_JSON',
      offset,
      snippet: expect.any(String),
    });
  });

  test.each([
    ['nothing', ''],
    ['white space only', ' \t\r\n\n'],
    ['a byte order mark only', '\ufeff'],
    ['white space only, more than the head', ' '.repeat(2 * DETECTION_BYTES)],
  ])('%s: empty', async (_, content) => {
    expect(await errorOf(plan(content))).toMatchObject({ code: 'SOURCE_EMPTY' });
  });
});

describe('spans', () => {
  const MIB = 1024 * 1024;

  test('cover a source without gaps, at least one of them', () => {
    for (const [from, to, given] of [
      [0, 0, 7],
      [3, 100, 7],
      [3, 4, 7],
      [0, 70, 7],
      [0, 5_000_000_000, undefined],
    ] as const) {
      const spans = cut(from, to, given);
      expect(spans[0]!.from).toBe(from);
      expect(spans.at(-1)!.to).toBe(to);
      for (let i = 1; i < spans.length; i++) expect(spans[i]!.from).toBe(spans[i - 1]!.to);
    }
  });

  test('the last takes along a rest of less than half a span', () => {
    expect(cut(0, 23, 10).map(({ to }) => to)).toEqual([10, 23]);
    expect(cut(0, 25, 10).map(({ to }) => to)).toEqual([10, 20, 25]);
    expect(cut(0, 4, 10).map(({ to }) => to)).toEqual([4]);
    expect(cut(0, 256 * MIB + 104)).toHaveLength(32);
  });

  test('are a 32nd of a source, within limits', () => {
    expect(cut(0, MIB)).toHaveLength(1);
    expect(cut(0, 32 * SPAN_BYTES_MIN)).toHaveLength(32);
    expect(cut(0, 256 * MIB)).toHaveLength(32);
    expect(cut(0, 100 * SPAN_BYTES_MAX)).toHaveLength(100);
  });
});
