// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// The index keys of a record that is known to be valid. A walk over its tokens takes along which paths lead through
// the value at hand; whatever no path leads into is skipped.
//
// - Member names are compared as text: "a" and "\u0061" are one name, "__proto__" is a name like any other.
// - Where a path goes on with a number, it leads to that element of an array.
// - To all other paths arrays are transparent: every element stands where the array stands. For the primary key, which is
//   one value, a value found inside such an array is "not a scalar".
// - A path captures the scalars at its end. An object there captures nothing (primary: "not a scalar"); a scalar on the
//   way captures nothing.
// - A member that is repeated within one object replaces its earlier occurrence, with everything captured below it.

import { KEYS_PER_RECORD_MAX } from '../../base/limits.js';
import { combinations, combinationsOf, joinParts } from '../../keys/composite.js';
import { encodeKeyToken } from '../../keys/encode.js';
import type { LongKeys } from '../../keys/key-bytes.js';
import { isComposite, type KeyNames, type Names, partsOf } from '../../keys/key-path.js';
import { pseudonymsOf } from '../../keys/pseudonyms.js';
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

/** A path to follow: that of an index, or of a component of a composite one. */
interface Path {
  readonly names: Names;
  readonly isPrimary: boolean;
}

/** A path that leads to or through a value. */
interface Step {
  /** Its place in the list of paths. */
  readonly path: number;
  /** How many of its names have been followed so far. */
  readonly names: number;
  /** Whether an array lies on the way that it was transparent in. */
  readonly isInsideArray: boolean;
}

/** The paths that lead to or through a value. */
type Route = readonly Step[];

/**
 * The keys of the record whose value is `bytes[start … end)`, or why it has to be rejected. `name` is the member's name
 * in layout `object`: it is the primary key unless a path says otherwise.
 */
export function captureKeys(
  bytes: Uint8Array,
  value: Token,
  name: Token | undefined,
  { primary, secondary, allowsNull, secrets }: ScanOptions,
): ScannedRecord['keys'] | BadReasonName {
  const nameIsKey = name !== undefined && primary === undefined;
  const paths = [primary, ...secondary];
  const capture = new Capture(bytes, paths, nameIsKey ? 1 : 0);
  const found = capture.visit(value.start);
  if (capture.hasTooMany) return 'TOO_MANY_KEYS';
  if (primary !== undefined) {
    const parts = found[PRIMARY]!;
    if (parts.some((part) => part.length === 0)) return 'KEY_MISSING';
    if (parts.flat().includes(NOT_SCALAR)) return 'KEY_NOT_SCALAR';
    if (allowsNull !== true && (parts.flat() as Token[]).some(({ start }) => bytes[start] === NULL)) return 'KEY_NULL';
  } else if (nameIsKey) found[PRIMARY] = [[name]];

  const keys: [number, string][] = [];
  for (const [index, parts] of (found as Token[][][]).entries()) {
    const pseudonyms = secrets && pseudonymsOf(secrets[index]!);
    // A secondary index has long values cut; who reads it looks into the record. Hidden ones need no room.
    const long = index === PRIMARY ? 'refuse' : pseudonyms === undefined ? 'cut' : 'keep';
    for (const key of keysFrom(bytes, paths[index], parts, long)) {
      if (typeof key === 'string') return key;
      keys.push([index, Buffer.from(pseudonyms?.of(key) ?? key).toString('hex')]);
    }
  }
  return keys;
}

type Encoded = ReturnType<typeof encodeKeyToken>;

/** The keys made of what the paths of a key have led to. */
function* keysFrom(
  bytes: Uint8Array,
  names: KeyNames | undefined,
  parts: readonly (readonly Token[])[],
  long: LongKeys,
): Generator<Encoded> {
  if (names !== undefined && isComposite(names)) yield* joinedKeys(bytes, parts, long);
  else for (const { start, end } of parts.flat()) yield encodeKeyToken(bytes, start, end, long);
}

/** A key for each combination of values of the components, the first component slowest. */
function* joinedKeys(bytes: Uint8Array, parts: readonly (readonly Token[])[], long: LongKeys): Generator<Encoded> {
  const encoded = parts.map((tokens) => tokens.map(({ start, end }) => encodeKeyToken(bytes, start, end, 'keep')));
  // Where a component has no value there is no key that could be at fault.
  if (encoded.some((values) => values.length === 0)) return;
  const fault = encoded.flat().find((value) => typeof value === 'string');
  if (fault !== undefined) yield fault;
  else for (const combination of combinationsOf(encoded as Uint8Array[][])) yield joinParts(combination, long);
}

/** The keys of a record in a secondary index, whole however long they are. @param text of a record known to be valid */
export function* wholeKeys(text: string, names: KeyNames): Generator<Uint8Array> {
  const bytes = Buffer.from(text);
  const [, parts] = new Capture(bytes, [undefined, names], 0).visit(0) as Token[][][];
  for (const key of keysFrom(bytes, names, parts!, 'keep')) if (typeof key !== 'string') yield key;
}

/** The walk over one record. Recursion is as deep as the longest path, not as the record. */
class Capture {
  /** By path, what it has led to so far, in document order. */
  readonly #found: (Token | typeof NOT_SCALAR)[][];
  readonly #paths: readonly Path[];
  /** Whether more values than the limit were held at once, or the record has more keys. */
  hasTooMany = false;
  #held: number;

