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
import { atOnce, type Steps } from '../../parallel/steps.js';
import { beginsJson } from './characters.js';
import type { Source } from './source.js';

/**
 * `line`: the value begins and ends on one line, and nothing else is on that line. `shared`: another value begins on the
 * same line. `lines`: the value continues after the end of the line.
 */
export type Extent = 'line' | 'shared' | 'lines';

const READ_BYTES = 64 * 1024;

/**
 * Finds the extent of the value that begins at `from`. It yields after each read, so that other code can run.
 * @param loaded bytes of the file from `from` on, if some were already read. @throws as Source.read
 */
export function* extentOfFirst(file: Source, from: number, loaded?: Uint8Array): Steps<Extent> {
  const walk = new Walk();
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

  over(bytes: Uint8Array): Extent | undefined {
    for (let i = 0; i < bytes.byteLength; i++) {
      const extent = this.#step(bytes[i]!);
      if (extent !== undefined) return extent;
    }
    return undefined;
  }

  #step(c: number): Extent | undefined {
    if (this.#state === 'string' || this.#state === 'escape') {
      // No string has one: the fault is of this line alone.
      if (c === NEWLINE) return 'line';
      if (this.#state === 'escape') this.#state = 'string';
      else if (c === BACKSLASH) this.#state = 'escape';
      else if (c === QUOTE) this.#endPart();
    } else if (this.#state === 'after') return afterValue(c);
    else if (this.#state === 'scalar' && endsScalar[c] === 1) {
      this.#state = 'after';
      return afterValue(c);
    } else if (c === NEWLINE) return 'lines';
    else if (c === QUOTE) this.#state = 'string';
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

function afterValue(c: number): Extent | undefined {
  if (c === NEWLINE) return 'line';
  if (isBlank[c] === 1) return undefined;
  return beginsJson(c) ? 'shared' : 'line';
}

/** The offset of the first byte from this offset on that is not white space. Undefined if there is none. */
export function firstUnblank(file: Source, from: number): number | undefined {
  return atOnce(findUnblank(file, from));
}

/** The same a piece a step. @param passes whether what it has passed is read no more */
export function* findUnblank(file: Source, from: number, passes = false): Steps<number | undefined> {
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
