// What is known of the numbers of a path: extremes, digits, numbers that others cannot hold. Integers of up to 18 digits have
// extremes of their own; all other numbers are compared as keys, unless a double is enough to see that they are none.

import { LOWER_E, MINUS, POINT, ZERO } from '../contract';
import { digitsAt, endsScalar } from '../grammar';
import { putNumberKey } from '../text';
import { Memory, allocate, release } from './memory';
import {
  BEYOND_KEYS, BEYOND_SAFE, DIGITS, OTHER_ABOVE, OTHER_BELOW, OTHER_LEAST, OTHER_LEAST_BYTES, OTHER_MOST, OTHER_MOST_BYTES,
} from './paths';

/** Above it are all numbers that are not less than the least one, if there is none. */
export const NO_LEAST: f64 = Infinity;
const KEY_BYTES_MAX: u32 = 1900;
const SAFE_INTEGER_MAX: i64 = 9_007_199_254_740_991;
/** Digits of an integer that is compared as such. */
export const INTEGER_DIGITS_MAX: u32 = 18;
/** A double made of so many digits is off by less than this share. */
const MARGIN: f64 = 1e-12;

/** One past the number at `at`. */
export function numberEndAt(at: u32): u32 {
  while (!endsScalar(at)) at++;
  return at;
}

/** The value of eight digits, the first one in the lowest byte. Bytes 00 are zeros. */
// @ts-ignore: decorator
@inline export function eightDigits(word: u64): u64 {
  word = (word & 0x0f0f0f0f0f0f0f0f) * 2561 >> 8;
  word = (word & 0x00ff00ff00ff00ff) * 6_553_601 >> 16;
  return (word & 0x0000ffff0000ffff) * 42_949_672_960_001 >> 32;
}

/** The value of 1 to 8 digits. */
// @ts-ignore: decorator
@inline export function fewDigits(at: u32, digits: u32): u64 {
  return eightDigits(load<u64>(at) << <u64>(64 - (digits << 3)));
}

/** The value of 1 to 19 digits. */
export function manyDigits(at: u32, digits: u32): u64 {
  if (digits <= 8) return fewDigits(at, digits);
  const last = eightDigits(load<u64>(at + digits - 8));
  if (digits <= 16) return fewDigits(at, digits - 8) * 100_000_000 + last;
  return manyDigits(at, digits - 8) * 100_000_000 + last;
}

/** An integer of 16 to 18 digits is seldom one that a double holds for certain. */
export function noteLongInteger(path: u32, value: i64): void {
  if (value > SAFE_INTEGER_MAX || value < -SAFE_INTEGER_MAX) increment(path + <u32>BEYOND_SAFE);
}

/** An integer of more digits. */
export function noteHugeInteger(path: u32, at: u32, end: u32): void {
  increment(path + <u32>BEYOND_SAFE);
  noteDigits(path, at, end);
  noteKey(path, at, NaN);
}

/** A number that is no integer. */
export function noteDecimal(path: u32, at: u32, end: u32): void {
  const start = at + <u32>(<u32>load<u8>(at) == MINUS);
  const whole = digitsAt(start), point = start + whole;
  // Without an exponent, and of as many digits as an integer may have.
  const decimals = end - point - 1;
  if (<u32>load<u8>(point) == POINT && decimals <= 17 && digitsUpTo(point + 1, end)) notePlainDecimal(path, at, start, whole, decimals);
  else {
    if (end - at > load<u32>(path, DIGITS)) noteDigits(path, at, end);
    noteKey(path, at, NaN);
  }
}

/** A number of `whole` digits from `start` on, a point and so many decimals. @param whole less than 17; @param decimals less than 18 */
export function notePlainDecimal(path: u32, at: u32, start: u32, whole: u32, decimals: u32): void {
  const fraction = start + whole + 1;
  const isZero = <u32>load<u8>(start) == ZERO;
  if (decimals + (isZero ? 0 : whole) > load<u32>(path, DIGITS)) noteDigits(path, at, fraction + decimals);
  let value: f64 = NaN;
  if (whole + decimals <= INTEGER_DIGITS_MAX) {
    let units = manyDigits(fraction, decimals);
    if (!isZero) units += manyDigits(start, whole) * <u64>load<u64>(POWERS + <usize>(decimals << 3));
    value = <f64>units / <f64>load<u64>(POWERS + <usize>(decimals << 3));
    if (at != start) value = -value;
    if (value > load<f64>(path, OTHER_ABOVE) && value < load<f64>(path, OTHER_BELOW)) return;
  }
  noteKey(path, at, value);
}

