// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// Whether a record meets all conditions of option `where`. One walk over its members looks for all of them. As for the paths
// of indexes (kernel/plain/capture.ts), a number leads to an element of an array, arrays are transparent to other paths, and a
// repeated member counts as it is the last time.

import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COMMA,
  endsScalar,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  skipBlanks,
} from '../../kernel/plain/bytes.js';
import { tokenEnd, valueEnd } from '../../kernel/plain/tokens.js';
import { type Condition, parseCondition } from './condition.js';
import { PathTree } from './path-tree.js';

/** Each has a bit of a number that JavaScript holds without a sign. */
const CONDITIONS_MAX = 30;

/** @throws TypeError for too many */
export function checkConditions(texts: readonly string[]): void {
  if (texts.length > CONDITIONS_MAX) {
    throw new TypeError(`there can be at most ${CONDITIONS_MAX} conditions, not ${texts.length}`);
  }
}

export class Conditions {
  readonly #conditions: readonly Condition[];
  readonly #tree: PathTree;
  /** A bit for each condition, and for each that is inverted. */
  readonly #all: number;
  readonly #inverted: number;
  #bytes: Uint8Array = new Uint8Array();
  /** A bit for each condition for which a value was found that matches. */
  #found = 0;

  constructor(texts: readonly string[]) {
    this.#conditions = texts.map(parseCondition);
    this.#tree = PathTree.of(this.#conditions.map(({ names }) => names));
    this.#all = 2 ** texts.length - 1;
    this.#inverted = this.#conditions.reduce((bits, { isInverted }, i) => bits | (isInverted ? 1 << i : 0), 0);
  }

  /** Whether all conditions hold for the record whose value begins at `start`. */
  hold(bytes: Uint8Array, start: number): boolean {
    this.#bytes = bytes;
    this.#found = 0;
    this.#visit(start, this.#tree);
    return (this.#found ^ this.#inverted) === this.#all;
  }

  /** Looks at a value; returns where it ends. */
  #visit(at: number, tree: PathTree): number {
    const first = this.#bytes[at];
    if (first === OPEN_ARRAY) return this.#visitArray(at, tree);
    if (first === OPEN_OBJECT) return this.#visitObject(at, tree);
    const end = tokenEnd(this.#bytes, at);
    for (const number of tree.ends) {
      if (this.#conditions[number]!.matches(this.#bytes, at, end)) this.#found |= 1 << number;
    }
    return end;
  }

  /** Arrays within arrays are one level here: a depth of brackets is counted and nothing is stacked. */
  #visitArray(start: number, tree: PathTree): number {
    this.#notePresence(tree);
    if (tree.isRow) return this.#visitElements(start, tree);
    const bytes = this.#bytes;
    let depth = 0;
    let at = start;
    do {
      const byte = bytes[at]!;
      if (byte === OPEN_ARRAY) depth++;
      else if (byte === CLOSE_ARRAY) depth--;
      const isValue = byte === OPEN_OBJECT || byte === QUOTE || endsScalar[byte] === 0;
      at = isValue ? this.#visit(at, tree) : at + 1;
    } while (depth > 0);
    return at;
  }

  /** The elements one by one, since paths lead to some of them only. */
  #visitElements(start: number, tree: PathTree): number {
    const bytes = this.#bytes;
    let at = skipBlanks(bytes, start + 1, bytes.length);
    for (let position = 0; bytes[at] !== CLOSE_ARRAY; position++) {
      at = skipBlanks(bytes, this.#visit(at, tree.element(position)), bytes.length);
      if (bytes[at] === COMMA) at = skipBlanks(bytes, at + 1, bytes.length);
    }
    return at + 1;
  }

  #visitObject(start: number, tree: PathTree): number {
    this.#notePresence(tree);
    const bytes = this.#bytes;
    if (!tree.hasBranches) return valueEnd(bytes, start);
    /** What had been found when the object began: a repeated member goes back to it. */
    const before = this.#found;
    let at = skipBlanks(bytes, start + 1, bytes.length);
    while (bytes[at] !== CLOSE_OBJECT) {
      const nameEnd = tokenEnd(bytes, at);
      const below = tree.below(bytes, at, nameEnd);
      const value = skipBlanks(bytes, skipBlanks(bytes, nameEnd, bytes.length) + 1, bytes.length);
      if (below === undefined) at = valueEnd(bytes, value);
      else {
        this.#found = (this.#found & ~below.mask) | (before & below.mask);
        at = this.#visit(value, below);
      }
      at = skipBlanks(bytes, at, bytes.length);
      if (bytes[at] === COMMA) at = skipBlanks(bytes, at + 1, bytes.length);
    }
    return at + 1;
  }

  /** An array or object is a value, too. */
  #notePresence({ ends }: PathTree): void {
    for (const number of ends) if (this.#conditions[number]!.isAboutPresence) this.#found |= 1 << number;
  }
}
