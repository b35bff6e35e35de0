// The formats of a string: as src/profile/formats.ts has them, test by test. A test runs only while all strings of a path have
// passed it.

import { COLON, MINUS, PLUS, POINT, ZERO } from '../contract';
import { digitsAt } from '../grammar';
import { CLASSES, DIGIT, HEX, LETTER, OF_BASE64, OF_LOCAL, is } from './classes';
import { FORMATS } from './paths';
import { isCommonUri, isUri } from './uri';

/** As FORMATS in src/profile/types.ts, in this order. */
const DATE_TIME: u32 = 1 << 0;
const DATE: u32 = 1 << 1;
const TIME: u32 = 1 << 2;
const UUID: u32 = 1 << 3;
const EMAIL: u32 = 1 << 4;
export const URI: u32 = 1 << 5;
const IPV4: u32 = 1 << 6;
const IPV6: u32 = 1 << 7;
export const NUMBER: u32 = 1 << 8;
const BASE64: u32 = 1 << 9;

const BASE64_CHARACTERS_MIN: u32 = 16;
const EMAIL_CHARACTERS_MAX: u32 = 320;

/** Takes from a path the formats that the text [at, end) does not have. */
export function testFormats(path: u32, at: u32, end: u32): void {
  const bytes = end - at;
  let formats = load<u32>(path, FORMATS);
  // Most paths with a format have one, and keep it.
  if (formats == NUMBER) {
    if (isNumber(at, end)) return;
  } else if (formats == URI) {
    if (isCommonUri(at, end) || isUri(at, end)) return;
  } else if (formats == DATE_TIME) {
    if (isDateTime(at, bytes)) return;
  } else if (formats == UUID) {
    if (bytes == 36 && isUuid(at)) return;
  }
  if (formats & DATE_TIME) if (!isDateTime(at, bytes)) formats ^= DATE_TIME;
  if (formats & DATE) if (bytes != 10 || !isDate(at)) formats ^= DATE;
  if (formats & TIME) if (!isTime(at, end)) formats ^= TIME;
  if (formats & UUID) if (bytes != 36 || !isUuid(at)) formats ^= UUID;
  if (formats & EMAIL) if (bytes > EMAIL_CHARACTERS_MAX || !isEmail(at, end)) formats ^= EMAIL;
  if (formats & URI) if (!isUri(at, end)) formats ^= URI;
  if (formats & IPV4) if (!isIpv4(at, end)) formats ^= IPV4;
  if (formats & IPV6) if (!isIpv6(at, end)) formats ^= IPV6;
  if (formats & NUMBER) if (!isNumber(at, end)) formats ^= NUMBER;
  if (formats & BASE64) if (!isBase64(at, end)) formats ^= BASE64;
  store<u32>(path, formats, FORMATS);
}

/** The same for a string that is too long for all formats but one. */
export function testLongFormats(path: u32, at: u32, end: u32): void {
  const formats = load<u32>(path, FORMATS) & BASE64;
  store<u32>(path, formats != 0 && isBase64(at, end) ? formats : 0, FORMATS);
}

/** The value of two digits, or 100 and more. */
// @ts-ignore: decorator
@inline function twoDigits(at: u32): u32 {
  const tens = <u32>load<u8>(at) - ZERO, units = <u32>load<u8>(at, 1) - ZERO;
  return tens > 9 || units > 9 ? 100 : tens * 10 + units;
}

function isDateTime(at: u32, bytes: u32): bool {
  if (bytes < 20) return false;
  return (<u32>load<u8>(at, 10) | 0x20) == 0x74 && isDate(at) && isTime(at + 11, at + bytes);
}

function isDate(at: u32): bool {
  const century = twoDigits(at), year = twoDigits(at + 2), month = twoDigits(at + 5), day = twoDigits(at + 8);
  if (century > 99 || year > 99 || <u32>load<u8>(at, 4) != MINUS || <u32>load<u8>(at, 7) != MINUS) return false;
  if (month < 1 || month > 12 || day < 1) return false;
  if (day <= 28) return true;
  if (month == 2) return day == 29 && (year != 0 ? year & 3 : century & 3) == 0;
  return day <= 30 + ((month + (month >> 3)) & 1);
}

