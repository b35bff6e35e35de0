// The walk over the lines of a frame: value by value, each counted at its path. The lines are accepted records without white space
// between tokens, so there is nothing to check: after a value stands a comma, a bracket or a newline.
//
// One turn of the loop is a name, if there is one, its value, and the brackets and the comma after it. Rare things are calls; what is
// common is in the loop itself, as in skip.ts of the scan.

import { BACKSLASH, CLOSE_BRACE, CLOSE_BRACKET, COMMA, LOWER_E, LOWER_F, LOWER_N, MINUS, NEWLINE, OPEN_BRACE, OPEN_BRACKET, POINT, QUOTE } from '../contract';
import { digitsAt } from '../grammar';
import {
  INTEGER_DIGITS_MAX, fewDigits, increment, manyDigits, noteDecimal, notePlainDecimal, noteDigits, noteHugeInteger, noteLongInteger, numberEndAt,
} from './extremes';
import { Folds, relieve } from './fold';
import { NUMBER, isShortNumber } from './formats';
import { hashToken } from './hash';
import { DEPTH_MAX, LEVEL_BYTES, Memory, sameBytes } from './memory';
import { Name, lookUp } from './names';
import {
  ARRAY_LONGEST, ARRAY_SHORTEST, BEGINNING, DIGITS, ELEMENTS, FIRST, FORMATS, INTEGER_LEAST, INTEGER_MOST, KINDS, LONGEST, MASK,
  NEXT, OBJECT_FEWEST, OBJECT_MOST, REPEATS, SHORTEST, SPELLED, SPELLED_BYTES, STAMP, THRESHOLD, Tree, addPath,
} from './paths';
import { Measured, measure, testAscii, testMeasured } from './strings';
import { isNoted, noteValue } from './values';

/** Where the counts of a kind are. */
const NULLS: usize = KINDS, FALSES: usize = KINDS + 8, TRUES: usize = KINDS + 16, INTEGERS: usize = KINDS + 24;
const DECIMALS: usize = KINDS + 32, STRINGS: usize = KINDS + 40, ARRAYS: usize = KINDS + 48, OBJECTS: usize = KINDS + 56;

export class Walk {
  /** Objects so far: each has its number as a stamp. */
  static objects: u64 = 0;
  static records: u64 = 0;
}

/** Counts the lines in [at, end). */
export function walk(at: u32, end: u32): void {
  if (Tree.hasValues) walkOver(at, end, true);
  else walkOver(at, end, false);
}

