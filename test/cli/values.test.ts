// Goal: words on the command line mean what the README says, and what is printed is safe to print. Method: the pure
// functions of src/cli, case by case.

import { describe, expect, test } from 'vitest';
import { ERROR_CODES, GristmillError } from '../../src/base/errors.js';
import { hasStringTwin, readCount, readInteger, readKey, readRatio, readSize } from '../../src/cli/shared/arguments.js';
import { escapeControls } from '../../src/cli/terminal/escape.js';
import { Exit, failureOf } from '../../src/cli/terminal/exit.js';
import { describe as describeProgress } from '../../src/cli/terminal/progress.js';
import { alignColumns, formatBytes, formatSeconds } from '../../src/cli/terminal/table.js';
import { JsonNumber } from '../../src/keys/json-number.js';

describe('a key', () => {
  test.each([
    ['42', 42],
    ['-1.5', -1.5],
    ['1e3', 1000],
    ['true', true],
    ['false', false],
    ['null', null],
    ['"42"', '42'],
    ['"a\\u00e4"', 'aä'],
    ['""', ''],
    ['9007199254740991', 9007199254740991],
    ['9007199254740993', 9007199254740993n],
    ['-123456789012345678901234567890', -123456789012345678901234567890n],
    ['abc', 'abc'],
    ['', ''],
    ['007', '007'],
    ['+1', '+1'],
    ['1.', '1.'],
    ['NaN', 'NaN'],
    ['True', 'True'],
    ['"unfinished', '"unfinished'],
    ['"bad \\x escape"', '"bad \\x escape"'],
    ['{"a":1}', '{"a":1}'],
    ['2024-01-01', '2024-01-01'],
  ])('%s is read as %o', (word, expected) => {
    expect(readKey(word, false)).toBe(expected);
  });

  test.each(['42', 'true', '"42"', 'null'])('%s is a string when every key is', (word) => {
    expect(readKey(word, true)).toBe(word);
  });

  test.each([
    ['1e400', 10n ** 400n],
    ['-1E+999', -(10n ** 999n)],
    ['-0.12345678901234567890123', new JsonNumber('-0.12345678901234567890123')],
    ['1E-400', new JsonNumber('1e-400')],
    ['7.00', 7],
    ['-0', 0],
    ['1e21', 1e21],
  ])('%s keeps all its digits: it is %s', (word, expected) => {
    expect(readKey(word, false)).toEqual(expected);
    expect(readKey(String(expected), false)).toBe(readKey(word, false));
    expect(readKey(word, true)).toBe(word);
  });

  test('that no record can have is refused', () => {
    expect(() => readKey('1e99999', false)).toThrow(expect.objectContaining({ code: 'KEY_TOO_LONG' }));
    expect(() => readKey('7'.repeat(5000), false)).toThrow(expect.objectContaining({ code: 'KEY_TOO_LONG' }));
  });

  test('only a word that was not read as a string has a string twin', () => {
    expect(['42', 'true', 'null', '-0.5'].map(hasStringTwin)).toEqual([true, true, true, true]);
    expect(['abc', '"42"', '007'].map(hasStringTwin)).toEqual([false, false, false]);
  });
});

describe('an option value', () => {
  test.each([
    ['0', 0],
    ['65536', 65536],
    ['64k', 65536],
    ['64K', 65536],
    ['64KiB', 65536],
    ['64m', 64 * 2 ** 20],
    ['1.5g', 1.5 * 2 ** 30],
  ])('size %s is %i bytes', (word, bytes) => {
    expect(readSize(word)).toBe(bytes);
  });

  test.each(['', 'm', '-1', '1t', '64 megs', '1e6', '9999999999g'])('size "%s" is refused', (word) => {
    expect(() => readSize(word)).toThrow(/Expected a size/);
  });

  test('whole numbers, counts and shares', () => {
    expect(readInteger('-7')).toBe(-7);
    expect(() => readInteger('1.5')).toThrow(/whole number/);
    expect(() => readCount('-1')).toThrow(/0 or more/);
    expect([readRatio('0.25'), readRatio('1%'), readRatio('.5'), readRatio('1')]).toEqual([0.25, 0.01, 0.5, 1]);
    for (const word of ['2', '101%', '-0.1', 'all']) expect(() => readRatio(word)).toThrow(/share/);
  });
});

describe('a failure', () => {
  test('of every code has an exit code, and its fields are kept', () => {
    for (const code of ERROR_CODES) {
      const facts = { file: 'a.json', offset: 0, line: 1, record: 0, snippet: 'x' };
      const failure = failureOf(new GristmillError(code, 'message', { ...facts, cause: new Error('below') }));
      expect(failure).toMatchObject({ code, message: 'message', facts });
      expect(Object.values(Exit)).toContain(failure.exit);
      expect(failure.exit).toBeGreaterThan(Exit.notFound);
    }
  });

  test("of the caller is told from a fault of gristmill's own", () => {
    expect(failureOf(new TypeError('options.workers must be a positive integer')).exit).toBe(Exit.usage);
    const fault = (() => {
      try {
        return (undefined as unknown as { missing: string }).missing;
      } catch (error) {
        return error;
      }
    })();
    expect(failureOf(fault)).toMatchObject({ code: 'INTERNAL', exit: Exit.internal });
  });

  test('of the system is an I/O error; a full disk is named', () => {
    const withCode = (code: string) => Object.assign(new Error(code), { code, path: '/p' });
    expect(failureOf(withCode('ENOSPC'))).toMatchObject({ code: 'DISK_FULL', exit: Exit.io, facts: { file: '/p' } });
    expect(failureOf(withCode('EACCES'))).toMatchObject({ code: 'IO_ERROR', exit: Exit.io });
  });
});

describe('what is printed', () => {
  test('has no control characters and nothing that turns text around', () => {
    expect(escapeControls('a\u001b[31m\n\u0000\u007f\u009b\u202eb ä 😀')).toBe(
      'a\\u001b[31m\\u000a\\u0000\\u007f\\u009b\\u202eb ä 😀',
    );
  });

  test('sizes and times have three digits and no unit is overrun', () => {
    expect([0, 999, 1000, 9_994, 99_940, 999_400, 999_600, 68_200_000, 4e9].map(formatBytes)).toEqual([
      '0 B',
      '999 B',
      '1.00 kB',
      '9.99 kB',
      '99.9 kB',
      '999 kB',
      '1.00 MB',
      '68.2 MB',
      '4.00 GB',
    ]);
    expect([0.4249, 12.34, 59.99, 125, 3599.7, 3725].map(formatSeconds)).toEqual([
      '0.42 s',
      '12.3 s',
      '1 min 00 s',
      '2 min 05 s',
      '1 h 00 min',
      '1 h 02 min',
    ]);
  });

  test('tables are aligned', () => {
    expect(
      alignColumns([
        ['name', 'n'],
        ['a', '10'],
      ]),
    ).toBe('name   n\na     10\n');
  });

  test('progress tells bytes, records, rate and the time left', () => {
    const progress = { stage: 'scan', bytes: 1e9, bytesTotal: 4e9, records: 250_000, seconds: 4 } as const;
    expect(describeProgress(progress)).toBe('1.00 GB of 4.00 GB | 250,000 records | 250 MB/s | 12.0 s left');
    expect(describeProgress({ ...progress, stage: 'merge' })).not.toContain('left');
  });
});
