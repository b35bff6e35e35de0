// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// Options `pick` and `omit`: a record without some of its members. Only members go. Elements of arrays stay at their places,
// and all that stays keeps its spelling and its order. So a path decides alone, whatever its value is:
//
//   pick    a member stays if a picked path leads to it, through it, or to something around it
//   omit    a member goes if an omitted path leads to it
//
// A number leads to an element of an array, and arrays are transparent to other paths. A repeated member stays or goes each
// time.

import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  endsScalar,
  isBlank,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  skipBlanks,
} from '../../kernel/plain/bytes.js';
import { tokenEnd, valueEnd } from '../../kernel/plain/tokens.js';
import { isPosition } from '../../keys/key-path.js';
import { PathTree } from './path-tree.js';

/** Undefined: all is picked here, or nothing is omitted. */
type Tree = PathTree | undefined;

export class Projection {
  readonly #pick: Tree;
  readonly #omit: Tree;
  #bytes: Uint8Array = new Uint8Array();
  #text = new Uint8Array(1024);
  #length = 0;

  /** @param pick without any, all members are picked. */
  constructor(pick: readonly (readonly string[])[], omit: readonly (readonly string[])[]) {
    this.#pick = pick.length === 0 ? undefined : PathTree.of(pick);
    this.#omit = omit.length === 0 ? undefined : PathTree.of(omit);
  }

  /** The text of the value `bytes[start … end)` without insignificant white space. It is valid until the next call. */
  of(bytes: Uint8Array, start: number, end: number): Uint8Array {
    this.#bytes = bytes;
    this.#length = 0;
    if (this.#text.byteLength < end - start) this.#text = new Uint8Array(2 * (end - start));
    this.#value(start, this.#pick, this.#omit);
    return this.#text.subarray(0, this.#length);
  }

  /** Writes a value; returns where it ends. */
  #value(at: number, pick: Tree, omit: Tree): number {
    const first = this.#bytes[at];
    if (pick !== undefined || omit !== undefined) {
      if (first === OPEN_OBJECT) return this.#object(at, pick, omit);
      if (first === OPEN_ARRAY) return this.#array(at, pick, omit);
    }
    return this.#copy(at, valueEnd(this.#bytes, at));
  }

  /** Arrays within arrays are one level here: nothing is stacked. */
  #array(start: number, pick: Tree, omit: Tree): number {
    if (pick?.isRow || omit?.isRow) return this.#elements(start, pick, omit);
    const bytes = this.#bytes;
    let depth = 0;
    let at = start;
    do {
      const byte = bytes[at]!;
      if (byte === OPEN_ARRAY) depth++;
      else if (byte === CLOSE_ARRAY) depth--;
      if (byte === OPEN_OBJECT) at = this.#object(at, pick, omit);
      else if (byte === QUOTE || endsScalar[byte] === 0) at = this.#copy(at, tokenEnd(bytes, at));
      else {
        if (isBlank[byte] === 0) this.#text[this.#length++] = byte;
        at++;
      }
    } while (depth > 0);
    return at;
  }

  /** The elements one by one, since paths lead to some of them only. */
  #elements(start: number, pick: Tree, omit: Tree): number {
    const bytes = this.#bytes;
    this.#text[this.#length++] = OPEN_ARRAY;
    let at = skipBlanks(bytes, start + 1, bytes.length);
    for (let position = 0; bytes[at] !== CLOSE_ARRAY; position++) {
      if (position > 0) this.#text[this.#length++] = COMMA;
      const picked = pick?.element(position);
      at = skipBlanks(
        bytes,
        this.#value(at, picked?.isEnd ? undefined : picked, omit?.element(position)),
        bytes.length,
      );
      if (bytes[at] === COMMA) at = skipBlanks(bytes, at + 1, bytes.length);
    }
    this.#text[this.#length++] = CLOSE_ARRAY;
    return at + 1;
  }

  #object(start: number, pick: Tree, omit: Tree): number {
    const bytes = this.#bytes;
    this.#text[this.#length++] = OPEN_OBJECT;
    let isFirst = true;
    let at = skipBlanks(bytes, start + 1, bytes.length);
    while (bytes[at] !== CLOSE_OBJECT) {
      const nameEnd = tokenEnd(bytes, at);
      const value = skipBlanks(bytes, skipBlanks(bytes, nameEnd, bytes.length) + 1, bytes.length);
      const picked = pick?.below(bytes, at, nameEnd);
      const omitted = omit?.below(bytes, at, nameEnd);
      if ((pick !== undefined && picked === undefined) || omitted?.isEnd) at = valueEnd(bytes, value);
      else {
        if (!isFirst) this.#text[this.#length++] = COMMA;
        isFirst = false;
        this.#copy(at, nameEnd);
        this.#text[this.#length++] = COLON;
        at = this.#value(value, picked?.isEnd ? undefined : picked, omitted);
      }
      at = skipBlanks(bytes, at, bytes.length);
      if (bytes[at] === COMMA) at = skipBlanks(bytes, at + 1, bytes.length);
    }
    this.#text[this.#length++] = CLOSE_OBJECT;
    return at + 1;
  }

  /** Writes what stands there as it is spelled, without insignificant white space. */
  #copy(start: number, end: number): number {
    const [bytes, text] = [this.#bytes, this.#text];
    let length = this.#length;
    for (let at = start; at < end; ) {
      const byte = bytes[at]!;
      if (byte === QUOTE) {
        const stop = tokenEnd(bytes, at);
        while (at < stop) text[length++] = bytes[at++]!;
      } else {
        if (isBlank[byte] === 0) text[length++] = byte;
        at++;
      }
    }
    this.#length = length;
    return end;
  }
}

/** Whether what stands at a path is the same in each record after pick and omit: then it can be the path of a key. */
export function leavesWhole(
  path: readonly string[],
  pick: readonly (readonly string[])[],
  omit: readonly (readonly string[])[],
): boolean {
  const isPicked = pick.length === 0 || pick.some((one) => isWithin(path, one) || isWithin(one, path));
  return isPicked && !omit.some((one) => mayBeWithin(path, one));
}

/** Whether a path leads to the same place as another, or below it. */
function isWithin(path: readonly string[], other: readonly string[]): boolean {
  return other.every((name, i) => path[i] === name);
}

/** The same for some record: a number may lead to an element of an array, which is transparent to the other path. */
function mayBeWithin([first, ...path]: readonly string[], other: readonly string[]): boolean {
  const [name, ...rest] = other;
  if (name === undefined) return true;
  if (first === undefined) return false;
  if (first === name && mayBeWithin(path, rest)) return true;
  return (isPosition(first) && mayBeWithin(path, other)) || (isPosition(name) && mayBeWithin([first, ...path], rest));
}