/** @param hasValues a constant: there are two loops */
// @ts-ignore: decorator
@inline function walkOver(at: u32, end: u32, hasValues: bool): void {
  const levels = Memory.levels, levelMax = levels + DEPTH_MAX * LEVEL_BYTES;
  const quote = i8x16.splat(<i8>QUOTE), backslash = i8x16.splat(<i8>BACKSLASH), begins = i8x16.splat(-64);
  let level = levels;
  // Of the container: its path, members or elements so far with the one at hand, its stamp if it is an object (0: it is none), and
  // where it is said what member comes next.
  let container: u32 = 0, count: u32 = 0, link: u32 = 0;
  let stamp: u64 = 0;
  let path = Tree.root;
  store<u32>(levels, path);
  while (at < end) {
    if (stamp != 0) {
      path = load<u32>(link);
      const same = <u32>i8x16.bitmask(i8x16.eq(v128.load(at), v128.load(path, BEGINNING))), mask = load<u32>(path, MASK);
      const bytes = load<u32>(path, SPELLED_BYTES);
      if ((same & mask) == mask && (bytes <= 16 || sameEnd(at, path, bytes))) {
        at += bytes;
      } else {
        path = lookUp(level, at);
        at = Name.end;
        if (Folds.happened) {
          Folds.happened = false;
          container = load<u32>(level);
          link = container + <u32>FIRST;
        }
        store<u32>(link, path);
      }
      if (load<u64>(path, STAMP) == stamp) increment(path + <u32>REPEATS);
      else store<u64>(path, stamp, STAMP);
      link = path + <u32>NEXT;
    }
    const c = <u32>load<u8>(at), start = at;
    if (c == QUOTE) {
      increment(path + <u32>STRINGS);
      // Bytes 80 to BF continue a character.
      let continued: u32 = 0;
      at++;
      for (;;) {
        const bytes = v128.load(at);
        const ends = <u32>i8x16.bitmask(v128.or(i8x16.eq(bytes, quote), i8x16.eq(bytes, backslash)));
        const continues = <u32>i8x16.bitmask(i8x16.lt_s(bytes, begins));
        if (ends != 0) {
          continued += popcnt(continues & ((ends ^ (ends - 1)) >> 1));
          at += <u32>ctz(ends);
          break;
        }
        continued += popcnt(continues);
        at += 16;
      }
      const formats = load<u32>(path, FORMATS);
      // In code points.
      let length = at - start - 1 - continued;
      if (<u32>load<u8>(at) == QUOTE) {
        at++;
        if (formats != 0) {
          if (continued != 0) store<u32>(path, 0, FORMATS);
          else if (formats != NUMBER || !isShortNumber(start + 1, at - 1)) testAscii(path, start, at);
        }
      } else {
        at = measure(start);
        length = Measured.points;
        if (formats != 0) testMeasured(path, start, at);
      }
      if (length < load<u32>(path, SHORTEST)) store<u32>(path, length, SHORTEST);
      if (length > load<u32>(path, LONGEST)) store<u32>(path, length, LONGEST);
      if (hasValues) {
        const hash = hashToken(start, at - start);
        if (hash <= load<u64>(path, THRESHOLD) && !isNoted(path, hash, start, at - start)) noteValue(path, hash, start, at - start, 1);
      }
    } else if ((c | 0x20) == OPEN_BRACE) {
      const isObject = c == OPEN_BRACE;
      increment(path + <u32>(isObject ? OBJECTS : ARRAYS));
      if (level == levelMax || <u32>load<u8>(at, 1) == c + 2) {
        // Empty, or too deep to look into.
        at++;
        const size = <u32>load<u8>(at) == c + 2 ? 0 : deepSize(at);
        at = size == 0 ? at + 1 : Deep.end;
        noteSize(path + <u32>(isObject ? OBJECT_FEWEST : ARRAY_SHORTEST), size);
      } else {
        store<u32>(level, count, 4);
        store<u64>(level, stamp, 8);
        level += LEVEL_BYTES;
        store<u32>(level, path);
        if (Memory.isLow) {
          relieve(level);
          path = load<u32>(level);
        }
        container = path;
        count = 1;
        at++;
        if (isObject) {
          stamp = ++Walk.objects;
          link = path + <u32>FIRST;
        } else {
          stamp = 0;
          path = elementsOf(path);
        }
        continue;
      }
    } else if (c <= 0x39) {
      const digitsStart = at + <u32>(c == MINUS), digits = digitsAt(digitsStart);
      at = digitsStart + digits;
      const after = <u32>load<u8>(at);
      if (digits < 16 && after != POINT && (after | 0x20) != LOWER_E) {
        increment(path + <u32>INTEGERS);
        let value = <i64>(digits <= 8 ? fewDigits(digitsStart, digits) : manyDigits(digitsStart, digits));
        if (c == MINUS) value = -value;
        if (value < load<i64>(path, INTEGER_LEAST)) store<i64>(path, value, INTEGER_LEAST);
        if (value > load<i64>(path, INTEGER_MOST)) store<i64>(path, value, INTEGER_MOST);
        if (digits > load<u32>(path, DIGITS)) noteDigits(path, digitsStart, at);
      } else at = longNumber(path, start, digitsStart, digits);
      if (hasValues) {
        const hash = hashToken(start, at - start);
        if (hash <= load<u64>(path, THRESHOLD) && !isNoted(path, hash, start, at - start)) noteValue(path, hash, start, at - start, 1);
      }
    } else {
      at += c == LOWER_F ? 5 : 4;
      increment(path + <u32>(c == LOWER_F ? FALSES : c == LOWER_N ? NULLS : TRUES));
    }
    // After a value.
    let after = <u32>load<u8>(at++);
    while (after != COMMA) {
      if (after == NEWLINE) {
        Walk.records++;
        path = Tree.root;
        break;
      }
      // The container is a value that has ended.
      noteSize(container + <u32>(stamp != 0 ? OBJECT_FEWEST : ARRAY_SHORTEST), count);
      link = container + <u32>NEXT;
      level -= LEVEL_BYTES;
      container = load<u32>(level);
      count = load<u32>(level, 4);
      stamp = load<u64>(level, 8);
      after = <u32>load<u8>(at++);
    }
    if (after == COMMA) {
      count++;
      if (stamp == 0) path = load<u32>(container, ELEMENTS);
    }
  }
}

