// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// Where the first value of a source ends: with its line, before it, or behind it. Only brackets and quotes are looked at,
// and reading stops at the answer, so the answer is the same whether the value has ten bytes or a hundred million, and
// nothing that comes after the value changes it.

import { DETECTION_BYTES } from '../../base/limits.js';
import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  endsScalar,
  isBlank,
  NEWLINE,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  skipBlanks,
} from '../../kernel/plain/bytes.js';
import { type Spelling, syntaxOf } from '../../kernel/plain/syntaxes.js';
import { MORE } from '../../kernel/plain/view.js';
import { atOnce, type Steps } from '../../parallel/steps.js';
import { beginsJson } from './characters.js';
import type { Source } from './source.js';

/**
 * `line`: the value begins and ends on one line, and nothing else is on that line. `shared`: another value begins on the
 * same line. `lines`: the value continues after the end of the line.
 */
export type Extent = 'line' | 'shared' | 'lines';

const READ_BYTES = 64 * 1024;
const SLASH = '/'.charCodeAt(0);
const STAR = '*'.charCodeAt(0);
const SINGLE_QUOTE = "'".charCodeAt(0);

/**
 * Finds the extent of the value that begins at `from`. It yields after each read, so that other code can run.
 * @param loaded bytes of the file from `from` on, if some were already read. @throws as Source.read
 */
export function* extentOfFirst(
  file: Source,
  from: number,
  spelling: Spelling = {},
  loaded?: Uint8Array,
): Steps<Extent> {
  const walk = spelling.dialect === 'json5' ? new Json5Walk() : new Walk(spelling);
  let bytes = loaded ?? file.bytesAt(from, from + READ_BYTES);
  for (let at = from; ; bytes = file.bytesAt(at, at + READ_BYTES)) {
    const extent = walk.over(bytes);
    if (extent !== undefined) return extent;
    at += bytes.byteLength;
    yield file.upTo(at + 1);
    if (at >= file.end) return 'line';
  }
}

class Walk {
  #state: 'value' | 'string' | 'escape' | 'scalar' | 'after' = 'value';
  #depth = 0;
  readonly #spelling: Spelling;
  protected quote = QUOTE;

  constructor(spelling: Spelling) {
    this.#spelling = spelling;
  }

  /** Whether the byte at hand is not in a string. */
  protected get isOutside(): boolean {
    return this.#state !== 'string' && this.#state !== 'escape';
  }

  over(bytes: Uint8Array): Extent | undefined {
    for (let i = 0; i < bytes.byteLength; i++) {
      const extent = this.step(bytes[i]!);
      if (extent !== undefined) return extent;
    }
    return undefined;
  }

  /** Whether a backslash in a string escapes the byte at hand. */
  protected get isEscaped(): boolean {
    return this.#state === 'escape';
  }

  protected step(c: number): Extent | undefined {
    if (this.#state === 'string' || this.#state === 'escape') {
      // No string has one: the fault is of this line alone.
      if (c === NEWLINE) return 'line';
      if (this.#state === 'escape') this.#state = 'string';
      else if (c === BACKSLASH) this.#state = 'escape';
      else if (c === this.quote) this.#endPart();
    } else if (this.#state === 'after') return afterValue(c, this.#spelling);
    else if (this.#state === 'scalar' && endsScalar[c] === 1) {
      this.#state = 'after';
      return afterValue(c, this.#spelling);
    } else if (c === NEWLINE) return 'lines';
    else if (c === this.quote) this.#state = 'string';
    else if (c === OPEN_ARRAY || c === OPEN_OBJECT) this.#depth++;
    else if (c === CLOSE_ARRAY || c === CLOSE_OBJECT) {
      this.#depth--;
      this.#endPart();
    } else if (this.#depth === 0) this.#state = 'scalar';
    return undefined;
  }

  #endPart(): void {
    this.#state = this.#depth === 0 ? 'after' : 'value';
  }
}

/** As `Walk`, with comments and both kinds of quotes. A comment over several lines counts as part of the value before it. */
class Json5Walk extends Walk {
  #comment: 'none' | 'slash' | 'line' | 'block' | 'star' = 'none';

  constructor() {
    super({ dialect: 'json5' });
  }

  protected override step(c: number): Extent | undefined {
    if (this.#comment === 'line') {
      if (c !== NEWLINE) return undefined;
      this.#comment = 'none';
    } else if (this.#comment === 'slash') this.#comment = c === SLASH ? 'line' : c === STAR ? 'block' : 'none';
    else if (this.#comment === 'star' && c === SLASH) {
      this.#comment = 'none';
      return undefined;
    } else if (this.#comment !== 'none') {
      this.#comment = c === STAR ? 'star' : 'block';
      return c === NEWLINE ? 'lines' : undefined;
    } else if (this.isOutside && c === SLASH) this.#comment = 'slash';
    if (this.#comment !== 'none') return undefined;
    if (c === NEWLINE && this.isEscaped) return 'lines';
    if (this.isOutside && (c === QUOTE || c === SINGLE_QUOTE)) this.quote = c;
    return super.step(c);
  }
}

function afterValue(c: number, spelling: Spelling): Extent | undefined {
  if (c === NEWLINE) return 'line';
  if (isBlank[c] === 1) return undefined;
  return beginsJson(c, spelling) ? 'shared' : 'line';
}

/** The offset of the first byte from this offset on that is not white space, nor in a comment. Undefined if there is none. */
export function firstUnblank(file: Source, from: number, spelling: Spelling = {}): number | undefined {
  return atOnce(findUnblank(file, from, spelling));
}

/** The same a piece a step. @param passes whether what it has passed is read no more */
export function* findUnblank(
  file: Source,
  from: number,
  spelling: Spelling = {},
  passes = false,
): Steps<number | undefined> {
  if (spelling.dialect === 'json5') return yield* findPastComments(file, from, spelling, passes);
  for (let at = from; ; ) {
    yield file.upTo(at + 1);
    if (at >= file.end) return undefined;
    const piece = file.bytesAt(at, at + DETECTION_BYTES);
    const blanks = skipBlanks(piece, 0, piece.byteLength);
    at += blanks;
    if (blanks < piece.byteLength) return at;
    if (passes) file.discardBefore(at);
  }
}

/** As `findUnblank`. A comment that does not end is something that is not white space. */
function* findPastComments(file: Source, from: number, spelling: Spelling, passes: boolean): Steps<number | undefined> {
  const syntax = syntaxOf(spelling);
  for (let at = from, wanted = DETECTION_BYTES; ; ) {
    yield file.upTo(at + wanted);
    if (at >= file.end) return undefined;
    const bytes = file.bytesAt(at, at + wanted);
    const isFinal = at + bytes.byteLength === file.end;
    const view = { bytes, limit: bytes.byteLength, isFinal, cutReason: 'UNEXPECTED_END' } as const;
    let passed = 0;
    const pass = (at: number) => syntax.pass?.(view, at) ?? at;
    let end = pass(0);
    for (; typeof end === 'number' && end > passed && end < bytes.byteLength; end = pass(end)) passed = end;
    if (end !== MORE && (typeof end !== 'number' || end < bytes.byteLength)) return at + passed;
    // A comment may be longer than what was looked at.
    wanted = passed > 0 || end !== MORE ? DETECTION_BYTES : 2 * wanted;
    at += end === MORE ? passed : bytes.byteLength;
    if (passes) file.discardBefore(at);
  }
}
