// The formats of a string: RFC 3339 times and others that are recognised by their spelling alone. A test says yes only to what
// validators of JSON Schema accept: where they differ, or a rare form is costly to test, it says no. A path has a format if all its
// strings have it, so one "no" too many hides a format, and one "yes" too many would be a lie.

import { FORMATS, type StringFormat } from './types.js';

/** Longer strings (with their quotes) have no format but base64, and none if they have an escape. */
export const FORMAT_BYTES_MAX = 2048;
/** Shorter ones are words more often than bytes. */
const BASE64_CHARACTERS_MIN = 16;
const EMAIL_CHARACTERS_MAX = 320;

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const TIME = /^(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[zZ]|([+-])(\d\d):(\d\d))$/;
const UUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i;
const EMAIL =
  /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*@(?:[a-z\d](?:[a-z\d-]*[a-z\d])?\.)+[a-z\d](?:[a-z\d-]*[a-z\d])?$/i;
/** With an authority, whose host is a name or an IPv4 address and has no user before it. */
const URI =
  /^[a-z][a-z\d+.-]*:\/\/[\w.~-]*(?::\d*)?(?:\/(?:[\w.~!$&'()*+,;=:@/-]|%[\da-f]{2})*)?(?:\?(?:[\w.~!$&'()*+,;=:@/?-]|%[\da-f]{2})*)?(?:#(?:[\w.~!$&'()*+,;=:@/?-]|%[\da-f]{2})*)?$/i;
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const IPV4_MAPPED = /^::ffff:(.*)$/i;
const IPV6_GROUPS = /^[\da-f]{1,4}(?::[\da-f]{1,4})*$/i;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** Not hexadecimal digits alone, which are a hash or an id. */
const BASE64 = /^(?![\da-fA-F]*$)(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/;

const TESTS: Readonly<Record<StringFormat, (text: string) => boolean>> = {
  'date-time': (text) => /^[tT]$/.test(text.charAt(10)) && isDate(text.slice(0, 10)) && isTime(text.slice(11)),
  date: isDate,
  time: isTime,
  uuid: (text) => UUID.test(text),
  email: (text) => text.length <= EMAIL_CHARACTERS_MAX && EMAIL.test(text),
  uri: (text) => URI.test(text),
  ipv4: (text) => IPV4.test(text),
  ipv6: isIpv6,
  number: (text) => NUMBER.test(text),
  base64: (text) => text.length >= BASE64_CHARACTERS_MIN && BASE64.test(text),
};

/** All formats, as bits: every string that there is not has all of them. */
export const ALL_FORMATS = (1 << FORMATS.length) - 1;

/** The formats of a string, by the bits of FORMATS. @param token as it is spelled, with its quotes */
export function formatsOf(token: string): number {
  if (/[^\0-\x7f]/.test(token)) return 0;
  const isLong = token.length > FORMAT_BYTES_MAX;
  if (isLong && token.includes('\\')) return 0;
  const text = isLong ? token.slice(1, -1) : (JSON.parse(token) as string);
  let formats = 0;
  for (const [bit, name] of FORMATS.entries()) {
    if ((!isLong || name === 'base64') && TESTS[name](text)) formats |= 1 << bit;
  }
  return formats;
}

/** Whether a mask has the bit of a format. */
export function hasFormat(formats: number, name: StringFormat): boolean {
  return ((formats >> FORMATS.indexOf(name)) & 1) === 1;
}

function isDate(text: string): boolean {
  const [year, month, day] = numbersOf(DATE, text);
  if (year === undefined || month! < 1 || month! > 12 || day! < 1) return false;
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = month === 2 ? (isLeapYear ? 29 : 28) : [4, 6, 9, 11].includes(month!) ? 30 : 31;
  return day! <= days;
}

/** With an offset, as RFC 3339 has it. A minute has 61 seconds only where a leap second can be: at 23:59 UTC. */
function isTime(text: string): boolean {
  const match = TIME.exec(text);
  if (match === null) return false;
  const [hour, minute, second] = match.slice(1, 4).map(Number) as [number, number, number];
  const [offsetHour, offsetMinute] = match.slice(5).map((part) => Number(part ?? 0)) as [number, number];
  if (hour > 23 || minute > 59 || second > 60 || offsetHour > 23 || offsetMinute > 59) return false;
  if (second < 60) return true;
  const offset = (60 * offsetHour + offsetMinute) * (match[4] === '-' ? -1 : 1);
  return (60 * hour + minute - offset + 1) % 1440 === 0;
}

function numbersOf(pattern: RegExp, text: string): (number | undefined)[] {
  return pattern.exec(text)?.slice(1).map(Number) ?? [];
}

/** Eight groups, or fewer with `::` in their midst; or an IPv4 address in the form that servers log. */
function isIpv6(text: string): boolean {
  const mapped = IPV4_MAPPED.exec(text);
  if (mapped !== null && IPV4.test(mapped[1]!)) return true;
  const halves = text.split('::');
  if (halves.length > 2 || halves.some((half) => half !== '' && !IPV6_GROUPS.test(half))) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':'))).length;
  return halves.length === 2 ? groups < 8 : groups === 8;
}