/** Whether the rest of a name of more than 16 bytes is that of a path. */
// @ts-ignore: decorator
@inline function sameEnd(at: u32, path: u32, bytes: u32): bool {
  const spelled = load<u32>(path, SPELLED);
  const last = i8x16.eq(v128.load(at + bytes - 16), v128.load(spelled + bytes - 16));
  if (!i8x16.all_true(last)) return false;
  return bytes <= 32 || sameBytes(at + 16, spelled + 16, bytes - 32);
}

/** @param slot the least size, and after it the greatest */
// @ts-ignore: decorator
@inline function noteSize(slot: u32, size: u32): void {
  if (size < load<u32>(slot)) store<u32>(slot, size);
  if (size > load<u32>(slot, 4)) store<u32>(slot, size, 4);
}

function elementsOf(path: u32): u32 {
  let elements = load<u32>(path, ELEMENTS);
  if (elements == 0) {
    elements = addPath(path);
    store<u32>(path, elements, ELEMENTS);
  }
  return elements;
}

/** A number that is no integer of less than 16 digits. Returns its end. @param wholeDigits that it begins with; 16: or more */
function longNumber(path: u32, at: u32, digitsStart: u32, wholeDigits: u32): u32 {
  const point = digitsStart + wholeDigits;
  if (wholeDigits < 16 && <u32>load<u8>(point) == POINT) {
    const decimals = digitsAt(point + 1), decimalsEnd = point + 1 + decimals;
    if (decimals < 16 && (<u32>load<u8>(decimalsEnd) | 0x20) != LOWER_E) {
      increment(path + <u32>DECIMALS);
      notePlainDecimal(path, at, digitsStart, wholeDigits, decimals);
      return decimalsEnd;
    }
  }
  const end = numberEndAt(digitsStart);
  const digits = integerDigits(digitsStart, end);
  if (digits == 0) {
    increment(path + <u32>DECIMALS);
    noteDecimal(path, at, end);
    return end;
  }
  increment(path + <u32>INTEGERS);
  if (digits > INTEGER_DIGITS_MAX) noteHugeInteger(path, at, end);
  else {
    const value = <i64>manyDigits(digitsStart, digits) * (at == digitsStart ? 1 : -1);
    if (value < load<i64>(path, INTEGER_LEAST)) store<i64>(path, value, INTEGER_LEAST);
    if (value > load<i64>(path, INTEGER_MOST)) store<i64>(path, value, INTEGER_MOST);
    noteLongInteger(path, value);
    if (digits > load<u32>(path, DIGITS)) noteDigits(path, digitsStart, end);
  }
  return end;
}

/** How many digits an integer has; 0: it is none. */
function integerDigits(at: u32, end: u32): u32 {
  const start = at;
  while (digitsAt(at) == 16) at += 16;
  at += digitsAt(at);
  return at == end ? at - start : 0;
}

class Deep {
  static end: u32 = 0;
}

/** Steps over a container, `at` after its bracket. It has one value at least. Returns how many it has. */
function deepSize(at: u32): u32 {
  let depth = 1, count: u32 = 1;
  for (;;) {
    const c = <u32>load<u8>(at++);
    if (c == QUOTE) at = measure(at - 1);
    else if (c == COMMA) count += <u32>(depth == 1);
    else if (c == OPEN_BRACE || c == OPEN_BRACKET) depth++;
    else if (c == CLOSE_BRACE || c == CLOSE_BRACKET) if (--depth == 0) break;
  }
  Deep.end = at;
  return count;
}
