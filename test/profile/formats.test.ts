// Goal: a format is found only where a validator of JSON Schema would accept it, and is found in the forms that people write.
// Method: a table of strings that are, and strings that nearly are; numbers against JSON.parse, dates against Date.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatsOf, hasFormat } from '../../src/profile/formats.js';
import { FORMATS, type StringFormat } from '../../src/profile/types.js';
import { runs } from '../support/effort.js';
import { formatted } from '../support/profile-lines.js';

const formatsIn = (text: string): StringFormat[] =>
  FORMATS.filter((name) => hasFormat(formatsOf(JSON.stringify(text)), name));

const ARE: Readonly<Record<StringFormat, readonly string[]>> = {
  'date-time': ['2024-02-29T23:59:59Z', '2024-01-01t00:00:00.123456z', '1990-12-31T15:59:60-08:00'],
  date: ['2024-02-29', '2000-02-29', '0000-01-01', '9999-12-31'],
  time: ['00:00:00Z', '23:59:60Z', '12:30:00.5+05:30', '12:30:00-23:59'],
  uuid: ['00000000-0000-0000-0000-000000000000', 'E8A2CD44-1f6a-4B0e-9f0d-0123456789ab'],
  email: ['a@b.c', "o'hara+list@mail.example.co.uk", 'a.b-c_d@x--y.zz'],
  uri: ['http://a', 'https://example.com:8080/a/b;c?d=e&f=%20#g', 'file:///etc/hosts', 's3://bucket/key', 'http://a?b'],
  ipv4: ['0.0.0.0', '255.255.255.255', '192.168.1.10'],
  ipv6: ['::', '::1', '1::', 'fe80::1:2', '1:2:3:4:5:6:7:8', '2001:DB8::a', '::ffff:10.0.0.1'],
  number: ['0', '-0', '-1.50', '1e5', '1E+400', '0.1e-7'],
  base64: ['aGVsbG8gd29ybGQgaGVsbG8=', 'aGVsbG8gd29ybGQgaGVsbA==', 'Zm9vYmFyYmF6cXV4/+Z9'],
};
const ARE_NOT: Readonly<Record<StringFormat, readonly string[]>> = {
  'date-time': [
    '2024-01-01 00:00:00Z',
    '2024-01-01T00:00:00',
    '2023-02-29T00:00:00Z',
    '2024-01-01T24:00:00Z',
    '2024-01-01T00:00Z',
  ],
  date: ['2023-02-29', '1900-02-29', '2024-00-01', '2024-13-01', '2024-04-31', '2024-1-1', '20240101', '2024-01-01 '],
  time: ['00:00:00', '00:00Z', '22:59:60Z', '00:00:00.Z', '00:00:00+0100', '00:00:00+24:00', '0:00:00Z', '00:60:00Z'],
  uuid: [
    '0000000-00000-0000-0000-000000000000',
    '{00000000-0000-0000-0000-000000000000}',
    'g0000000-0000-0000-0000-000000000000',
  ],
  email: [
    'a@b',
    '@b.c',
    'a@',
    '.a@b.c',
    'a.@b.c',
    'a..b@c.de',
    'a@-b.c',
    'a@b-.c',
    'a@b..c',
    'a@b.c.',
    'a@b.c!',
    'é@b.c',
    'a b@c.de',
  ],
  uri: [
    'http:/a',
    '//a/b',
    '1a://b',
    'a b://c',
    'http://a b',
    'http://a/%zz',
    'http://a#b#c',
    'http://a/[1]',
    'http://é',
    'example.com',
  ],
  ipv4: ['1.2.3', '1.2.3.4.5', '01.2.3.4', '256.1.1.1', '1.2.3.', '1.2.3.4 ', '.1.2.3', '1..2.3'],
  ipv6: [
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    ':1',
    '1:',
    ':::',
    '12345::',
    'g::',
    'fe80::1%eth0',
    '::ffff:256.0.0.1',
  ],
  number: ['007', '+1', '1.', '.5', '1e', '1e+', '0x1', '1_000', '1,5', ' 1', '1 ', '-', '', 'NaN', 'Infinity'],
  base64: [
    'abcd',
    'd41d8cd98f00b204e9800998ecf8427e',
    'aGVsbG8gd29ybGQgaGVsbG8',
    'aGVsbG8=d29ybGQgaGVsbG8=',
    '====================',
  ],
};

describe.each(FORMATS)('format %s', (name) => {
  it.each(ARE[name])('has %s', (text) => expect(formatsIn(text)).toContain(name));
  it.each(ARE_NOT[name])('does not have %s', (text) => expect(formatsIn(text)).not.toContain(name));
});

describe('formats', () => {
  it('are those of what a string means, however it is spelled', () => {
    expect(formatsOf('"http:\\/\\/a\\/b"')).toBe(formatsOf('"http://a/b"'));
    expect(formatsOf('"\\u0031\\u0030"')).toBe(formatsOf('"10"'));
  });

  it('of long strings are base64 or none', () => {
    expect(formatsIn('a+B='.slice(0, 3).padEnd(4000, 'x'))).toEqual(['base64']);
    expect(formatsIn(`http://a/${'b'.repeat(4000)}`)).toEqual([]);
    expect(formatsOf(`"${'ab+d'.repeat(1000)}\\u0061bcd"`)).toBe(0);
  });

  it('number is what JSON.parse takes for a number, and date what Date does', () => {
    fc.assert(
      fc.property(formatted, (text) => {
        const isNumber = /^[-\d]/.test(text) && !/\s/.test(text) && typeof parsed(text) === 'number';
        expect(formatsIn(text).includes('number')).toBe(isNumber);
        const day = new Date(`${text}T00:00:00Z`);
        const isDate =
          /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
        expect(formatsIn(text).includes('date')).toBe(isDate);
      }),
      { numRuns: runs(4000) },
    );
  });
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