/** Powers of ten. */
const POWERS: usize = memory.data<u64>([
  1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000, 100_000_000_000,
  1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000, 10_000_000_000_000_000,
  100_000_000_000_000_000,
]);

function digitsUpTo(at: u32, end: u32): bool {
  const digits = digitsAt(at);
  return at + digits == end || (digits == 16 && at + 16 + digitsAt(at + 16) == end);
}

/** Significant digits: from the first that is not 0 to the last that is not. */
export function noteDigits(path: u32, at: u32, end: u32): void {
  let first = false;
  let digits: u32 = 0, significant: u32 = 0;
  for (; at < end; at++) {
    const c = <u32>load<u8>(at);
    if ((c | 0x20) == LOWER_E) break;
    const digit = c - ZERO;
    if (digit > 9) continue;
    if (digit != 0) first = true;
    if (!first) continue;
    digits++;
    if (digit != 0) significant = digits;
  }
  if (significant > load<u32>(path, DIGITS)) store<u32>(path, significant, DIGITS);
}

/** Compares the number at `at` with the extremes, exactly. @param value about it, if that is known */
function noteKey(path: u32, at: u32, value: f64): void {
  const key = Memory.scratch;
  const end = putNumberKey(at, key, key + KEY_BYTES_MAX + 16);
  if (end == 0 || end - key > KEY_BYTES_MAX) {
    increment(path + <u32>BEYOND_KEYS);
    return;
  }
  noteExtremes(path, key, end - key, value);
}

function noteExtremes(path: u32, key: u32, bytes: u32, value: f64): void {
  const margin = abs(value) * MARGIN + 1e-300;
  if (replace(path + <u32>OTHER_LEAST, key, bytes, -1) && value == value) store<f64>(path, value + margin, OTHER_ABOVE);
  if (replace(path + <u32>OTHER_MOST, key, bytes, 1) && value == value) store<f64>(path, value - margin, OTHER_BELOW);
}

/** Whether a key is the extreme from now on, whose address and bytes are at `slot`; `direction` 1: the greatest. */
function replace(slot: u32, key: u32, bytes: u32, direction: i32): bool {
  const known = load<u32>(slot), knownBytes = load<u32>(slot, 4);
  if (known != 0) {
    if (memory.compare(key, known, bytes < knownBytes ? bytes : knownBytes) * direction <= 0) return false;
    release(known, knownBytes);
  }
  const copy = allocate(bytes);
  memory.copy(copy, key, bytes);
  store<u32>(slot, copy);
  store<u32>(slot, bytes, 4);
  return true;
}

/** Adds the extremes of another path that are kept as keys; it has none afterwards. */
export function addExtremes(path: u32, other: u32): void {
  if (load<u32>(other, OTHER_LEAST) == 0) return;
  // Between the bounds of either, a number is no extreme of both.
  if (load<f64>(other, OTHER_ABOVE) < load<f64>(path, OTHER_ABOVE)) store<f64>(path, load<f64>(other, OTHER_ABOVE), OTHER_ABOVE);
  if (load<f64>(other, OTHER_BELOW) > load<f64>(path, OTHER_BELOW)) store<f64>(path, load<f64>(other, OTHER_BELOW), OTHER_BELOW);
  const least = load<u32>(other, OTHER_LEAST), leastBytes = load<u32>(other, OTHER_LEAST_BYTES);
  const most = load<u32>(other, OTHER_MOST), mostBytes = load<u32>(other, OTHER_MOST_BYTES);
  noteExtremes(path, least, leastBytes, NaN);
  noteExtremes(path, most, mostBytes, NaN);
  release(least, leastBytes);
  release(most, mostBytes);
  store<u32>(other, 0, OTHER_LEAST);
}

// @ts-ignore: decorator
@inline export function increment(counter: u32): void {
  store<u64>(counter, load<u64>(counter) + 1);
}
