// Goal: a path means the member names a person would read in it, and every list of names can be written as a path.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPath, parsePath } from '../../src/keys/paths.js';

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