function isTime(at: u32, end: u32): bool {
  if (end - at < 9) return false;
  const hour = twoDigits(at), minute = twoDigits(at + 3), second = twoDigits(at + 6);
  if (hour > 23 || minute > 59 || second > 60) return false;
  if (<u32>load<u8>(at, 2) != COLON || <u32>load<u8>(at, 5) != COLON) return false;
  at += 8;
  if (<u32>load<u8>(at) == POINT) {
    const digits = ++at;
    while (at < end && is(at, DIGIT)) at++;
    if (at == digits || at == end) return false;
  }
  const c = <u32>load<u8>(at);
  let offset: i32 = 0;
  if ((c | 0x20) == 0x7a /* z */) {
    if (at + 1 != end) return false;
  } else {
    if ((c != MINUS && c != PLUS) || end - at != 6 || <u32>load<u8>(at, 3) != COLON) return false;
    const hours = twoDigits(at + 1), minutes = twoDigits(at + 4);
    if (hours > 23 || minutes > 59) return false;
    offset = <i32>(60 * hours + minutes) * (c == MINUS ? -1 : 1);
  }
  return second < 60 || (<i32>(60 * hour + minute) - offset + 1) % 1440 == 0;
}

/** Where its 32 digits are: 16 bytes from 0 on, from 16 on and from 20 on, with hyphens between them. */
function isUuid(at: u32): bool {
  return digitsOfUuid(at) == 0xdeff && digitsOfUuid(at + 16) == 0xff7b && digitsOfUuid(at + 20) == 0xfff7 &&
    <u32>load<u8>(at, 8) == MINUS && <u32>load<u8>(at, 13) == MINUS && <u32>load<u8>(at, 18) == MINUS && <u32>load<u8>(at, 23) == MINUS;
}

/** Which of 16 bytes are hexadecimal digits. */
// @ts-ignore: decorator
@inline function digitsOfUuid(at: u32): u32 {
  const bytes = v128.load(at);
  const digits = i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(0x30)), i8x16.splat(10));
  const letters = i8x16.lt_u(i8x16.sub(v128.or(bytes, i8x16.splat(0x20)), i8x16.splat(0x61)), i8x16.splat(6));
  return <u32>i8x16.bitmask(v128.or(digits, letters));
}

function isEmail(at: u32, end: u32): bool {
  // Words with a point between them.
  for (;;) {
    const word = at;
    while (at < end && is(at, OF_LOCAL)) at++;
    if (at == word || at == end) return false;
    const c = <u32>load<u8>(at++);
    if (c == 0x40 /* @ */) break;
    if (c != POINT) return false;
  }
  // Labels likewise, at least two, without a hyphen at an end.
  let labels: u32 = 0;
  let hasMore = true;
  while (hasMore) {
    const label = at;
    while (at < end && (is(at, DIGIT | LETTER) || <u32>load<u8>(at) == MINUS)) at++;
    if (at == label || <u32>load<u8>(label) == MINUS || <u32>load<u8>(at - 1) == MINUS) return false;
    labels++;
    hasMore = at < end;
    if (hasMore && <u32>load<u8>(at++) != POINT) return false;
  }
  return labels > 1;
}

function isIpv4(at: u32, end: u32): bool {
  for (let octets = 0; octets < 4; octets++) {
    if (octets > 0 && (at == end || <u32>load<u8>(at++) != POINT)) return false;
    const octet = at;
    let value: u32 = 0;
    while (at < end && at - octet < 4 && is(at, DIGIT)) value = value * 10 + <u32>load<u8>(at++) - ZERO;
    const digits = at - octet;
    if (digits == 0 || digits > 3 || value > 255 || (digits > 1 && <u32>load<u8>(octet) == ZERO)) return false;
  }
  return at == end;
}