  /** @param named keys that the record has without a path: its name, or none */
  constructor(
    readonly bytes: Uint8Array,
    readonly keys: readonly (KeyNames | undefined)[],
    named: number,
  ) {
    this.#paths = keys.flatMap((key, index) => pathsTo(key).map((names) => ({ names, isPrimary: index === PRIMARY })));
    this.#found = this.#paths.map(() => []);
    this.#held = named;
  }

  /** What the paths of each key have led to, by index number. */
  visit(at: number): (Token | typeof NOT_SCALAR)[][][] {
    const named = this.#held;
    if (this.#paths.length > 0) {
      this.#visitValue(
        at,
        this.#paths.map((_, path) => ({ path, names: 0, isInsideArray: false })),
      );
    }
    let next = 0;
    const found = this.keys.map((key) => pathsTo(key).map(() => this.#found[next++]!));
    let count = named;
    for (const parts of found) if (parts.length > 0) count += combinations(parts);
    if (count > KEYS_PER_RECORD_MAX) this.hasTooMany = true;
    return found;
  }

  /** Visits a value and returns where it ends. */
  #visitValue(at: number, route: Route): number {
    if (this.bytes[at] === OPEN_ARRAY) return this.#visitArray(at, route);
    if (this.bytes[at] === OPEN_OBJECT) return this.#visitObject(at, route);
    const end = tokenEnd(this.bytes, at);
    for (const step of route) if (this.#nameAfter(step) === undefined) this.#hold(step, { start: at, end });
    return end;
  }

  #visitArray(start: number, route: Route): number {
    const inside = route.map((step) => (this.#isPosition(step) ? step : { ...step, isInsideArray: true }));
    const isRow = inside.some((step) => this.#isPosition(step));
    return isRow ? this.#visitElements(start, inside) : this.#visitAll(start, inside);
  }

  /** The elements one by one, since paths lead to some of them only. */
  #visitElements(start: number, inside: Route): number {
    const { bytes } = this;
    let at = skipBlanks(bytes, start + 1, bytes.length);
    for (let position = 0; bytes[at] !== CLOSE_ARRAY; position++) {
      const route = inside.flatMap((step) => {
        if (!this.#isPosition(step)) return [step];
        return this.#nameAfter(step) === position ? [{ ...step, names: step.names + 1 }] : [];
      });
      const end = route.length > 0 ? this.#visitValue(at, route) : valueEnd(bytes, at);
      at = skipBlanks(bytes, end, bytes.length);
      if (bytes[at] === COMMA) at = skipBlanks(bytes, at + 1, bytes.length);
    }
    return at + 1;
  }

  /** Arrays within arrays are one level here, so a depth of brackets is counted and nothing is stacked. */
  #visitAll(start: number, inside: Route): number {
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
    const leading = route.filter((step) => {
      if (this.#nameAfter(step) !== undefined) return true;
      if (this.#paths[step.path]!.isPrimary) this.#found[step.path] = [NOT_SCALAR];
      return false;
    });
    if (leading.length === 0) return valueEnd(bytes, start);

    // All that a path captures from here to the end of the object it captures below one member, the one it names:
    // forgetting an earlier occurrence of that member is going back to this mark.
    const marks = this.#found.map((held) => held.length);
    let at = skipBlanks(bytes, start + 1, bytes.length);
    while (bytes[at] !== CLOSE_OBJECT) {
      const nameEnd = tokenEnd(bytes, at);
      const name = nameOf(bytes, at, nameEnd);
      const colon = skipBlanks(bytes, nameEnd, bytes.length);
      const value = skipBlanks(bytes, colon + 1, bytes.length);
      const taken = leading.filter((step) => String(this.#nameAfter(step)) === name);
      for (const { path } of taken) this.#forget(path, marks[path]!);
      const into = taken.map((step) => ({ ...step, names: step.names + 1 }));
      const end = into.length > 0 ? this.#visitValue(value, into) : valueEnd(bytes, value);
      at = skipBlanks(bytes, end, bytes.length);
      if (bytes[at] === COMMA) at = skipBlanks(bytes, at + 1, bytes.length);
    }
    return at + 1;
  }

  /** With which name or position a path goes on; undefined if it ends here. */
  #nameAfter({ path, names }: Step): string | number | undefined {
    return this.#paths[path]!.names[names];
  }

  #isPosition(step: Step): boolean {
    return typeof this.#nameAfter(step) === 'number';
  }

  #hold({ path, isInsideArray }: Step, token: Token): void {
    if (this.#paths[path]!.isPrimary && isInsideArray) {
      this.#found[path] = [NOT_SCALAR];
      return;
    }
    this.#found[path]!.push(token);
    this.#held++;
    if (this.#held > KEYS_PER_RECORD_MAX) this.hasTooMany = true;
  }

  #forget(path: number, mark: number): void {
    for (const forgotten of this.#found[path]!.splice(mark)) {
      if (forgotten !== NOT_SCALAR) this.#held--;
    }
  }
}

function pathsTo(key: KeyNames | undefined): readonly Names[] {
  return key === undefined ? [] : partsOf(key);
}
