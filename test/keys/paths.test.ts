// Goal: a path means the member names a person would read in it, and every list of names can be written as a path.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPath, formatPointer, type Places, parsePath, parsePointer } from '../../src/keys/paths.js';

describe('parsePath', () => {
  it.each([
    ['id', ['id']],
    ['user.id', ['user', 'id']],
    ['a~1b', ['a~1b']],
    ['a/b', ['a/b']],
    ['/id', ['id']],
    ['/a~1b/c', ['a/b', 'c']],
    ['/a~0b', ['a~b']],
    ['/~01', ['~1']],
    ['/a.b', ['a.b']],
    ['/', ['']],
    ['/a//b', ['a', '', 'b']],
    ['__proto__.constructor', ['__proto__', 'constructor']],
  ])('reads %j as %j', (path, names) => {
    expect(parsePath(path)).toEqual(names);
  });

  it.each([
    ['', /it is empty/],
    ['.', /empty name between its dots; write "\/\/"/],
    ['a..b', /write "\/a\/\/b"/],
    ['a.', /write "\/a\/"/],
    ['.a', /write "\/\/a"/],
    ['/a~', /"~" at position 2/],
    ['/a~2', /"~" at position 2/],
    ['/~~0', /"~" at position 1/],
  ])('refuses %j and says why', (path, why) => {
    expect(() => parsePath(path)).toThrow(TypeError);
    expect(() => parsePath(path)).toThrow(why);
  });

  it('refuses what is no string', () => {
    expect(() => parsePath(1 as never)).toThrow(/must be a string, not number/);
  });
});

describe('formatPath', () => {
  it('writes what parsePath reads', () => {
    const name = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('~', '/', '.', '0', '1', 'a') }));
    fc.assert(
      fc.property(fc.array(name, { minLength: 1 }), (names) => {
        expect(parsePath(formatPath(names))).toEqual(names);
      }),
    );
  });

  it('prefers dots', () => {
    expect(formatPath(['user', 'id'])).toBe('user.id');
    expect(formatPath(['a.b', 'c/d', '~'])).toBe('/a.b/c~1d/~0');
  });
});

describe('places in a document', () => {
  it.each([
    ['', []],
    ['/data/items', ['data', 'items']],
    ['/*/items', [null, 'items']],
    ['/~2/a*b/**', ['*', 'a*b', '**']],
    ['/~02/~0~1', ['~2', '~/']],
  ])('%j are %j', (text, places) => {
    expect(parsePointer(text)).toEqual(places);
    expect(parsePointer(formatPointer(places))).toEqual(places);
  });

  it.each(['items', '/~3', '/a~', '/~~2', '/a~2'])('refuses %j', (text) => {
    expect(() => parsePointer(text)).toThrow(/expected a JSON Pointer/);
  });

  it('are written as they are read', () => {
    const name = fc.oneof(fc.string({ unit: fc.constantFrom('~', '/', '*', '0', '1', '2') }), fc.constant(null));
    fc.assert(
      fc.property(fc.array(name, { minLength: 1 }), (places: Places) => {
        expect(parsePointer(formatPointer(places))).toEqual(places);
      }),
    );
  });
});