function isIpv6(at: u32, end: u32): bool {
  if (end - at > 7 && load<u16>(at) == 0x3a3a && (load<u32>(at, 2) | 0x20202020) == 0x66666666 && <u32>load<u8>(at, 6) == COLON) {
    if (isIpv4(at + 7, end)) return true;
  }
  let groups: u32 = 0;
  let hasGap = false;
  if (end - at >= 2 && load<u16>(at) == 0x3a3a) {
    hasGap = true;
    at += 2;
    if (at == end) return true;
  }
  for (;;) {
    const group = at;
    while (at < end && is(at, HEX)) at++;
    if (at == group || at - group > 4) return false;
    groups++;
    if (at == end) break;
    if (<u32>load<u8>(at++) != COLON) return false;
    if (at == end) return false;
    if (<u32>load<u8>(at) == COLON) {
      if (hasGap) return false;
      hasGap = true;
      if (++at == end) break;
    }
  }
  return hasGap ? groups < 8 : groups == 8;
}

/**
 * Whether it is certainly a number: up to 16 digits, with a sign and a point at most. One test for all, since the lengths of
 * such numbers vary and cannot be foreseen.
 */
// @ts-ignore: decorator
@inline export function isShortNumber(at: u32, end: u32): bool {
  const bytes = end - at;
  if (bytes > 16) return false;
  const text = v128.load(at);
  const sign = <u32>(<u32>load<u8>(at) == MINUS);
  const inside = (<u32>1 << bytes) - 1 >> sign;
  const digits = <u32>i8x16.bitmask(i8x16.lt_u(i8x16.sub(text, i8x16.splat(<i8>ZERO)), i8x16.splat(10))) >> sign & inside;
  const points = <u32>i8x16.bitmask(i8x16.eq(text, i8x16.splat(<i8>POINT))) >> sign & inside;
  // One point at most, digits on both sides of it, and no 0 before other digits.
  const hasLeadingZero = <u32>load<u8>(at + sign) == ZERO && (digits & 2) != 0;
  return <u32>((digits | points) != inside) + (points & points - 1) + (points & 1) + (inside & ~(inside >> 1) & ~digits) +
    <u32>hasLeadingZero == 0 && inside != 0;
}

function isNumber(at: u32, end: u32): bool {
  if (isShortNumber(at, end)) return true;
  if (at < end && <u32>load<u8>(at) == MINUS) at++;
  const whole = at;
  at = digitsEnd(at);
  if (at == whole || (at - whole > 1 && <u32>load<u8>(whole) == ZERO)) return false;
  if (at < end && <u32>load<u8>(at) == POINT) {
    const fraction = ++at;
    at = digitsEnd(at);
    if (at == fraction) return false;
  }
  if (at < end && (<u32>load<u8>(at) | 0x20) == 0x65 /* e */) {
    at++;
    if (at < end && (<u32>load<u8>(at) == PLUS || <u32>load<u8>(at) == MINUS)) at++;
    const exponent = at;
    at = digitsEnd(at);
    if (at == exponent) return false;
  }
  return at == end;
}

/** After the string stands a quote, which is no digit. */
// @ts-ignore: decorator
@inline function digitsEnd(at: u32): u32 {
  let digits = digitsAt(at);
  while (digits == 16) digits = digitsAt(at += 16);
  return at + digits;
}

function isBase64(at: u32, end: u32): bool {
  const bytes = end - at;
  if (bytes < BASE64_CHARACTERS_MIN || (bytes & 3) != 0) return false;
  if (<u32>load<u8>(end - 1) == 0x3d /* = */) end -= <u32>load<u8>(end - 2) == 0x3d ? 2 : 1;
  let all: u32 = HEX | OF_BASE64;
  for (; at < end; at++) {
    all &= <u32>load<u8>(CLASSES + <usize>load<u8>(at));
    if ((all & OF_BASE64) == 0) return false;
  }
  return (all & HEX) == 0 || isPadded(end);
}

// @ts-ignore: decorator
@inline function isPadded(end: u32): bool {
  return <u32>load<u8>(end) == 0x3d;
}
