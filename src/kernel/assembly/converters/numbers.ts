// Numbers and dates as text of JSON.

const ZERO: u32 = 0x30;
const MINUS: u32 = 0x2d;
const DOT: u32 = 0x2e;
const DAY_MS: u64 = 86_400_000;
/** Whole numbers from here on may stand for several of those that a double has none of. */
const WHOLE_MAX: f64 = 1e15;
const DECIMALS_MAX: u32 = 9;

/** Writes the text of any double, as the twin does. @returns how many bytes that is */
// @ts-ignore: decorators are valid here
@external("env", "double")
declare function writeDouble(value: f64, to: u32): u32;

/** Digits of a number. */
@inline function digits(value: u64): u32 {
  let count: u32 = 1;
  for (let rest = value; rest >= 10; rest /= 10) count++;
  return count;
}

/** Writes a number in so many digits. @returns the end of the text */
export function padded(to: u32, value: u64, width: u32): u32 {
  let rest = value;
  for (let at = to + width; at > to; rest /= 10) store<u8>(--at, <u8>(ZERO + <u32>(rest % 10)));
  return to + width;
}

/** Writes a whole number. @returns the end of the text */
export function whole(to: u32, value: i64): u32 {
  let at = to;
  let rest = <u64>value;
  if (value < 0) {
    store<u8>(at++, <u8>MINUS);
    rest = 0 - rest;
  }
  return padded(at, rest, digits(rest));
}

/**
 * Writes a double: the shortest text that is this double again. One with few decimals is a whole number through a power of ten;
 * both are exact, so the quotient is the double that the text stands for. All others are left to the host.
 */
export function double(to: u32, value: f64): u32 {
  const size = abs(value);
  if (size < WHOLE_MAX && size >= 1e-5) {
    let power: f64 = 10;
    for (let decimals: u32 = 1; decimals <= DECIMALS_MAX; decimals++) {
      const scaled = nearest(size * power);
      if (scaled >= WHOLE_MAX) break;
      if (scaled / power == size) return decimal(to, value < 0, <u64>scaled, <u64>power, decimals);
      power *= 10;
    }
  }
  return to + writeDouble(value, to);
}

@inline function decimal(to: u32, isNegative: bool, scaled: u64, power: u64, decimals: u32): u32 {
  let at = to;
  if (isNegative) store<u8>(at++, <u8>MINUS);
  const before = scaled / power;
  at = padded(at, before, digits(before));
  store<u8>(at++, <u8>DOT);
  return padded(at, scaled % power, decimals);
}

/** Writes a time from 1970 to 9999 as `2026-11-30T10:00:00.5Z` would be, with three decimals or none. @returns the end of the text */
export function instant(to: u32, milliseconds: u64): u32 {
  const days = <u32>(milliseconds / DAY_MS);
  const ofDay = <u32>(milliseconds % DAY_MS);
  // Days from 0000-03-01, in eras of 400 years (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
  const shifted = days + 719_468;
  const ofEra = shifted % 146_097;
  const yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365;
  const ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const shiftedMonth = (5 * ofYear + 2) / 153;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + (shifted / 146_097) * 400 + (month <= 2 ? 1 : 0);
  let at = padded(to, year, 4);
  store<u8>(at++, <u8>MINUS);
  at = padded(at, month, 2);
  store<u8>(at++, <u8>MINUS);
  at = padded(at, ofYear - (153 * shiftedMonth + 2) / 5 + 1, 2);
  store<u8>(at++, 0x54); // T
  at = padded(at, ofDay / 3_600_000, 2);
  store<u8>(at++, 0x3a); // :
  at = padded(at, (ofDay / 60_000) % 60, 2);
  store<u8>(at++, 0x3a);
  at = padded(at, (ofDay / 1000) % 60, 2);
  if (ofDay % 1000 != 0) {
    store<u8>(at++, <u8>DOT);
    at = padded(at, ofDay % 1000, 3);
  }
  store<u8>(at, 0x5a); // Z
  return at + 1;
}
