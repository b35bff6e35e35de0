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
//   values           Where a value follows a value with no comma between them; before a record separator (RFC 7464).
//
// In JSON5, comments are passed over, and anything may be a scalar. Whoever begins inside of a comment guesses wrong.
//
// Pison (Jiang, Qiu, Zhao, VLDB 2021) speculates on the same two hypotheses.

import type { RecordLayout, ScanOptions } from '../../kernel/contract.js';
import { RECORD_SEPARATOR } from '../../kernel/plain/bytes.js';

/** No boundary was found in the bytes given. */
export const NO_GUESS = -1;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const NEWLINE = 0x0a;
const SINGLE_QUOTE = 0x27;
const SLASH = 0x2f;
const STAR = 0x2a;

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
/** In JSON5, bare names and white space of Unicode are no worse than numbers. */
const CLASS_JSON5 = CLASS.map((kind) => (kind === BAD ? SCALAR : kind));
CLASS_JSON5[SINGLE_QUOTE] = STRING;

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
export function guessBoundary(
  bytes: Uint8Array,
  layout: RecordLayout,
  isTail: boolean,
  { dialect, hasSeparators }: Pick<ScanOptions, 'dialect' | 'hasSeparators'> = {},
): number {
  if (layout === 'ndjson') {
    const newline = bytes.indexOf(NEWLINE);
    return newline === -1 ? NO_GUESS : newline + 1;
  }
  const separator = layout === 'values' && hasSeparators ? bytes.indexOf(RECORD_SEPARATOR) : -1;
  if (separator !== -1) return separator;
  const how = { layout, isTail, isJson5: dialect === 'json5' };
  const outside = readAs(bytes, how, false);
  const inside = readAs(bytes, how, true);
  const better = inside.plausible > outside.plausible ? inside : outside;
  return better.boundary;
}

/** What is known of the source. */
interface How {
  readonly layout: RecordLayout;
  readonly isTail: boolean;
  readonly isJson5: boolean;
}

function readAs(bytes: Uint8Array, { layout, isTail, isJson5 }: How, startsInString: boolean): Reading {
  const length = bytes.byteLength;
  let inString = startsInString;
  let quote = QUOTE;
  let depth = 0;
  /** Levels of the least depths so far, the outermost last. */
  const levels: Level[] = [{ boundary: NO_GUESS, isMembers: false }];
  let level = levels[0] as Level;
  let before = startsInString ? STRING : BLANK;
  let i = 0;
  for (; i < length; i++) {
    const c = bytes[i]!;
    if (inString) {
      if (c === quote) inString = false;
      else if (c === BACKSLASH) i++;
      else if (isJson5 ? c === NEWLINE : c < 0x20) break;
      continue;
    }
    if (isJson5 && c === SLASH) {
      i = endOfComment(bytes, i);
      continue;
    }
    const kind = isJson5 ? CLASS_JSON5[c]! : CLASS[c]!;
    if (kind === BLANK) continue;
    if (kind === BAD) break;
    const isNewValue = layout === 'values' && isValueStart(kind, bytes, i) && isValueEnd(before);
    if (isNewValue && level.boundary === NO_GUESS) level.boundary = i;
    if (kind === STRING) [inString, quote] = [true, c];
    else if (kind === OPEN) {
      // Structure that is not: `]{`, `"a"{`, `1[` never stand in one document.
      if (isValueEnd(before) && layout !== 'values') break;
      depth++;
    } else if (kind === CLOSE) {
      if (before === SEPARATOR && !isJson5) break;
      // Between values there is no other level to look at.
      if (--depth <= -levels.length && layout !== 'values') {
        level = { boundary: NO_GUESS, isMembers: false };
        levels.push(level);
      }
    } else if (kind === SEPARATOR) {
      if (before === SEPARATOR || before === OPEN) break;
      if (depth === 1 - levels.length) {
        if (c === COLON) level.isMembers = true;
        else if (c === COMMA && level.boundary === NO_GUESS && layout !== 'values') level.boundary = i + 1;
      }
    }
    before = kind;
  }
  return { plausible: Math.min(i, length), boundary: boundaryOf(levels, layout, isTail) };
}

/** The last byte of what may be a comment. */
function endOfComment(bytes: Uint8Array, start: number): number {
  const isBlock = bytes[start + 1] === STAR;
  if (!isBlock && bytes[start + 1] !== SLASH) return start;
  let at = bytes.indexOf(isBlock ? STAR : NEWLINE, start + 2);
  while (isBlock && at !== -1 && bytes[at + 1] !== SLASH) at = bytes.indexOf(STAR, at + 1);
  return at === -1 ? bytes.byteLength : isBlock ? at + 1 : at;
}

/** The boundary of the outermost level, or, in the tail of a source, of the outermost one that can be the records'. */
function boundaryOf(levels: readonly Level[], layout: RecordLayout, isTail: boolean): number {
  const fits = ({ boundary, isMembers }: Level) =>
    boundary !== NO_GUESS && (layout === 'values' || isMembers === (layout === 'object'));
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
