// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// Where does a record begin near here? A worker that starts in the middle of a source guesses, and the coordinator
// verifies (import/accept/accept.ts): guessing well is only a matter of speed, never of correctness.
//
//   lines            certain: after a newline.
//   array, object    The bytes ahead are read twice, as if the span began outside and as if it began inside a string. The
//                    wrong reading takes text for structure and soon meets something impossible (a raw newline inside a
//                    string settles it at once). In the other one, the depth of brackets, counted from here, is least
//                    where only the outer container is open: its commas are the boundaries. Where the source ends ahead,
//                    that container and all around it are closed: then it is the outermost one that can be it.
//   values           Where a value follows a value with no comma between them.
//
// Pison (Jiang, Qiu, Zhao, VLDB 2021) speculates on the same two hypotheses.

import type { FramingName } from '../../kernel/contract.js';

/** No boundary was found in the bytes given. */
export const NO_GUESS = -1;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const NEWLINE = 0x0a;

/** Classes of bytes outside strings. */
const BAD = 0;
const BLANK = 1;
const OPEN = 2;
const CLOSE = 3;
const SEPARATOR = 4;
const SCALAR = 5;
const STRING = 6;

const CLASS = new Uint8Array(256);
for (const c of ' \t\r\n') CLASS[c.charCodeAt(0)] = BLANK;
for (const c of '{[') CLASS[c.charCodeAt(0)] = OPEN;
for (const c of '}]') CLASS[c.charCodeAt(0)] = CLOSE;
for (const c of ',:') CLASS[c.charCodeAt(0)] = SEPARATOR;
for (const c of '0123456789+-.eEtrufalsn') CLASS[c.charCodeAt(0)] = SCALAR;
CLASS[QUOTE] = STRING;

/** How one hypothesis fared. */
interface Reading {
  /** Bytes read before something impossible; all of them when nothing was. */
  readonly plausible: number;
  readonly boundary: number;
}

/** The facts seen at one depth, while that depth was the least. */
interface Level {
  /** The offset after its first comma, or NO_GUESS. */
  boundary: number;
  /** A colon: the level is an object's, so not that of an array source (nor the reverse). */
  isMembers: boolean;
}

/**
 * The offset in `bytes` of the first likely boundary, or NO_GUESS.
 * @param isTail whether the source ends with `bytes`
 */
export function guessBoundary(bytes: Uint8Array, framing: FramingName, isTail: boolean): number {
  if (framing === 'lines') {
    const newline = bytes.indexOf(NEWLINE);
    return newline === -1 ? NO_GUESS : newline + 1;
  }
  const outside = readAs(bytes, framing, false, isTail);
  const inside = readAs(bytes, framing, true, isTail);
  const better = inside.plausible > outside.plausible ? inside : outside;
  return better.boundary;
}

function readAs(bytes: Uint8Array, framing: FramingName, startsInString: boolean, isTail: boolean): Reading {
  const length = bytes.byteLength;
  let inString = startsInString;
  let depth = 0;
  /** Levels of the least depths so far, the outermost last. */
  const levels: Level[] = [{ boundary: NO_GUESS, isMembers: false }];
  let level = levels[0] as Level;
  let before = startsInString ? STRING : BLANK;
  let i = 0;
  for (; i < length; i++) {
    const c = bytes[i]!;
    if (inString) {
      if (c === QUOTE) inString = false;
      else if (c === BACKSLASH) i++;
      else if (c < 0x20) break;
      continue;
    }
    const kind = CLASS[c]!;
    if (kind === BLANK) continue;
    if (kind === BAD) break;
    const isNewValue = framing === 'values' && isValueStart(kind, bytes, i) && isValueEnd(before);
    if (isNewValue && level.boundary === NO_GUESS) level.boundary = i;
    if (kind === STRING) inString = true;
    else if (kind === OPEN) {
      // Structure that is not: `]{`, `"a"{`, `1[` never stand in one document.
      if (isValueEnd(before) && framing !== 'values') break;
      depth++;
    } else if (kind === CLOSE) {
      if (before === SEPARATOR) break;
      // Between values there is no other level to look at.
      if (--depth <= -levels.length && framing !== 'values') {
        level = { boundary: NO_GUESS, isMembers: false };
        levels.push(level);
      }
    } else if (kind === SEPARATOR) {
      if (before === SEPARATOR || before === OPEN) break;
      if (depth === 1 - levels.length) {
        if (c === COLON) level.isMembers = true;
        else if (c === COMMA && level.boundary === NO_GUESS && framing !== 'values') level.boundary = i + 1;
      }
    }
    before = kind;
  }
  return { plausible: Math.min(i, length), boundary: boundaryOf(levels, framing, isTail) };
}

/** The boundary of the outermost level, or, in the tail of a source, of the outermost one that can be the records'. */
function boundaryOf(levels: readonly Level[], framing: FramingName, isTail: boolean): number {
  const fits = ({ boundary, isMembers }: Level) =>
    boundary !== NO_GUESS && (framing === 'values' || isMembers === (framing === 'object'));
  return levels.slice(isTail ? 0 : -1).findLast(fits)?.boundary ?? NO_GUESS;
}

function isValueEnd(kind: number): boolean {
  return kind === CLOSE || kind === STRING || kind === SCALAR;
}

/** A scalar's first byte, not a later one. */
function isValueStart(kind: number, bytes: Uint8Array, at: number): boolean {
  if (kind === OPEN || kind === STRING) return true;
  return kind === SCALAR && CLASS[bytes[at - 1] ?? 0] !== SCALAR;
}
