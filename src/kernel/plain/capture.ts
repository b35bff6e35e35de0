// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// The index keys of a record that is known to be valid. A walk over its tokens takes along which paths lead through
// the value at hand; whatever no path leads into is skipped.
//
// - Member names are compared as text: "a" and "\u0061" are one name, "__proto__" is a name like any other.
// - Arrays are transparent: every element stands where the array stands. For the primary key, which is one value, a value
//   found inside an array is "not a scalar".
// - A path captures the scalars at its end. An object there captures nothing (primary: "not a scalar"); a scalar on the
//   way captures nothing.
// - A member that is repeated within one object replaces its earlier occurrence, with everything captured below it.

import { KEYS_PER_RECORD_MAX } from '../../base/limits.js';
import { encodeKeyToken } from '../../keys/encode.js';
import type { BadReasonName, ScannedRecord, ScanOptions } from '../contract.js';
import { CLOSE_ARRAY, CLOSE_OBJECT, COMMA, endsScalar, OPEN_ARRAY, OPEN_OBJECT, QUOTE, skipBlanks } from './bytes.js';
import { nameOf, tokenEnd, valueEnd } from './tokens.js';

/** A scalar as spelled: its first byte and one past its last. */
interface Token {
  readonly start: number;
  readonly end: number;
}
const NOT_SCALAR = 'not a scalar';

const PRIMARY = 0;
const NULL = 'n'.charCodeAt(0);

/** The paths that lead to or through a value, and how far they have been followed. */
interface Route {
  /** Index numbers. */
  readonly indexes: readonly number[];
  /** Member names followed so far; the same for all paths, since every step into a member is one name. */
  readonly names: number;
  readonly isInsideArray: boolean;
}

/**
 * The keys of the record whose value is `bytes[start … end)`, or why it has to be rejected. `name` is the member's name
 * in framing `object`: it is the primary key unless a path says otherwise.
 */
export function captureKeys(
  bytes: Uint8Array,
  value: Token,
  name: Token | undefined,
  options: ScanOptions,
): ScannedRecord['keys'] | BadReasonName {
  const nameIsKey = name !== undefined && options.primary === undefined;
  const capture = new Capture(bytes, [options.primary, ...options.secondary], nameIsKey ? [name] : []);
  capture.visit(value.start);
  if (capture.hasTooMany) return 'TOO_MANY_KEYS';

  const primary = capture.found[0]!;
  if (options.primary !== undefined && primary.length === 0) return 'KEY_MISSING';
  if (primary.includes(NOT_SCALAR)) return 'KEY_NOT_SCALAR';
  if (options.allowsNull !== true && (primary as Token[]).some(({ start }) => bytes[start] === NULL)) return 'KEY_NULL';

  const keys: [number, string][] = [];
  for (const [index, tokens] of (capture.found as Token[][]).entries()) {
    for (const { start, end } of tokens) {
      // A secondary index has long values cut; who reads it looks into the record.
      const key = encodeKeyToken(bytes, start, end, index === PRIMARY ? 'refuse' : 'cut');
      if (typeof key === 'string') return key;
      keys.push([index, Buffer.from(key).toString('hex')]);
    }
  }
  return keys;
}

/** The keys of a record at a secondary path, whole however long they are. @param text of a record known to be valid */
export function wholeKeys(text: string, path: readonly string[]): Uint8Array[] {
  const bytes = Buffer.from(text);
  const capture = new Capture(bytes, [undefined, path], []);
  capture.visit(0);
  return (capture.found[1] as Token[]).flatMap(({ start, end }) => {
    const key = encodeKeyToken(bytes, start, end, 'keep');
    return typeof key === 'string' ? [] : [key];
  });
}

/** The walk over one record. Recursion is as deep as the longest path, not as the record. */
class Capture {
  /** By index number, what its path has led to so far, in document order. */
  readonly found: (Token | typeof NOT_SCALAR)[][];
  /** Whether more values than the limit were held at once. */
  hasTooMany = false;
  #held: number;

  constructor(
    readonly bytes: Uint8Array,
    readonly paths: readonly (readonly string[] | undefined)[],
    primary: Token[],
  ) {
    this.found = paths.map((_, index) => (index === PRIMARY ? primary : []));
    this.#held = primary.length;
  }

  visit(at: number): void {
    const indexes = [...this.paths.keys()].filter((index) => this.paths[index] !== undefined);
    if (indexes.length > 0) this.#visitValue(at, { indexes, names: 0, isInsideArray: false });
  }

  /** Visits a value and returns where it ends. */
  #visitValue(at: number, route: Route): number {
    if (this.bytes[at] === OPEN_ARRAY) return this.#visitArray(at, route);
    if (this.bytes[at] === OPEN_OBJECT) return this.#visitObject(at, route);
    const end = tokenEnd(this.bytes, at);
    for (const index of this.#arrived(route)) this.#hold(index, { start: at, end }, route);
    return end;
  }

  /** Arrays within arrays are one level here, so a depth of brackets is counted and nothing is stacked. */
  #visitArray(start: number, route: Route): number {
    const inside: Route = { ...route, isInsideArray: true };
    let depth = 0;
    let at = start;
    do {
      const byte = this.bytes[at]!;
      if (byte === OPEN_ARRAY) depth++;
      else if (byte === CLOSE_ARRAY) depth--;
      const isValue = byte === OPEN_OBJECT || byte === QUOTE || endsScalar[byte] === 0;
      at = isValue ? this.#visitValue(at, inside) : at + 1;
    } while (depth > 0);
    return at;
  }

  #visitObject(start: number, route: Route): number {
    const { bytes } = this;
    if (this.#arrived(route).includes(PRIMARY)) this.found[PRIMARY] = [NOT_SCALAR];
    const leading = route.indexes.filter((index) => this.paths[index]!.length > route.names);
    if (leading.length === 0) return valueEnd(bytes, start);

    // All that an index captures from here to the end of the object it captures below one member, the one its path names:
    // forgetting an earlier occurrence of that member is going back to this mark.
    const marks = this.found.map((held) => held.length);
    let at = skipBlanks(bytes, start + 1, bytes.length);
    while (bytes[at] !== CLOSE_OBJECT) {
      const nameEnd = tokenEnd(bytes, at);
      const name = nameOf(bytes, at, nameEnd);
      const colon = skipBlanks(bytes, nameEnd, bytes.length);
      const value = skipBlanks(bytes, colon + 1, bytes.length);
      const indexes = leading.filter((index) => this.paths[index]![route.names] === name);
      for (const index of indexes) this.#forget(index, marks[index]!);
      const end =
        indexes.length > 0
          ? this.#visitValue(value, { ...route, indexes, names: route.names + 1 })
          : valueEnd(bytes, value);
      at = skipBlanks(bytes, end, bytes.length);
      if (bytes[at] === COMMA) at = skipBlanks(bytes, at + 1, bytes.length);
    }
    return at + 1;
  }

  /** The indexes whose path ends here. */
  #arrived(route: Route): readonly number[] {
    return route.indexes.filter((index) => this.paths[index]!.length === route.names);
  }

  #hold(index: number, token: Token, route: Route): void {
    if (index === PRIMARY && route.isInsideArray) {
      this.found[PRIMARY] = [NOT_SCALAR];
      return;
    }
    this.found[index]!.push(token);
    this.#held++;
    if (this.#held > KEYS_PER_RECORD_MAX) this.hasTooMany = true;
  }

  #forget(index: number, mark: number): void {
    for (const forgotten of this.found[index]!.splice(mark)) {
      if (forgotten !== NOT_SCALAR) this.#held--;
    }
  }
}
